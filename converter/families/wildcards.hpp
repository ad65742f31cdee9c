// Patterns over weights' names.
#ifndef HEED_CONVERTER_FAMILIES_WILDCARDS_HPP
#define HEED_CONVERTER_FAMILIES_WILDCARDS_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::convert {

// What the wildcards of a pattern stand for in a name, each kind in the pattern's order.
struct Wildcards {
  std::vector<std::string> numbers; // of '#'
  std::vector<std::string> texts;   // of '*'
};

// Matches the whole name. '#' stands for a number: all digits that follow, at least one. '*' stands for any
// text, the shortest that fits, an empty one too. In time pattern.size() * name.size().
std::optional<Wildcards> match_wildcards(std::string_view pattern, std::string_view name);

// `text` with each '#' and each '*' replaced by what it stands for. Precondition: there are as many of each.
std::string fill_wildcards(std::string_view text, const Wildcards& wildcards);

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_WILDCARDS_HPP
