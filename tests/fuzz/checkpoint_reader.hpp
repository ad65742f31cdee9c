// What the fuzz targets of the readers share: read everything, expect nothing but Error.
#ifndef HEED_TESTS_FUZZ_CHECKPOINT_READER_HPP
#define HEED_TESTS_FUZZ_CHECKPOINT_READER_HPP

#include "converter/error.hpp"
#include "converter/readers/checkpoint.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace heed::fuzz {

// Parses the bytes and reads both ends of every tensor. Any exception but Error escapes and fails the run.
inline void read_all(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t chunk = 4096; // elements; the middle of a large view is like its ends
  try {
    const auto bytes = convert::Bytes::own({data, data + size});
    const convert::Checkpoint checkpoint = convert::parse_checkpoint(bytes, "fuzz");
    if (checkpoint.weights.empty()) std::abort(); // a result has weights
    std::vector<double> wide(chunk);
    std::vector<float> narrow(chunk);
    for (const auto& [name, tensor] : checkpoint.weights) {
      if (name.empty()) std::abort();
      const std::int64_t count = std::min(chunk, tensor.elements());
      tensor.read(0, count, wide.data());
      tensor.read(tensor.elements() - count, count, narrow.data());
    }
    (void)checkpoint.config.dump(); // throws for text that is no UTF-8
  } catch (const convert::Error& error) {
    if (error.code() == StatusCode::ok || std::string(error.what()).empty()) std::abort();
  }
}

} // namespace heed::fuzz

#endif // HEED_TESTS_FUZZ_CHECKPOINT_READER_HPP
