// Two-plane scans: values are those of the n16k4 scan, and no block that this scan would stop at is left out.
#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

class ScanPlanes : public AgainstScalar {
 protected:
  void check(std::size_t rows, std::size_t cols) {
    for (const bool bias : {false, true}) {
      Random random(rows * 131 + cols);
      const Planes c(random, rows, cols, bias);
      for (std::size_t users = 1; users <= kScanUsers; ++users) {
        SCOPED_TRACE(testing::Message() << rows << " rows of " << cols << ", " << users << " users");
        check_values(c, users);
        for (const float low : {-kInf, 0.0f, 2.5f, 30.0f, kInf, kNan}) {
          const float thresholds[kScanUsers] = {low, low * 0.5f, 4.0f, low + 1.0f};
          check_scan(c, users, 0, std::min(c.blocks, kPlaneBlocks), thresholds);
          check_scan(c, users, c.blocks / 2, c.blocks / 2, thresholds);
        }
      }
    }
  }
  void check_values(const Planes& c, std::size_t users) {
    GuardedBuffer<float> values(users * kBlock);
    for (std::size_t block = 0; block < c.blocks; ++block) {
      simd().score_planes_i8(c.planes(users), block, values.data());
      for (std::size_t user = 0; user < users; ++user) {
        float expected[kBlock];
        ASSERT_EQ(scalar().scan_i8(c.plain(user), block, block + 1, kNan, expected), block);
        for (std::size_t i = 0; i < kBlock; ++i)
          ASSERT_TRUE(same(values[user * kBlock + i], expected[i])) << "user " << user << ", block " << block;
      }
    }
  }
  // The blocks that the scalar table finds, and of these at least all that hold what ranks.
  void check_scan(const Planes& c, std::size_t users, std::size_t begin, std::size_t end,
                  const float* thresholds) {
    const std::uint64_t found = simd().scan_planes_i8(c.planes(users), begin, end, thresholds);
    ASSERT_EQ(found, scalar().scan_planes_i8(c.planes(users), begin, end, thresholds));
    for (std::size_t user = 0; user < users; ++user)
      for (std::size_t block = begin; block < end; ++block) {
        float values[kBlock];
        if (scalar().scan_i8(c.plain(user), block, block + 1, thresholds[user], values) == block) {
          ASSERT_TRUE(found >> (block - begin) & 1) << "user " << user << ", block " << block;
        }
      }
  }
};
HEED_FOR_EACH_TABLE(ScanPlanes);

TEST_P(ScanPlanes, EveryWidth) {
  for (const std::size_t cols : widths()) check(96, cols);
}
TEST_P(ScanPlanes, WidestRows) {
  check(32, kMostPlaneCols - 1);
  check(32, kMostPlaneCols);
}
TEST_P(ScanPlanes, RealModels) {
  check(1000, 50);
  check(1024, 64);
}
TEST_P(ScanPlanes, EmptyRangeTouchesNothing) {
  Random random(2);
  const Planes c(random, 16, 8, false);
  EXPECT_EQ(simd().scan_planes_i8(c.planes(1), 1, 1, nullptr), 0u);
}
// At the extremes of rows and vector every sum is exact.
TEST_P(ScanPlanes, ExtremesOfRowsAndVector) {
  for (const int row : {-128, -127, -1, 0, 1, 127}) {
    for (const int x : {-127, 0, 127}) {
      Random random(5);
      Planes c(random, 16, kMostPlaneCols, false);
      c.set(static_cast<std::int8_t>(row), static_cast<std::int8_t>(x));
      check_values(c, 1);
      for (const float threshold : {0.0f, 100.0f, -100.0f, 1e6f}) check_scan(c, 1, 0, 1, &threshold);
    }
  }
}
// A bound that no converter writes may give a wrong answer: the tables agree about it, and NaN and infinity
// leave nothing out.
TEST_P(ScanPlanes, BoundsThatAreNone) {
  Random random(7);
  Planes c(random, 320, 20, true);
  const float above = kInf;
  for (const float bound : {kNan, kInf, -kInf, -1e30f, 1e38f, 0.0f}) {
    for (std::size_t b = 0; b < c.blocks; ++b) c.bounds[b] = bound;
    const float threshold = 3.0f;
    const std::uint64_t found = simd().scan_planes_i8(c.planes(1), 0, c.blocks, &threshold);
    EXPECT_EQ(found, scalar().scan_planes_i8(c.planes(1), 0, c.blocks, &threshold));
    if (!(bound < 1e30f)) {
      EXPECT_EQ(found, (std::uint64_t{1} << c.blocks) - 1);
    }
    EXPECT_EQ(simd().scan_planes_i8(c.planes(1), 0, c.blocks, &above) == 0, !std::isnan(bound));
  }
}
// What the scan is for: of rows like a model's, few blocks are left.
TEST(ReferenceScanPlanes, MostBlocksAreLeftOut) {
  Random random(9);
  const Planes c(random, 1024, 64, false);
  float best = -kInf;
  for (std::size_t block = 0; block < c.blocks; ++block) {
    float values[kBlock];
    ASSERT_EQ(kTableScalar.scan_i8(c.plain(0), block, block + 1, kNan, values), block);
    for (const float value : values) best = std::fmax(best, value);
  }
  const std::uint64_t found = kTableScalar.scan_planes_i8(c.planes(1), 0, c.blocks, &best);
  EXPECT_LT(__builtin_popcountll(found), 30);
}

} // namespace
} // namespace heed::kernels::test
