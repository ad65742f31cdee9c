// Text from a checkpoint, made fit for messages and for JSON.
#ifndef HEED_CONVERTER_READERS_TEXT_HPP
#define HEED_CONVERTER_READERS_TEXT_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heed::convert {

// The text in single quotes for a message: control characters and invalid UTF-8 as \xNN (a hostile name must
// not steer a terminal), cut to about 120 bytes.
std::string in_quotes(std::string_view text);

// Whether the text is well-formed UTF-8 (no surrogates, no overlong forms), as JSON requires.
bool is_utf8(std::string_view text);

// "[100, 50]"
std::string shape_text(const std::vector<std::int64_t>& shape);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_TEXT_HPP
