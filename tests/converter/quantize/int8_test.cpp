#include "converter/quantize/int8.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

struct Row {
  float scale;
  std::vector<int> q;
};

Row quantized(const std::vector<float>& row) {
  std::vector<std::int8_t> q(row.size());
  const float scale = quantize_row(row.data(), row.size(), q.data());
  return {scale, {q.begin(), q.end()}};
}

TEST(Int8, LargestMagnitudeBecomes127) {
  const Row row = quantized({-2.54f, 1.0f, 0.0f});
  EXPECT_EQ(row.scale, 2.54f / 127.0f);
  EXPECT_EQ(row.q, (std::vector<int>{-127, 50, 0}));
}

TEST(Int8, HalvesGoToTheEvenNeighbour) {
  EXPECT_EQ(quantized({127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f}).q, (std::vector<int>{127, 0, 2, 2, 0, -2}));
}

TEST(Int8, ZeroRowHasScaleOne) {
  const Row row = quantized({0.0f, -0.0f});
  EXPECT_EQ(row.scale, 1.0f);
  EXPECT_EQ(row.q, (std::vector<int>{0, 0}));
}

TEST(Int8, DenormalRowsStayInRange) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(quantized({tiny, -tiny}).scale, 1.0f); // the scale would be 0
  for (const float largest : {100 * tiny, 190 * tiny, 1e4f * tiny}) {
    const Row row = quantized({largest, -largest});
    EXPECT_GT(row.scale, 0.0f);
    EXPECT_LE(row.q[0], 127);
    EXPECT_EQ(row.q[1], -row.q[0]);
  }
}

TEST(Int8, ErrorIsAtMostHalfAScale) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 3);
  for (int round = 0; round < 100; ++round) {
    std::vector<float> values(37);
    for (float& v : values) v = normal(random);
    const Row row = quantized(values);
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_LE(std::fabs(values[i] - static_cast<float>(row.q[i]) * row.scale), row.scale * 0.50001f);
  }
}

} // namespace
} // namespace heed::convert
