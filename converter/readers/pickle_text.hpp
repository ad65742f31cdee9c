// The text forms of pickle protocol 0: numbers and strings written as Python source.
#ifndef HEED_CONVERTER_READERS_PICKLE_TEXT_HPP
#define HEED_CONVERTER_READERS_PICKLE_TEXT_HPP

#include "converter/readers/pickle_value.hpp"

#include <string>
#include <string_view>

namespace heed::convert {

// "12", "-7", "12L" and, in protocol 0, "00" and "01" for False and True. Past 64 bits: Kind::big with the
// digits.
Value parse_integer(std::string_view line, Heap& heap);
// "1.5", "nan", "-inf"
Value parse_real(std::string_view line);
// A quoted Python literal, such as 'it\'s'.
std::string parse_quoted(std::string_view line);
// The raw-unicode-escape encoding: Latin-1 with \uXXXX and \UXXXXXXXX. Gives UTF-8.
std::string parse_raw_unicode(std::string_view line);
// Each byte as the character of that number, in UTF-8; and back (false when a character is past 0xFF).
std::string utf8_from_latin1(std::string_view bytes);
bool latin1_from_utf8(std::string_view text, std::string* bytes);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_PICKLE_TEXT_HPP
