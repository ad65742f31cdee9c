// Constants as bytes in the file's layouts, block by block.
#ifndef HEED_CONVERTER_EMIT_LAYOUTS_HPP
#define HEED_CONVERTER_EMIT_LAYOUTS_HPP

#include "converter/graph/constant.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace heed::convert {

enum class FileLayout : std::uint8_t {
  row_major, // f32 [rows][cols rounded up to 16]
  n16,       // f32 [rows/16][cols][16]
  n16k4      // i8 [rows/16][cols/4][16][4]
};

constexpr std::int64_t kBlockRows = 16;

// Bytes of a segment.
std::uint64_t layout_bytes(FileLayout layout, std::int64_t rows, std::int64_t cols);

using ByteSink = std::function<void(const void* data, std::size_t bytes)>;

// Sends the whole segment to `sink`; holds one block of 16 rows in memory. For n16k4 returns the scales, one
// a row and 1 for rows that only fill a block; empty otherwise.
std::vector<float> write_layout(const Constant& constant, FileLayout layout, const ByteSink& sink);

} // namespace heed::convert

#endif // HEED_CONVERTER_EMIT_LAYOUTS_HPP
