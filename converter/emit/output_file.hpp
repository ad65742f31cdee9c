// A file that appears under its name only when it is complete.
#ifndef HEED_CONVERTER_EMIT_OUTPUT_FILE_HPP
#define HEED_CONVERTER_EMIT_OUTPUT_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert {

// Written as "<path>.tmp.<process id>" in the same folder, synced to the disk and renamed over `path` by
// commit(). Destroyed before that, it is removed, and what stood at `path` is untouched. Every function
// throws Error(no_space) when the disk is full or a quota or file size limit is reached, and Error(io_error)
// with the system's reason otherwise.
class OutputFile {
 public:
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void append(const void* data, std::size_t bytes);
  // Appends zero bytes until position() is `offset` (not below it).
  void pad_to(std::uint64_t offset);
  // Replaces bytes that were appended before.
  void overwrite(std::uint64_t offset, const void* data, std::size_t bytes);
  // Hands what is buffered to the system, so that others can read the temporary file.
  void flush();
  // Nothing may be called afterwards.
  void commit();

  std::uint64_t position() const noexcept { return written_ + buffer_.size(); }
  const std::string& temporary() const noexcept { return temporary_; }

 private:
  void write_all(std::uint64_t offset, const void* data, std::size_t bytes);
  [[noreturn]] void fail(const char* what, int error) const;

  std::string path_, temporary_;
  int fd_ = -1;
  std::uint64_t written_ = 0; // bytes handed to the system
  std::vector<unsigned char> buffer_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_EMIT_OUTPUT_FILE_HPP
