// The word somebody probably meant: for messages, never on the way of a call that succeeds.
#ifndef HEED_RUNTIME_BASE_NEAREST_HPP
#define HEED_RUNTIME_BASE_NEAREST_HPP

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

namespace heed::base {

// Insertions, deletions and substitutions that turn one into the other (Levenshtein 1966).
inline std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1); // distances of a's first i bytes to every prefix of b
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The candidate closest to `word`, or "" when all differ in more than half of its letters.
inline std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t distance = word.size() / 2 + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 4 * word.size() + 16) continue; // hostile lengths cost time, and are never near
    const std::size_t d = edit_distance(word, candidate);
    if (d >= distance) continue;
    distance = d;
    best = candidate;
  }
  return best;
}

} // namespace heed::base

#endif // HEED_RUNTIME_BASE_NEAREST_HPP
