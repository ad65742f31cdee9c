// A folder for the files of one test.
#ifndef HEED_TESTS_CONVERTER_EMIT_SUPPORT_HPP
#define HEED_TESTS_CONVERTER_EMIT_SUPPORT_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert::test {

// Made under the system's temporary folder, and removed with everything in it.
class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::vector<std::string> names() const; // of what it holds, sorted

 private:
  std::string folder_;
};

std::string file_content(const std::string& path);
void write_file(const std::string& path, const std::string& content);

// While it lives no file of this process may grow beyond `bytes`: writing more fails, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t bytes);
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit();

 private:
  std::uint64_t before_;
};

} // namespace heed::convert::test

#endif // HEED_TESTS_CONVERTER_EMIT_SUPPORT_HPP
