// Lines from a file descriptor, handed over as soon as they are complete.
#ifndef HEED_CONVERTER_CLI_LINE_READER_HPP
#define HEED_CONVERTER_CLI_LINE_READER_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace heed::cli {

class LineReader {
 public:
  // `before_wait` is called before each read that may block: the place to flush answers, so that a caller who
  // sends one line at a time gets each answer at once, and one who sends many is not slowed down.
  LineReader(int descriptor, std::function<void()> before_wait)
      : descriptor_(descriptor), before_wait_(std::move(before_wait)) {}

  // The next line without its end (LF or CRLF); the last one may lack it. Valid until the next call. False at
  // the end of the input. Errors (convert::Error): io_error; limit_exceeded (a line above kLongest bytes).
  bool next(std::string_view& line);
  std::uint64_t number() const noexcept { return number_; } // of the last line, from 1

  static constexpr std::size_t kLongest = std::size_t{64} << 20;

 private:
  bool fill();

  int descriptor_;
  std::function<void()> before_wait_;
  std::string buffer_;
  std::size_t at_ = 0; // first byte that was not handed over
  std::uint64_t number_ = 0;
  bool ended_ = false;
};

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_LINE_READER_HPP
