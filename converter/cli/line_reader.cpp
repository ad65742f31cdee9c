#include "converter/cli/line_reader.hpp"

#include "converter/error.hpp"

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace heed::cli {

bool LineReader::next(std::string_view& line) {
  std::size_t searched = at_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos || (ended_ && at_ < buffer_.size())) {
      line = std::string_view(buffer_).substr(at_, end == std::string::npos ? end : end - at_);
      at_ = end == std::string::npos ? buffer_.size() : end + 1;
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      ++number_;
      return true;
    }
    if (ended_) return false;
    buffer_.erase(0, at_);
    at_ = 0;
    searched = buffer_.size();
    if (searched > kLongest)
      throw convert::Error(StatusCode::limit_exceeded, "line " + std::to_string(number_ + 1) +
                                                           ": longer than " + std::to_string(kLongest) +
                                                           " bytes");
    ended_ = !fill();
  }
}

bool LineReader::fill() {
  constexpr std::size_t kStep = std::size_t{1} << 16;
  const std::size_t have = buffer_.size();
  before_wait_();
  for (;;) {
    buffer_.resize(have + kStep);
    const ssize_t got = ::read(descriptor_, &buffer_[have], kStep);
    const int error = errno;
    buffer_.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got >= 0) return got > 0;
    if (error != EINTR)
      throw convert::Error(StatusCode::io_error, std::string("standard input: ") + std::strerror(error));
  }
}

} // namespace heed::cli
