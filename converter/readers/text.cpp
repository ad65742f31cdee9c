#include "converter/readers/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heed::convert {
namespace {

constexpr std::size_t max_quoted = 120;

// Bytes of the well-formed UTF-8 sequence at the start of `text`, or 0. The bounds on the second byte are
// table 3-7 of the Unicode standard: they leave out overlong forms, surrogates and anything past U+10FFFF.
std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  return length;
}

} // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  while (!text.empty() && out.size() < max_quoted) {
    std::size_t length = utf8_sequence(text);
    const auto first = static_cast<unsigned char>(text.front());
    // 0xC2 0x80..0x9F are the control characters of Latin-1's upper half.
    const bool control = first < 0x20 || first == 0x7F ||
                         (first == 0xC2 && length == 2 && static_cast<unsigned char>(text[1]) < 0xA0);
    if (length == 0 || control) {
      length = 1;
      out += fmt::format("\\x{:02x}", first);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += text.empty() ? "'" : "...'";
  return out;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

} // namespace heed::convert
