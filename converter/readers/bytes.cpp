#include "converter/readers/bytes.hpp"

#include "converter/error.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed::convert {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

[[noreturn]] void refuse(const std::string& path, const char* what, int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  throw Error(missing ? StatusCode::file_not_found : StatusCode::io_error,
              path + ": " + what + ": " + std::strerror(error));
}

} // namespace

std::shared_ptr<const Bytes> Bytes::map(const std::string& path) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer. It means nothing for a regular file.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) refuse(path, "cannot be opened", errno);
  struct stat info = {};
  if (::fstat(file.get(), &info) != 0) refuse(path, "cannot be examined", errno);
  if (!S_ISREG(info.st_mode)) throw Error(StatusCode::io_error, path + ": is not a regular file");

  std::shared_ptr<Bytes> bytes(new Bytes);
  bytes->size_ = static_cast<std::size_t>(info.st_size);
  if (bytes->size_ == 0) return bytes; // an empty mapping is an error of mmap
  void* mapping = ::mmap(nullptr, bytes->size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapping == MAP_FAILED) refuse(path, "cannot be mapped", errno);
  bytes->mapping_ = mapping;
  bytes->data_ = static_cast<const std::uint8_t*>(mapping);
  return bytes;
}

std::shared_ptr<const Bytes> Bytes::own(std::vector<std::uint8_t> bytes) {
  std::shared_ptr<Bytes> result(new Bytes);
  result->owned_ = std::move(bytes);
  result->data_ = result->owned_.data();
  result->size_ = result->owned_.size();
  return result;
}

void Bytes::release_pages() const noexcept {
  if (mapping_ != nullptr) (void)::madvise(mapping_, size_, MADV_DONTNEED);
}

Bytes::~Bytes() {
  if (mapping_ != nullptr) ::munmap(mapping_, size_);
}

} // namespace heed::convert
