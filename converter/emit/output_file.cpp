#include "converter/emit/output_file.hpp"

#include "converter/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace heed::convert {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

} // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  // What a link leads to is replaced, not the link.
  constexpr int kMostLinks = 40; // as the kernel follows
  for (int i = 0; i < kMostLinks && fs::is_symlink(path_, ignored); ++i)
    path_ = (fs::path(path_).parent_path() / fs::read_symlink(path_, ignored)).string();
  const fs::file_status status = fs::status(path_, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw Error(StatusCode::io_error,
                fmt::format("cannot write {}: it is a {}", path_,
                            fs::is_directory(status) ? "folder" : "device, not a file"));
  temporary_ = fmt::format("{}.tmp.{}", path_, ::getpid());
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  fd_ = ::open(temporary_.c_str(), flags, 0666);
  if (fd_ < 0 && errno == EEXIST) { // left by a process of the same number that died
    ::unlink(temporary_.c_str());
    fd_ = ::open(temporary_.c_str(), flags, 0666);
  }
  if (fd_ < 0) fail("create", errno);
  buffer_.reserve(kBufferBytes);
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void OutputFile::fail(const char* what, int error) const {
  const std::string message = fmt::format("cannot {} {}: {}", what, temporary_, std::strerror(error));
  if (is_full(error)) throw Error(StatusCode::no_space, message + "; " + path_ + " is unchanged");
  throw Error(StatusCode::io_error, message);
}

void OutputFile::write_all(std::uint64_t offset, const void* data, std::size_t bytes) {
  const auto* at = static_cast<const unsigned char*>(data);
  while (bytes > 0) {
    const ssize_t done = ::pwrite(fd_, at, bytes, static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) fail("write", done == 0 ? ENOSPC : errno);
    at += done;
    offset += static_cast<std::uint64_t>(done);
    bytes -= static_cast<std::size_t>(done);
  }
}

void OutputFile::flush() {
  write_all(written_, buffer_.data(), buffer_.size());
  written_ += buffer_.size();
  buffer_.clear();
}

void OutputFile::append(const void* data, std::size_t bytes) {
  const auto* at = static_cast<const unsigned char*>(data);
  while (bytes > 0) {
    if (buffer_.size() == kBufferBytes) flush();
    const std::size_t take = std::min(bytes, kBufferBytes - buffer_.size());
    buffer_.insert(buffer_.end(), at, at + take);
    at += take;
    bytes -= take;
  }
}

void OutputFile::pad_to(std::uint64_t offset) {
  static constexpr unsigned char kZeros[4096] = {};
  while (position() < offset)
    append(kZeros, static_cast<std::size_t>(std::min<std::uint64_t>(sizeof(kZeros), offset - position())));
}

void OutputFile::overwrite(std::uint64_t offset, const void* data, std::size_t bytes) {
  flush();
  write_all(offset, data, bytes);
}

void OutputFile::commit() {
  flush();
  if (::fsync(fd_) != 0) fail("sync", errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail("rename", errno);
  ::close(fd_);
  fd_ = -1;
  // The new name itself; some file systems cannot sync a folder, which is no failure of ours.
  std::string folder = std::filesystem::path(path_).parent_path().string();
  if (folder.empty()) folder = ".";
  const int folder_fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0) return;
  (void)::fsync(folder_fd);
  ::close(folder_fd);
}

} // namespace heed::convert
