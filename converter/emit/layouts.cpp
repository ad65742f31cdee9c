#include "converter/emit/layouts.hpp"

#include <algorithm>

namespace heed::convert {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

// A row of the checkpoint in the precision in which the file is made.
void read_floats(const Constant& constant, std::int64_t row, std::vector<double>& scratch, float* out) {
  constant.source->read_row(row, scratch.data());
  for (std::size_t i = 0; i < scratch.size(); ++i) out[i] = static_cast<float>(scratch[i]);
}

void write_row_major(const Constant& constant, const ByteSink& sink) {
  std::vector<double> scratch(static_cast<std::size_t>(constant.cols()));
  std::vector<float> row(static_cast<std::size_t>(round_up(constant.cols(), kBlockRows)));
  for (std::int64_t r = 0; r < constant.rows(); ++r) {
    read_floats(constant, r, scratch, row.data());
    sink(row.data(), row.size() * sizeof(float));
  }
}

void write_n16(const Constant& constant, const ByteSink& sink) {
  const std::int64_t cols = constant.cols();
  std::vector<double> scratch(static_cast<std::size_t>(cols));
  std::vector<float> row(static_cast<std::size_t>(cols));
  std::vector<float> block(static_cast<std::size_t>(cols * kBlockRows)); // [cols][16]
  for (std::int64_t first = 0; first < constant.rows(); first += kBlockRows) {
    std::fill(block.begin(), block.end(), 0.0f);
    const std::int64_t rows = std::min(kBlockRows, constant.rows() - first);
    for (std::int64_t r = 0; r < rows; ++r) {
      read_floats(constant, first + r, scratch, row.data());
      for (std::int64_t c = 0; c < cols; ++c)
        block[static_cast<std::size_t>(c * kBlockRows + r)] = row[static_cast<std::size_t>(c)];
    }
    sink(block.data(), block.size() * sizeof(float));
  }
}

std::vector<float> write_n16k4(const Constant& constant, const ByteSink& sink) {
  const std::int64_t cols = constant.cols(), padded = round_up(cols, 4);
  std::vector<double> scratch(static_cast<std::size_t>(cols));
  std::vector<float> row(static_cast<std::size_t>(cols));
  std::vector<std::int8_t> q(static_cast<std::size_t>(cols));
  std::vector<std::int8_t> block(static_cast<std::size_t>(padded * kBlockRows)); // [padded/4][16][4]
  std::vector<float> scales(static_cast<std::size_t>(round_up(constant.rows(), kBlockRows)), 1.0f);
  for (std::int64_t first = 0; first < constant.rows(); first += kBlockRows) {
    std::fill(block.begin(), block.end(), std::int8_t{0});
    const std::int64_t rows = std::min(kBlockRows, constant.rows() - first);
    for (std::int64_t r = 0; r < rows; ++r) {
      read_floats(constant, first + r, scratch, row.data());
      scales[static_cast<std::size_t>(first + r)] = constant.quantize(row.data(), q.data());
      for (std::int64_t c = 0; c < cols; ++c)
        block[static_cast<std::size_t>((c / 4 * kBlockRows + r) * 4 + c % 4)] =
            q[static_cast<std::size_t>(c)];
    }
    sink(block.data(), block.size());
  }
  return scales;
}

} // namespace

std::uint64_t layout_bytes(FileLayout layout, std::int64_t rows, std::int64_t cols) {
  switch (layout) {
  case FileLayout::row_major:
    return static_cast<std::uint64_t>(rows * round_up(cols, kBlockRows)) * 4;
  case FileLayout::n16:
    return static_cast<std::uint64_t>(round_up(rows, kBlockRows) * cols) * 4;
  case FileLayout::n16k4:
    return static_cast<std::uint64_t>(round_up(rows, kBlockRows) * round_up(cols, 4));
  }
  return 0;
}

std::vector<float> write_layout(const Constant& constant, FileLayout layout, const ByteSink& sink) {
  if (layout == FileLayout::n16k4) return write_n16k4(constant, sink);
  if (layout == FileLayout::n16) {
    write_n16(constant, sink);
  } else {
    write_row_major(constant, sink);
  }
  return {};
}

} // namespace heed::convert
