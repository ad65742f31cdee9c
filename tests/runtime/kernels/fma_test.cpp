// The fused multiply-add that SSE2 lacks, against the C library's.
#include "tests/runtime/kernels/support.hpp"

#if defined(__SSE2__)
#include "runtime/kernels/simd/sse2.hpp"

namespace heed::kernels::test {
namespace {

// Counts the lanes where exact_fma differs from fmaf, over `rounds` times four draws.
template <class Draw>
std::size_t mismatches(std::size_t rounds, const Draw& draw) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    alignas(16) float a[4], b[4], c[4], y[4];
    for (int lane = 0; lane < 4; ++lane) draw(a[lane], b[lane], c[lane]);
    _mm_store_ps(y, exact_fma(_mm_load_ps(a), _mm_load_ps(b), _mm_load_ps(c)));
    for (int lane = 0; lane < 4; ++lane) {
      const float expected = std::fmaf(a[lane], b[lane], c[lane]);
      if (same(y[lane], expected)) continue;
      if (++wrong < 5)
        ADD_FAILURE() << std::hexfloat << "fma(" << a[lane] << ", " << b[lane] << ", " << c[lane]
                      << ") = " << y[lane] << ", should be " << expected;
    }
  }
  return wrong;
}
float from_bits(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// HEED_FMA_ROUNDS multiplies the work: 100 makes it a quarter of a billion cases each.
std::size_t rounds(std::size_t usual) {
  const char* factor = std::getenv("HEED_FMA_ROUNDS");
  return factor ? usual * static_cast<std::size_t>(std::atol(factor)) : usual;
}

TEST(ExactFma, AnyBitPatterns) {
  Random random(1);
  EXPECT_EQ(mismatches(rounds(500000),
                       [&](float& a, float& b, float& c) {
                         a = from_bits(static_cast<std::uint32_t>(random.next()));
                         b = from_bits(static_cast<std::uint32_t>(random.next()));
                         c = from_bits(static_cast<std::uint32_t>(random.next()));
                       }),
            0u);
}
// c near -a * b and near the points half way between floats: where a second rounding goes wrong.
TEST(ExactFma, SumsNearTies) {
  Random random(2);
  EXPECT_EQ(mismatches(rounds(500000),
                       [&](float& a, float& b, float& c) {
                         a = from_bits(0x3f800000u | (static_cast<std::uint32_t>(random.next()) & 0x7ff000u));
                         b = from_bits(0x3f800000u | (static_cast<std::uint32_t>(random.next()) & 0x7ff800u));
                         const int exponent = static_cast<int>(random.below(60)) - 30;
                         c = std::ldexp(
                             from_bits(0x3f800000u | (static_cast<std::uint32_t>(random.next()) & 0x7fffffu)),
                             exponent);
                         if (random.below(2)) c = -c;
                         if (random.below(4) == 0) c = -a * b;
                         if (random.below(4) == 0) c = from_bits(bits_of(c) & 0xff800000u);
                       }),
            0u);
}
TEST(ExactFma, SubnormalResults) {
  Random random(3);
  EXPECT_EQ(mismatches(rounds(500000),
                       [&](float& a, float& b, float& c) {
                         const int exponent = -150 + static_cast<int>(random.below(30));
                         const int part = static_cast<int>(random.below(120)) - 100;
                         a = std::ldexp(random.uniform(-2.0f, 2.0f), part);
                         b = std::ldexp(random.uniform(-2.0f, 2.0f), exponent - part);
                         c = std::ldexp(random.uniform(-2.0f, 2.0f),
                                        exponent + static_cast<int>(random.below(8)));
                         if (random.below(4) == 0) c = from_bits(bits_of(c) & 0x80000003u);
                       }),
            0u);
}
TEST(ExactFma, EveryPairOfSpecialValues) {
  std::vector<float> special;
  for (const std::uint32_t bits :
       {0x00000000u, 0x00000001u, 0x00000002u, 0x007fffffu, 0x00800000u, 0x00800001u, 0x00ffffffu,
        0x33000000u, 0x33800000u, 0x33800001u, 0x34000000u, 0x3effffffu, 0x3f000000u, 0x3f7fffffu,
        0x3f800000u, 0x3f800001u, 0x3fffffffu, 0x40000000u, 0x4b7fffffu, 0x4b800000u, 0x5f7fffffu,
        0x5f800000u, 0x7f000000u, 0x7f7fffffu, 0x7f800000u, 0x7fc00000u, 0x7f800001u}) {
    special.push_back(from_bits(bits));
    special.push_back(from_bits(bits | 0x80000000u));
  }
  std::size_t next = 0;
  const std::size_t n = special.size();
  EXPECT_EQ(mismatches(n * n * n / 4,
                       [&](float& a, float& b, float& c) {
                         a = special[next % n];
                         b = special[next / n % n];
                         c = special[next / n / n];
                         ++next;
                       }),
            0u);
}

} // namespace
} // namespace heed::kernels::test
#endif
