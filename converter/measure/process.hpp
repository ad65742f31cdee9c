// What only the operating system knows.
#ifndef HEED_CONVERTER_MEASURE_PROCESS_HPP
#define HEED_CONVERTER_MEASURE_PROCESS_HPP

#include <cstdint>
#include <optional>
#include <string>

namespace heed::measure {

struct ProcessMemory {
  std::uint64_t resident_bytes; // pages in memory, of files too
  std::uint64_t private_bytes;  // those that no other process shares
};
// Of this process, now. Linux alone tells.
std::optional<ProcessMemory> process_memory();

// What became of a wish that the file's pages leave the page cache. A process without privileges can ask for
// no more, and is not heard where another one maps the file or the file system is memory itself.
struct DroppedFile {
  bool asked = false;                // false: this system takes no such wishes
  std::optional<double> still_there; // share of the file that stayed; absent where the system does not say
};
// Precondition: this process does not map the file.
DroppedFile drop_from_cache(const std::string& path);

} // namespace heed::measure

#endif // HEED_CONVERTER_MEASURE_PROCESS_HPP
