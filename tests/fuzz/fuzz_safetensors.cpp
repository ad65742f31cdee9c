// safetensors files. The length of the header is right, so that mutations of the header get past it; inputs
// that start with 'R' are read as they are.
#include "checkpoint_reader.hpp"

#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string file(reinterpret_cast<const char*>(data), size);
  if (!file.empty() && file[0] == 'R') {
    file.erase(0, 1);
  } else {
    // The header ends where the JSON seems to.
    const std::size_t end = file.rfind("}}");
    const std::uint64_t length = end == std::string::npos ? file.size() : end + 2;
    file.insert(0, reinterpret_cast<const char*>(&length), sizeof length);
  }
  heed::fuzz::read_all(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  return 0;
}
