#include "runtime/base/fp_scope.hpp"

#include <cfenv>
#include <limits>

#include <gtest/gtest.h>

namespace heed::base {
namespace {

// Computed when and where it is called: neither folded, nor moved, nor shared between two calls.
__attribute__((noinline)) float divide(float a, float b) {
  __asm__ volatile("" : "+m"(a), "+m"(b) : : "memory");
  float quotient = a / b;
  __asm__ volatile("" : "+m"(quotient) : : "memory");
  return quotient;
}

TEST(FpScope, SetsTheStandardModeAndGivesTheCallersBack) {
  std::fesetround(FE_DOWNWARD);
  const float downward = divide(1.0f, 3.0f);
  float nearest;
  {
    const FpScope mode;
    nearest = divide(1.0f, 3.0f);
  }
  const float after = divide(1.0f, 3.0f);
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(nearest, 1.0f / 3.0f);
  EXPECT_LT(downward, nearest);
  EXPECT_EQ(after, downward);
}

#if defined(__SSE2__)
TEST(FpScope, KeepsSubnormalsEvenWhenTheCallerFlushesThem) {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u); // flush to zero, denormals are zero
  float inside;
  {
    const FpScope mode;
    inside = divide(std::numeric_limits<float>::min(), 4.0f);
  }
  const float outside = divide(std::numeric_limits<float>::min(), 4.0f);
  _mm_setcsr(before);
  EXPECT_GT(inside, 0.0f);
  EXPECT_EQ(outside, 0.0f);
}
#endif

} // namespace
} // namespace heed::base
