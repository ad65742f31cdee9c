// Standard output that notices when it cannot be written, and the ways things are put there.
#ifndef HEED_CONVERTER_CLI_OUTPUT_HPP
#define HEED_CONVERTER_CLI_OUTPUT_HPP

#include <heed/span.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json_fwd.hpp>

namespace heed::cli {

// Text on its way to a file descriptor. What is not flushed is lost: the caller flushes before it blocks and
// at its end. SIGPIPE must be ignored, so that a closed pipe is an error here.
class Output {
 public:
  explicit Output(int descriptor) noexcept : descriptor_(descriptor) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Errors (convert::Error) of all: io_error (a closed pipe included), no_space.
  void write(std::string_view text);
  void flush();

  template <class... Arguments>
  void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    write(fmt::format(format, std::forward<Arguments>(arguments)...));
  }
  // One line of JSON.
  void print(const nlohmann::ordered_json& value);

 private:
  int descriptor_;
  std::string buffer_;
};

// JSON text. Floats have nine significant digits, which give back the same float; NaN and infinities, which
// JSON lacks, are null.
void append_json(std::string& out, float value);
void append_json(std::string& out, std::int64_t value);
// A string; bytes that are no UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view value);

template <class T>
void append_json(std::string& out, Span<const T> values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) out += ',';
    append_json(out, values[i]);
  }
  out += ']';
}

// "1,234,567".
std::string grouped(std::uint64_t number);
// "1.23 MB": three digits in decimal units; below 1,000 "12 bytes".
std::string size_text(std::uint64_t bytes);
// `text` with control characters replaced, so that a file cannot command a terminal; of what is no UTF-8 only
// ASCII is left.
std::string printable(std::string_view text);
// The same line by line: line breaks of our own messages stay.
std::string printable_lines(std::string_view text);

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_OUTPUT_HPP
