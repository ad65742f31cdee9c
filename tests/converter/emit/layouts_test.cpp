// Every element of a segment, at the place that the layout's formula gives.
#include "converter/emit/layouts.hpp"
#include "tests/converter/graph/support.hpp"

#include <cstring>
#include <ostream>

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
  std::vector<T> written(FileLayout layout, std::vector<float>* scales = nullptr) {
    std::vector<unsigned char> bytes;
    const auto found = write_layout(constant_, layout, [&](const void* data, std::size_t size) {
      const auto* at = static_cast<const unsigned char*>(data);
      bytes.insert(bytes.end(), at, at + size);
    });
    if (scales != nullptr) *scales = found;
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
  std::vector<float> scales;
  const auto segment = written<std::int8_t>(FileLayout::n16k4, &scales);
  ASSERT_EQ(scales.size(), static_cast<std::size_t>(up(rows(), 16)));
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

INSTANTIATE_TEST_SUITE_P(Shapes, Layouts,
                         ::testing::Values(Shape{1, 1}, Shape{16, 4}, Shape{15, 3}, Shape{17, 5},
                                           Shape{33, 50}),
                         [](const auto& param) {
                           return std::to_string(param.param.rows) + "x" + std::to_string(param.param.cols);
                         });

} // namespace
} // namespace heed::convert
