#include "converter/emit/layouts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

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

// The quantized rows of an int8 constant, a block of 16 at a time.
class QuantizedBlocks {
 public:
  explicit QuantizedBlocks(const Constant& constant)
      : scales(static_cast<std::size_t>(round_up(constant.rows(), kBlockRows)), 1.0f), constant_(constant),
        scratch_(static_cast<std::size_t>(constant.cols())), row_(scratch_.size()), q_(scratch_.size()) {}

  // Calls element(r, c, q) for the elements of the rows first + r, and row_done(r) after each row.
  template <class Element, class RowDone>
  void read(std::int64_t first, Element element, RowDone row_done) {
    const std::int64_t rows = std::min(kBlockRows, constant_.rows() - first);
    for (std::int64_t r = 0; r < rows; ++r) {
      read_floats(constant_, first + r, scratch_, row_.data());
      scales[static_cast<std::size_t>(first + r)] = constant_.quantize(row_.data(), q_.data());
      for (std::int64_t c = 0; c < constant_.cols(); ++c) element(r, c, q_[static_cast<std::size_t>(c)]);
      row_done(r);
    }
  }

  std::vector<float> scales;

 private:
  const Constant& constant_;
  std::vector<double> scratch_;
  std::vector<float> row_;
  std::vector<std::int8_t> q_;
};

BesideRows write_n16k4(const Constant& constant, const ByteSink& sink) {
  const std::int64_t padded = round_up(constant.cols(), 4);
  std::vector<std::int8_t> block(static_cast<std::size_t>(padded * kBlockRows)); // [padded/4][16][4]
  QuantizedBlocks rows(constant);
  for (std::int64_t first = 0; first < constant.rows(); first += kBlockRows) {
    std::fill(block.begin(), block.end(), std::int8_t{0});
    rows.read(
        first,
        [&](std::int64_t r, std::int64_t c, std::int8_t q) {
          block[static_cast<std::size_t>((c / 4 * kBlockRows + r) * 4 + c % 4)] = q;
        },
        [](std::int64_t) {});
    sink(block.data(), block.size());
  }
  return {std::move(rows.scales), {}};
}

// The smallest float that is not below the root of a whole number.
float root_above(std::int64_t square) {
  const auto root = static_cast<float>(std::sqrt(static_cast<double>(square)));
  // The square of a float is exact in double.
  if (static_cast<double>(root) * static_cast<double>(root) >= static_cast<double>(square)) return root;
  return std::nextafter(root, std::numeric_limits<float>::infinity());
}

BesideRows write_planes(const Constant& constant, const ByteSink& sink) {
  const std::int64_t cols = constant.cols(), padded = round_up(cols, 8);
  std::vector<unsigned char> block(static_cast<std::size_t>(padded / 2 * kBlockRows)); // [padded/8][16][4]
  std::vector<float> bounds(static_cast<std::size_t>(round_up(constant.rows(), kBlockRows) / kBlockRows));
  QuantizedBlocks rows(constant);
  for (const bool high : {true, false}) {
    for (std::int64_t first = 0; first < constant.rows(); first += kBlockRows) {
      std::fill(block.begin(), block.end(), static_cast<unsigned char>(0));
      const auto put = [&](std::int64_t r, std::int64_t c, int nibble) {
        block[static_cast<std::size_t>((c / 8 * kBlockRows + r) * 4 + c % 4)] |=
            static_cast<unsigned char>(nibble << (c % 8 < 4 ? 0 : 4));
      };
      std::int64_t longest = 0, square = 0; // of 2 * l - 15
      rows.read(
          first,
          [&](std::int64_t r, std::int64_t c, std::int8_t q) {
            const int shifted = q + 128, low = shifted % 16;
            put(r, c, high ? shifted / 16 : low);
            square += (2 * low - 15) * (2 * low - 15);
          },
          [&](std::int64_t) {
            longest = std::max(longest, square);
            square = 0;
          });
      bounds[static_cast<std::size_t>(first / kBlockRows)] = root_above(longest) / 2;
      for (std::int64_t r = constant.rows() - first; high && r < kBlockRows; ++r) // rows of zeros
        for (std::int64_t c = 0; c < cols; ++c) put(r, c, 8);
      sink(block.data(), block.size());
    }
  }
  return {std::move(rows.scales), std::move(bounds)};
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
  case FileLayout::planes:
    return static_cast<std::uint64_t>(round_up(rows, kBlockRows) * round_up(cols, 8));
  }
  return 0;
}

BesideRows write_layout(const Constant& constant, FileLayout layout, const ByteSink& sink) {
  if (layout == FileLayout::n16k4) return write_n16k4(constant, sink);
  if (layout == FileLayout::planes) return write_planes(constant, sink);
  if (layout == FileLayout::n16) {
    write_n16(constant, sink);
  } else {
    write_row_major(constant, sink);
  }
  return {};
}

} // namespace heed::convert
