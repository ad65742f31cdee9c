#include "converter/quantize/error_stats.hpp"

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

TEST(ErrorStats, EmptyIsZero) {
  const ErrorStats stats;
  EXPECT_EQ(stats.max_error(), 0.0);
  EXPECT_EQ(stats.mean_error(), 0.0);
}

TEST(ErrorStats, GathersOverCalls) {
  ErrorStats stats;
  const double original[] = {1.0, -4.0, 2.0}, stored[] = {1.5, -4.0, 1.0};
  stats.add(original, stored, 2);
  stats.add(original + 2, stored + 2, 1);
  EXPECT_EQ(stats.elements(), 3u);
  EXPECT_EQ(stats.max_error(), 1.0);
  EXPECT_EQ(stats.mean_error(), 0.5);
  EXPECT_EQ(stats.largest_weight(), 4.0);
}

} // namespace
} // namespace heed::convert
