// The JSON header of a safetensors file, parsed without trust.
#ifndef HEED_CONVERTER_READERS_SAFETENSORS_HEADER_HPP
#define HEED_CONVERTER_READERS_SAFETENSORS_HEADER_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace heed::convert {

struct SafetensorsHeader {
  struct Entry {
    std::string name;
    std::string dtype;               // "F32"
    std::vector<std::int64_t> shape; // at least 0 each
    std::uint64_t begin, end;        // bytes in the data section
  };
  std::vector<Entry> entries; // in the header's order
  nlohmann::json metadata;    // an object of strings; null if absent
};

// `text` is {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {"k":
// "v"}}. Throws Error(checkpoint_malformed) for any other structure, a key that occurs twice, and a missing
// property.
SafetensorsHeader parse_safetensors_header(std::string_view text);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_SAFETENSORS_HEADER_HPP
