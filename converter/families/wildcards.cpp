#include "converter/families/wildcards.hpp"

#include <algorithm>
#include <utility>

namespace heed::convert {

std::optional<Wildcards> match_wildcards(std::string_view pattern, std::string_view name) {
  constexpr std::size_t none = std::string_view::npos;
  Wildcards found;
  std::size_t p = 0, n = 0;
  // To go back to when the rest does not fit: the last '*', one letter longer. An earlier one never needs to
  // grow, since what follows it was matched at its first place, and no later place ends earlier.
  std::size_t star = none, star_begin = 0, star_end = 0, star_numbers = 0;
  while (p < pattern.size() || n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      if (star != none) found.texts.emplace_back(name.substr(star_begin, star_end - star_begin));
      star = p++;
      star_begin = star_end = n;
      star_numbers = found.numbers.size();
      continue;
    }
    if (p < pattern.size() && n < name.size()) {
      const std::size_t digits = std::min(name.find_first_not_of("0123456789", n), name.size()) - n;
      if (pattern[p] == '#' ? digits > 0 : pattern[p] == name[n]) {
        const std::size_t taken = pattern[p] == '#' ? digits : 1;
        if (pattern[p] == '#') found.numbers.emplace_back(name.substr(n, taken));
        ++p;
        n += taken;
        continue;
      }
    }
    if (star == none || star_end == name.size()) return std::nullopt;
    p = star + 1;
    n = ++star_end;
    found.numbers.resize(star_numbers);
  }
  if (star != none) found.texts.emplace_back(name.substr(star_begin, star_end - star_begin));
  return found;
}

std::string fill_wildcards(std::string_view text, const Wildcards& wildcards) {
  std::string filled;
  std::size_t number = 0, any = 0;
  for (const char letter : text) {
    if (letter == '#')
      filled += wildcards.numbers[number++];
    else if (letter == '*')
      filled += wildcards.texts[any++];
    else
      filled += letter;
  }
  return filled;
}

} // namespace heed::convert
