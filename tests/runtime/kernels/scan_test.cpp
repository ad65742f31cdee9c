#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

// A catalogue in both formats, its buffers ending with the last block.
struct Catalogue {
  Catalogue(Random& random, std::size_t rows, std::size_t cols, bool with_bias, Values values)
      : blocks((rows + kBlock - 1) / kBlock), f32(n16_size(rows, cols)), u(cols), i8(n16k4_size(rows, cols)),
        u8(round_up(cols, 4)), scales(blocks * kBlock), bias(blocks * kBlock) {
    fill_n16(f32, rows, cols, random, values);
    for (std::size_t k = 0; k < cols; ++k) u[k] = draw(random, values);
    fill_n16k4(i8, rows, cols, random);
    RowQuant quant = {random.uniform(0.001f, 0.1f), 0};
    for (std::size_t k = 0; k < u8.size(); ++k) {
      u8[k] = k < cols ? random.activation_byte() : std::int8_t{0};
      quant.sum += u8[k];
    }
    for (std::size_t i = 0; i < scales.size(); ++i) scales[i] = random.uniform(0.001f, 0.1f);
    fill_padded(bias, rows, random, values);
    scan_f32 = {f32.data(), with_bias ? bias.data() : nullptr, u.data(), cols};
    scan_i8 = {i8.data(), scales.data(), with_bias ? bias.data() : nullptr, u8.data(), quant, cols};
  }
  std::size_t blocks;
  GuardedBuffer<float> f32, u;
  GuardedBuffer<std::int8_t> i8, u8;
  GuardedBuffer<float> scales, bias;
  ScanF32 scan_f32;
  ScanI8 scan_i8;
};

// The two kernels under one name.
std::size_t scan(const KernelTable& t, const ScanF32& a, std::size_t begin, std::size_t end, float threshold,
                 float* values) {
  return t.scan_f32(a, begin, end, threshold, values);
}
std::size_t scan(const KernelTable& t, const ScanI8& a, std::size_t begin, std::size_t end, float threshold,
                 float* values) {
  return t.scan_i8(a, begin, end, threshold, values);
}
void score_rows(const KernelTable& t, const ScanF32& a, const std::vector<std::uint64_t>& rows,
                float* values) {
  t.score_rows_f32(a, rows.data(), rows.size(), values);
}
void score_rows(const KernelTable& t, const ScanI8& a, const std::vector<std::uint64_t>& rows,
                float* values) {
  t.score_rows_i8(a, rows.data(), rows.size(), values);
}

// Walks the whole range with both tables: the same stops with the same values.
template <class Args>
void compare_scan(const KernelTable& scalar, const KernelTable& simd, const Args& args, std::size_t begin,
                  std::size_t end, float threshold) {
  GuardedBuffer<float> expected(kBlock), actual(kBlock);
  for (std::size_t at = begin; at < end;) {
    const std::size_t stop = scan(scalar, args, at, end, threshold, expected.data());
    ASSERT_EQ(scan(simd, args, at, end, threshold, actual.data()), stop) << "from block " << at;
    if (stop == end) return;
    for (std::size_t i = 0; i < kBlock; ++i)
      ASSERT_TRUE(same(expected[i], actual[i])) << "block " << stop << " row " << i;
    at = stop + 1;
  }
}
template <class Args>
void compare_rows(const KernelTable& scalar, const KernelTable& simd, const Args& args, std::size_t rows,
                  Random& random) {
  for (const std::size_t count : Sizes{0, 1, 2, 7, 64}) {
    std::vector<std::uint64_t> picked(count);
    for (std::uint64_t& row : picked) row = random.below(rows);
    GuardedBuffer<float> expected(count), actual(count);
    score_rows(scalar, args, picked, expected.data());
    score_rows(simd, args, picked, actual.data());
    for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(same(expected[i], actual[i])) << "row " << picked[i];
  }
}

class Scan : public AgainstScalar {
 protected:
  void check(std::size_t rows, std::size_t cols, Values values = Values::plain) {
    SCOPED_TRACE(testing::Message() << rows << " rows of " << cols);
    for (const bool bias : {false, true}) {
      Random random(rows * 131 + cols);
      const Catalogue c(random, rows, cols, bias, values);
      for (const float threshold : {-kInf, 0.0f, 2.5f, 40.0f, kInf, kNan}) {
        compare_scan(scalar(), simd(), c.scan_f32, 0, c.blocks, threshold);
        compare_scan(scalar(), simd(), c.scan_i8, 0, c.blocks, threshold);
      }
      compare_rows(scalar(), simd(), c.scan_f32, rows, random);
      compare_rows(scalar(), simd(), c.scan_i8, rows, random);
    }
  }
};
HEED_FOR_EACH_TABLE(Scan);

