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
  n16k4,     // i8 [rows/16][cols/4][16][4]
  planes     // i8, w = 16 * (h - 8) + l: nibbles h, then l, each [rows/16][cols/8][16][4] bytes
};

constexpr std::int64_t kBlockRows = 16;
constexpr std::int64_t kMostPlaneCols = 1024; // readers refuse planes of more

// Bytes of a segment.
std::uint64_t layout_bytes(FileLayout layout, std::int64_t rows, std::int64_t cols);

using ByteSink = std::function<void(const void* data, std::size_t bytes)>;

// What stands beside the rows of a segment.
struct BesideRows {
  std::vector<float> scales; // i8: one a row, 1 for rows that only fill a block
  std::vector<float> bounds; // planes: for each block the largest |l - 7.5| of a row, rounded up
};

// Sends the whole segment to `sink`; holds one block of 16 rows in memory. Reads the constant once, for
// planes twice.
BesideRows write_layout(const Constant& constant, FileLayout layout, const ByteSink& sink);

} // namespace heed::convert

#endif // HEED_CONVERTER_EMIT_LAYOUTS_HPP
