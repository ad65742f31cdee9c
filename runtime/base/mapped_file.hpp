// A file mapped for reading.
#ifndef HEED_RUNTIME_BASE_MAPPED_FILE_HPP
#define HEED_RUNTIME_BASE_MAPPED_FILE_HPP

#include <heed/status.hpp>

#include <cstddef>

namespace heed::base {

// Unmaps when it dies. Move only.
class MappedFile {
 public:
  // Errors: file_not_found, io_error, file_truncated (an empty file), file_foreign (not a regular file).
  static Result<MappedFile> open(const char* path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  const std::byte* data() const noexcept { return data_; } // on a page
  std::size_t size() const noexcept { return bytes_; }

 private:
  MappedFile(const std::byte* data, std::size_t bytes) noexcept : data_(data), bytes_(bytes) {}
  const std::byte* data_;
  std::size_t bytes_;
};

} // namespace heed::base

#endif // HEED_RUNTIME_BASE_MAPPED_FILE_HPP