TEST_P(Scan, BlocksAroundTheGroupThatIsScoredAtOnce) {
  for (std::size_t blocks = 1; blocks <= 19; ++blocks) check(blocks * 16 - blocks % 2, 20);
}
TEST_P(Scan, EveryWidth) {
  for (const std::size_t cols : widths()) check(100, cols);
}
TEST_P(Scan, WideAndNarrow) {
  for (const std::size_t cols : Sizes{1, 50, 130, 1041}) check(70, cols);
}
TEST_P(Scan, RealModels) {
  check(3416, 50);
  check(1000, 64);
}
TEST_P(Scan, NanAndInfinity) {
  check(500, 30, Values::special);
}
TEST_P(Scan, AnyFloats) {
  check(500, 30, Values::wild);
}
TEST_P(Scan, PartOfTheRange) {
  Random random(1);
  const Catalogue c(random, 640, 64, false, Values::plain);
  for (const std::size_t begin : Sizes{0, 1, 3, 17, 39, 40})
    for (const std::size_t end : Sizes{begin, std::size_t{21}, std::size_t{40}})
      if (begin <= end) {
        compare_scan(scalar(), simd(), c.scan_f32, begin, end, 3.0f);
        compare_scan(scalar(), simd(), c.scan_i8, begin, end, 3.0f);
      }
}
TEST_P(Scan, EmptyRangeTouchesNothing) {
  Random random(2);
  const Catalogue c(random, 16, 8, false, Values::plain);
  EXPECT_EQ(simd().scan_f32(c.scan_f32, 1, 1, 0.0f, nullptr), 1u);
  EXPECT_EQ(simd().scan_i8(c.scan_i8, 1, 1, 0.0f, nullptr), 1u);
}
// A value equal to the threshold does not stop the scan: ties go to the lower index, which was seen before.
TEST_P(Scan, EqualToTheThresholdIsPassedOver) {
  Random random(3);
  const Catalogue c(random, 320, 16, false, Values::plain);
  float values[kBlock], best = -kInf;
  for (std::size_t b = 0; b < c.blocks; ++b) {
    ASSERT_EQ(simd().scan_f32(c.scan_f32, b, b + 1, -kInf, values), b);
    for (const float v : values) best = std::fmax(best, v);
  }
  EXPECT_EQ(simd().scan_f32(c.scan_f32, 0, c.blocks, best, values), c.blocks);
  EXPECT_LT(simd().scan_f32(c.scan_f32, 0, c.blocks, std::nextafter(best, -kInf), values), c.blocks);
}
TEST_P(Scan, ScoreRowsEqualsTheScan) {
  Random random(4);
  const Catalogue c(random, 333, 50, true, Values::plain);
  for (std::size_t b = 0; b < c.blocks; ++b) {
    float scanned[2][kBlock], scored[2][kBlock];
    std::vector<std::uint64_t> rows(kBlock);
    for (std::size_t i = 0; i < kBlock; ++i) rows[i] = b * kBlock + i;
    scan(simd(), c.scan_f32, b, c.blocks, -kInf, scanned[0]);
    scan(simd(), c.scan_i8, b, c.blocks, -kInf, scanned[1]);
    score_rows(simd(), c.scan_f32, rows, scored[0]);
    score_rows(simd(), c.scan_i8, rows, scored[1]);
    EXPECT_EQ(std::memcmp(scanned, scored, sizeof scanned), 0);
  }
}

TEST(ReferenceScan, AgainstDouble) {
  Random random(5);
  const std::size_t cols = 50, groups = 13;
  const Catalogue c(random, 100, cols, true, Values::plain);
  std::vector<std::uint64_t> rows(100);
  for (std::size_t i = 0; i < 100; ++i) rows[i] = i;
  std::vector<float> f32(100), i8(100);
  score_rows(kTableScalar, c.scan_f32, rows, f32.data());
  score_rows(kTableScalar, c.scan_i8, rows, i8.data());
  for (std::size_t r = 0; r < 100; ++r) {
    double sum = 0, magnitude = 0;
    long long exact = 0;
    for (std::size_t k = 0; k < cols; ++k) {
      const double product =
          static_cast<double>(c.u[k]) * static_cast<double>(c.f32[(r / 16 * cols + k) * 16 + r % 16]);
      sum += product;
      magnitude += std::fabs(product);
      exact += c.u8[k] * c.i8[(r / 16 * groups + k / 4) * 64 + r % 16 * 4 + k % 4];
    }
    const double bias = static_cast<double>(c.bias[r]);
    EXPECT_NEAR(static_cast<double>(f32[r]), sum + bias,
                static_cast<double>(cols + 1) * 0x1p-24 * (magnitude + 2));
    const double scaled = static_cast<double>(exact) * static_cast<double>(c.scales[r]) *
                          static_cast<double>(c.scan_i8.u_quant.scale);
    EXPECT_NEAR(static_cast<double>(i8[r]), scaled + bias,
                3 * 0x1p-24 * (std::fabs(scaled) + std::fabs(bias)));
  }
}

} // namespace
} // namespace heed::kernels::test
