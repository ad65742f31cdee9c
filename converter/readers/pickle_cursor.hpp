// Bounded reads from the bytes of a pickle.
#ifndef HEED_CONVERTER_READERS_PICKLE_CURSOR_HPP
#define HEED_CONVERTER_READERS_PICKLE_CURSOR_HPP

#include "converter/readers/element.hpp"
#include "converter/readers/fail.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace heed::convert {

// Every read throws Error(checkpoint_malformed) when the bytes end too early.
class PickleCursor {
 public:
  PickleCursor(std::string_view bytes, std::size_t position) : bytes_(bytes), position_(position) {}

  std::size_t position() const { return position_; }

  // `count` raw bytes.
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - position_) {
      malformed("the pickle ends too early: {} bytes are missing after byte {}",
                count - (bytes_.size() - position_), bytes_.size());
    }
    const std::string_view taken = bytes_.substr(position_, static_cast<std::size_t>(count));
    position_ += taken.size();
    return taken;
  }

  // A little-endian number.
  template <class T>
  T number() {
    return load_unaligned<T>(take(sizeof(T)).data());
  }

  // Raw bytes behind a length of type Length. A negative length is as good as an endless one.
  template <class Length>
  std::string_view counted() {
    return take(static_cast<std::uint64_t>(number<Length>()));
  }

  // Up to a line feed, which is consumed and not returned.
  std::string_view line() {
    const std::size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) malformed("the pickle ends too early: inside a line of text");
    const std::string_view taken = bytes_.substr(position_, end - position_);
    position_ = end + 1;
    return taken;
  }

 private:
  std::string_view bytes_;
  std::size_t position_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_PICKLE_CURSOR_HPP
