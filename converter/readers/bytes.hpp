// The bytes of a file, read-only: mapped, or held in memory.
#ifndef HEED_CONVERTER_READERS_BYTES_HPP
#define HEED_CONVERTER_READERS_BYTES_HPP

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heed::convert {

// Immutable and safe to share between threads. A mapped file must not be shortened by another program while
// it is in use: reading past its new end is a bus error on POSIX systems.
class Bytes {
 public:
  // Maps a regular file. Throws Error: file_not_found; io_error with the system's reason (a directory, a pipe
  // and a device are refused too).
  static std::shared_ptr<const Bytes> map(const std::string& path);
  static std::shared_ptr<const Bytes> own(std::vector<std::uint8_t> bytes);

  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes();

  const std::uint8_t* data() const noexcept { return data_; }
  std::uint64_t size() const noexcept { return size_; }
  // Gives the memory of a mapped file back to the system, which reads it again where it is used again.
  void release_pages() const noexcept;
  std::string_view view() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  Bytes() = default;

  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  void* mapping_ = nullptr; // null when the bytes are in owned_
  std::vector<std::uint8_t> owned_;
};

// A part of Bytes that keeps the whole alive.
struct ByteRange {
  std::shared_ptr<const Bytes> owner;
  std::string_view bytes; // inside *owner
};

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_BYTES_HPP
