#include "converter/graph/constant.hpp"
#include "tests/converter/graph/support.hpp"

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using test::constant_of;
using test::float_tensor;

std::vector<double> row_of(const Constant& constant, std::int64_t row) {
  std::vector<double> values(static_cast<std::size_t>(constant.cols()));
  constant.read_row(row, values.data());
  return values;
}

TEST(Constant, WindowOfATensor) {
  const Tensor tensor = float_tensor({4, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  Constant constant;
  constant.source = tensor_rows(tensor, 3, 1, 2);
  EXPECT_EQ(constant.rows(), 2);
  EXPECT_EQ(row_of(constant, 0), (std::vector<double>{3, 4, 5}));
  EXPECT_EQ(row_of(constant, 1), (std::vector<double>{6, 7, 8}));
}

TEST(Constant, ExtraRowFollowsTheBase) {
  Constant constant = constant_of("c", 2, 2, {1, 2, 3, 4});
  constant.source = with_extra_row(constant.source, {5, 6});
  EXPECT_EQ(constant.rows(), 3);
  EXPECT_EQ(row_of(constant, 1), (std::vector<double>{3, 4}));
  EXPECT_EQ(row_of(constant, 2), (std::vector<double>{5, 6}));
}

TEST(Constant, SourceKeepsEveryBit) {
  const double third = 1.0 / 3.0;
  EXPECT_EQ(row_of(constant_of("c", 1, 1, {third}), 0)[0], third);
}

TEST(Constant, FloatRounds) {
  Constant constant = constant_of("c", 1, 1, {1.0 / 3.0});
  constant.stored = Stored::f32;
  EXPECT_EQ(row_of(constant, 0)[0], static_cast<double>(1.0f / 3.0f));
}

TEST(Constant, Int8GivesBackWhatTheFileHolds) {
  Constant constant = constant_of("c", 2, 3, {0.5, -1.0, 0.25, 0, 0, 0});
  constant.stored = Stored::i8;
  const float row[] = {0.5f, -1.0f, 0.25f};
  std::int8_t q[3];
  const double scale = quantize_row(row, 3, q);
  EXPECT_EQ(row_of(constant, 0), (std::vector<double>{q[0] * scale, q[1] * scale, q[2] * scale}));
  EXPECT_EQ(row_of(constant, 1), (std::vector<double>{0, 0, 0}));
}

} // namespace
} // namespace heed::convert
