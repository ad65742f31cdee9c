#include "converter/measure/process.hpp"

#if defined(__linux__)

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <limits>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed::measure {

std::optional<ProcessMemory> process_memory() {
  std::ifstream file("/proc/self/smaps_rollup");
  ProcessMemory memory{};
  std::string word;
  std::uint64_t kilobytes = 0;
  while (file >> word) {
    const bool resident = word == "Rss:", owned = word == "Private_Clean:" || word == "Private_Dirty:";
    if (!resident && !owned) {
      file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
      continue;
    }
    if (!(file >> kilobytes)) return std::nullopt;
    (resident ? memory.resident_bytes : memory.private_bytes) += kilobytes * 1024;
  }
  if (memory.resident_bytes == 0) return std::nullopt;
  return memory;
}

namespace {

// The share of the file's pages in memory. The kernel says of files that the caller might not write that all
// are.
std::optional<double> cached_share(int file, const struct stat& status, const std::string& path) {
  if (status.st_uid != ::geteuid() && ::access(path.c_str(), W_OK) != 0) return std::nullopt;
  const auto bytes = static_cast<std::size_t>(status.st_size),
             page = static_cast<std::size_t>(::getpagesize());
  void* const mapping = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
  if (mapping == MAP_FAILED) return std::nullopt;
  std::vector<unsigned char> pages((bytes + page - 1) / page);
  const bool told = ::mincore(mapping, bytes, pages.data()) == 0;
  ::munmap(mapping, bytes);
  if (!told) return std::nullopt;
  const auto in_memory =
      std::count_if(pages.begin(), pages.end(), [](unsigned char p) { return (p & 1) != 0; });
  return static_cast<double>(in_memory) / static_cast<double>(pages.size());
}

} // namespace

DroppedFile drop_from_cache(const std::string& path) {
  DroppedFile dropped;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return dropped;
  struct stat status {};
  if (::fstat(file, &status) == 0 && status.st_size > 0) {
    (void)::fdatasync(file); // pages that are not written yet cannot be dropped
    dropped.asked = ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0;
    if (dropped.asked) dropped.still_there = cached_share(file, status, path);
  }
  ::close(file);
  return dropped;
}

} // namespace heed::measure

#else

namespace heed::measure {

std::optional<ProcessMemory> process_memory() {
  return std::nullopt;
}

DroppedFile drop_from_cache(const std::string&) {
  return {};
}

} // namespace heed::measure

#endif
