#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

struct Quantized {
  Quantized(const KernelTable& table, const Rows& x, std::size_t out_stride)
      : stride(out_stride), bytes(x.rows() * out_stride), quant(x.rows()) {
    std::memset(bytes.data(), 0x5a, bytes.size());
    table.quantize_rows({x.data(), bytes.data(), quant.data(), x.rows(), x.cols(), x.stride(), stride});
  }
  std::size_t stride;
  GuardedBuffer<std::int8_t> bytes;
  GuardedBuffer<RowQuant> quant;
};

class Quantize : public AgainstScalar {
 protected:
  // The smallest stride that is allowed: the last row ends at the guard page.
  void check(const Rows& x) {
    for (const std::size_t stride : Sizes{round_up(x.cols(), 4), round_up(x.cols(), 16) + 16}) {
      const Quantized expected(scalar(), x, stride), actual(simd(), x, stride);
      EXPECT_EQ(std::memcmp(expected.bytes.data(), actual.bytes.data(), x.rows() * stride), 0)
          << x.rows() << " x " << x.cols();
      for (std::size_t r = 0; r < x.rows(); ++r) {
        EXPECT_TRUE(same(expected.quant[r].scale, actual.quant[r].scale)) << "row " << r;
        EXPECT_EQ(expected.quant[r].sum, actual.quant[r].sum) << "row " << r;
      }
    }
  }
};
HEED_FOR_EACH_TABLE(Quantize);

TEST_P(Quantize, EveryWidth) {
  Random random(1);
  for (const std::size_t cols : widths()) check(Rows(random, Values::sparse, 5, cols));
}
TEST_P(Quantize, RowsOfOneMagnitudeEach) {
  Random random(2);
  for (int exponent = -149; exponent < 128; exponent += 3) {
    Rows x(random, Values::plain, 2, 50);
    for (std::size_t r = 0; r < x.rows(); ++r)
      for (std::size_t c = 0; c < x.cols(); ++c) x.at(r, c) = std::ldexp(x.at(r, c) / 2, exponent);
    check(x);
  }
}
TEST_P(Quantize, TiesGoToTheEvenNeighbour) {
  Rows x(1, 64);
  for (std::size_t c = 0; c < 64; ++c) x.at(0, c) = static_cast<float>(c) - 31.5f; // exact halves
  x.at(0, 63) = 127.0f;                                                            // so that the factor is 1
  check(x);
  const Quantized q(simd(), x, 64);
  EXPECT_EQ(q.bytes[31], 0);  // -0.5
  EXPECT_EQ(q.bytes[32], 0);  // 0.5
  EXPECT_EQ(q.bytes[33], 2);  // 1.5
  EXPECT_EQ(q.bytes[34], 2);  // 2.5
  EXPECT_EQ(q.bytes[29], -2); // -2.5
}
TEST_P(Quantize, AnyFloats) {
  Random random(3);
  check(Rows(random, Values::wild, 500, 37));
}
TEST_P(Quantize, NanAndInfinity) {
  Random random(4);
  check(Rows(random, Values::special, 64, 17));
}

TEST(ReferenceQuantize, HalfAStepAtMost) {
  Random random(5);
  const Rows x(random, Values::plain, 20, 50);
  const Quantized q(kTableScalar, x, 52);
  for (std::size_t r = 0; r < 20; ++r) {
    int largest = 0, sum = 0;
    for (std::size_t c = 0; c < 50; ++c) {
      const int v = q.bytes[r * 52 + c];
      largest = std::max(largest, std::abs(v));
      sum += v;
      const double step = static_cast<double>(q.quant[r].scale);
      EXPECT_NEAR(v * step, static_cast<double>(x.at(r, c)), step * 0.50001);
    }
    EXPECT_EQ(largest, 127);
    EXPECT_EQ(q.quant[r].sum, sum);
  }
}
TEST(ReferenceQuantize, RowsWithoutAScaleBecomeZeros) {
  Rows x(5, 16);
  const float first[5] = {0.0f, kNan, -kInf, 0x1.fffffep-120f, -0x1p-149f};
  for (std::size_t r = 0; r < 5; ++r)
    for (std::size_t c = 0; c < 16; ++c) x.at(r, c) = c == 3 ? first[r] : r < 3 && r > 0 ? 1.0f : 0.0f;
  const Quantized q(kTableScalar, x, 16);
  for (std::size_t r = 0; r < 5; ++r) {
    EXPECT_EQ(q.quant[r].scale, 1.0f);
    EXPECT_EQ(q.quant[r].sum, 0);
    for (std::size_t c = 0; c < 16; ++c) EXPECT_EQ(q.bytes[r * 16 + c], 0);
  }
}
TEST(ReferenceQuantize, ScalesAreNormalNumbers) {
  Rows x(2, 16);
  for (std::size_t c = 0; c < 16; ++c) {
    x.at(0, c) = 0x1p-119f;
    x.at(1, c) = std::numeric_limits<float>::max();
  }
  const Quantized q(kTableScalar, x, 16);
  for (std::size_t r = 0; r < 2; ++r) {
    EXPECT_TRUE(std::isnormal(q.quant[r].scale));
    EXPECT_EQ(q.bytes[r * 16], 127);
  }
}

} // namespace
} // namespace heed::kernels::test
