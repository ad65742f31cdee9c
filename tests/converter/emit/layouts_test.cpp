// Every element of a segment, at the place that the layout's formula gives.
#include "converter/emit/layouts.hpp"
#include "tests/converter/graph/support.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ostream>
#include <utility>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

struct Shape {
  std::int64_t rows, cols;
};

// What GoogleTest shows of a case; without it, bytes that hold addresses.
void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.rows << "x" << shape.cols;
}

class Layouts : public ::testing::TestWithParam<Shape> {
 protected:
  Layouts() : random_(4), constant_(test::random_constant("c", rows(), cols(), random_)) {}
  std::int64_t rows() const { return GetParam().rows; }
  std::int64_t cols() const { return GetParam().cols; }
  static std::int64_t up(std::int64_t value, std::int64_t step) { return (value + step - 1) / step * step; }

  // The segment's bytes as elements of T.
  template <class T>
  std::vector<T> written(FileLayout layout, BesideRows* beside = nullptr) {
    std::vector<unsigned char> bytes;
    BesideRows found = write_layout(constant_, layout, [&](const void* data, std::size_t size) {
      const auto* at = static_cast<const unsigned char*>(data);
      bytes.insert(bytes.end(), at, at + size);
    });
    if (beside != nullptr) *beside = std::move(found);
    EXPECT_EQ(bytes.size(), layout_bytes(layout, rows(), cols()));
    std::vector<T> elements(bytes.size() / sizeof(T));
    std::memcpy(elements.data(), bytes.data(), bytes.size());
    return elements;
  }
  float element(std::int64_t r, std::int64_t c) const {
    std::vector<double> row(static_cast<std::size_t>(cols()));
    constant_.source->read_row(r, row.data());
    return static_cast<float>(row[static_cast<std::size_t>(c)]);
  }

  std::mt19937 random_;
  Constant constant_;
};

TEST_P(Layouts, RowMajor) {
  const auto segment = written<float>(FileLayout::row_major);
  const std::int64_t stride = up(cols(), 16);
  for (std::int64_t r = 0; r < rows(); ++r) {
    for (std::int64_t c = 0; c < stride; ++c)
      EXPECT_EQ(segment[static_cast<std::size_t>(r * stride + c)], c < cols() ? element(r, c) : 0.0f);
  }
}

TEST_P(Layouts, N16) {
  const auto segment = written<float>(FileLayout::n16);
  for (std::int64_t r = 0; r < up(rows(), 16); ++r) {
    for (std::int64_t c = 0; c < cols(); ++c)
      EXPECT_EQ(segment[static_cast<std::size_t>((r / 16 * cols() + c) * 16 + r % 16)],
                r < rows() ? element(r, c) : 0.0f);
  }
}

TEST_P(Layouts, N16K4) {
  BesideRows beside;
  const auto segment = written<std::int8_t>(FileLayout::n16k4, &beside);
  const std::vector<float>& scales = beside.scales;
  ASSERT_EQ(scales.size(), static_cast<std::size_t>(up(rows(), 16)));
  EXPECT_TRUE(beside.bounds.empty());
  const std::int64_t padded = up(cols(), 4);
  for (std::int64_t r = 0; r < up(rows(), 16); ++r) {
    std::vector<float> row(static_cast<std::size_t>(cols()));
    std::vector<std::int8_t> q(static_cast<std::size_t>(padded));
    float scale = 1.0f;
    if (r < rows()) {
      for (std::int64_t c = 0; c < cols(); ++c) row[static_cast<std::size_t>(c)] = element(r, c);
      scale = quantize_row(row.data(), row.size(), q.data());
    }
    EXPECT_EQ(scales[static_cast<std::size_t>(r)], scale);
    for (std::int64_t c = 0; c < padded; ++c)
      EXPECT_EQ(
          segment[static_cast<std::size_t>(((r / 16 * (padded / 4) + c / 4) * 16 + r % 16) * 4 + c % 4)],
          q[static_cast<std::size_t>(c)]);
  }
}

TEST_P(Layouts, Planes) {
  BesideRows plain, beside;
  const auto bytes = written<std::int8_t>(FileLayout::n16k4, &plain);
  const auto segment = written<unsigned char>(FileLayout::planes, &beside);
  EXPECT_EQ(beside.scales, plain.scales);
  ASSERT_EQ(beside.bounds.size(), static_cast<std::size_t>(up(rows(), 16) / 16));
  const std::int64_t padded = up(cols(), 8), plane = up(rows(), 16) * padded / 2;
  ASSERT_EQ(segment.size(), static_cast<std::size_t>(2 * plane));
  const auto nibble = [&](std::int64_t first, std::int64_t r, std::int64_t c) {
    const int byte = segment[static_cast<std::size_t>(
        first + ((r / 16 * (padded / 8) + c / 8) * 16 + r % 16) * 4 + c % 4)];
    return c % 8 < 4 ? byte % 16 : byte / 16;
  };
  std::vector<double> longest(beside.bounds.size());
  for (std::int64_t r = 0; r < up(rows(), 16); ++r) {
    double squares = 0;
    for (std::int64_t c = 0; c < padded; ++c) {
      const int high = nibble(0, r, c), low = nibble(plane, r, c);
      if (c >= cols()) {
        EXPECT_EQ(high + low, 0) << "row " << r << ", column " << c;
        continue;
      }
      const auto place = ((r / 16 * (up(cols(), 4) / 4) + c / 4) * 16 + r % 16) * 4 + c % 4;
      EXPECT_EQ(16 * (high - 8) + low, bytes[static_cast<std::size_t>(place)])
          << "row " << r << ", column " << c;
      squares += (low - 7.5) * (low - 7.5);
    }
    double& most = longest[static_cast<std::size_t>(r / 16)];
    if (r < rows()) most = std::max(most, std::sqrt(squares));
  }
  for (std::size_t block = 0; block < longest.size(); ++block) {
    EXPECT_GE(static_cast<double>(beside.bounds[block]) * (1 + 1e-15), longest[block]);
    EXPECT_NEAR(static_cast<double>(beside.bounds[block]), longest[block], 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Layouts,
                         ::testing::Values(Shape{1, 1}, Shape{16, 4}, Shape{15, 3}, Shape{17, 5},
                                           Shape{33, 50}),
                         [](const auto& param) {
                           return std::to_string(param.param.rows) + "x" + std::to_string(param.param.cols);
                         });

} // namespace
} // namespace heed::convert
