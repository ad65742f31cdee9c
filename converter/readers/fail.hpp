// The two ways in which a checkpoint is refused, with fmt's format strings.
#ifndef HEED_CONVERTER_READERS_FAIL_HPP
#define HEED_CONVERTER_READERS_FAIL_HPP

#include "converter/error.hpp"

#include <utility>

#include <fmt/format.h>

namespace heed::convert {

// The file is truncated, foreign or contradicts itself.
template <class... Args>
[[noreturn]] void malformed(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(StatusCode::checkpoint_malformed, fmt::format(format, std::forward<Args>(args)...));
}

// The file is legal but uses what heed does not read; the message says what to do instead.
template <class... Args>
[[noreturn]] void unsupported(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(StatusCode::checkpoint_unsupported, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_FAIL_HPP
