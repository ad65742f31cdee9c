// The word somebody probably meant.
#ifndef HEED_CONVERTER_FAMILIES_NEAREST_HPP
#define HEED_CONVERTER_FAMILIES_NEAREST_HPP

#include <cstddef>
#include <string>
#include <vector>

namespace heed::convert {

// Insertions, deletions and substitutions that turn one into the other (Levenshtein 1966).
std::size_t edit_distance(const std::string& a, const std::string& b);

// The candidate closest to `word`, or "" when all differ in more than half of its letters.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_NEAREST_HPP
