#include "runtime/base/mapped_file.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed::base {

namespace {

Status system_error(const char* path, const char* what) {
  const int error = errno;
  const StatusCode code =
      error == ENOENT || error == ENOTDIR ? StatusCode::file_not_found : StatusCode::io_error;
  return Status(code, std::string("cannot ") + what + " '" + path + "': " + std::strerror(error));
}

} // namespace

Result<MappedFile> MappedFile::open(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a FIFO must not block
  if (fd < 0) return system_error(path, "open");
  struct stat info;
  if (::fstat(fd, &info) != 0) {
    Status status = system_error(path, "read the size of");
    ::close(fd);
    return status;
  }
  if (!S_ISREG(info.st_mode)) {
    ::close(fd);
    return Status(StatusCode::file_foreign, std::string("'") + path + "' is not a regular file");
  }
  if (info.st_size == 0) {
    ::close(fd);
    return Status(StatusCode::file_truncated, std::string("'") + path + "' is empty (0 bytes)");
  }
  const std::size_t bytes = static_cast<std::size_t>(info.st_size);
  void* data = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) {
    Status status = system_error(path, "map");
    ::close(fd);
    return status;
  }
  ::close(fd);
  return MappedFile(static_cast<const std::byte*>(data), bytes);
}

MappedFile::MappedFile(MappedFile&& other) noexcept : data_(other.data_), bytes_(other.bytes_) {
  other.data_ = nullptr;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), bytes_);
}

} // namespace heed::base
