// The file as libzip reads it, which tells where it was read.
#ifndef HEED_CONVERTER_READERS_ZIP_INPUT_HPP
#define HEED_CONVERTER_READERS_ZIP_INPUT_HPP

#include "converter/readers/bytes.hpp"

#include <cstdint>
#include <memory>
#include <optional>

#include <zip.h>

namespace heed::convert {

// libzip hands out copies and does not say where in the file an entry lies. Where it reads first after
// watch() is where a stored entry's bytes begin, so that they can be used in place. Not for several threads.
class ZipInput {
 public:
  explicit ZipInput(std::shared_ptr<const Bytes> file);
  ZipInput(const ZipInput&) = delete; // libzip holds its address
  ZipInput& operator=(const ZipInput&) = delete;
  ~ZipInput();

  // For zip_open_from_source(), which takes a reference on success and must be closed before this ends. Null
  // when there is no memory.
  zip_source_t* open(zip_error_t* error);

  void watch() noexcept { first_read_.reset(); }
  std::optional<std::uint64_t> first_read() const noexcept { return first_read_; }

 private:
  static zip_int64_t call(void* self, void* data, zip_uint64_t length, zip_source_cmd_t command);
  zip_int64_t answer(void* data, zip_uint64_t length, zip_source_cmd_t command);

  std::shared_ptr<const Bytes> file_;
  zip_error_t error_;
  std::uint64_t position_ = 0;
  std::optional<std::uint64_t> first_read_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_ZIP_INPUT_HPP
