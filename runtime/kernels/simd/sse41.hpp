// SSE2 with SSSE3 and SSE4.1, of which only the bytes gain: nothing there makes the fused multiply-add
// cheaper.
#ifndef HEED_RUNTIME_KERNELS_SIMD_SSE41_HPP
#define HEED_RUNTIME_KERNELS_SIMD_SSE41_HPP

#include "runtime/kernels/simd/sse2.hpp"

#include <tmmintrin.h>

namespace heed::kernels {
namespace {

// DotAvx2 on half the width.
struct DotSse41 {
  static constexpr size_t registers = 4;
  static constexpr bool pairs_rows = false;
  struct Sums {
    __m128i part[4];
  };
  struct Weights {
    __m128i value[4], magnitude[4];
  };
  using Input = __m128i;

  static HEED_INLINE Sums start(int32_t) {
    Sums s;
    for (size_t i = 0; i < 4; ++i) s.part[i] = _mm_setzero_si128();
    return s;
  }
  static HEED_INLINE Weights load(const int8_t* w) {
    Weights r;
    for (size_t i = 0; i < 4; ++i) {
      r.value[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w) + i);
      r.magnitude[i] = _mm_abs_epi8(r.value[i]);
    }
    return r;
  }
  static HEED_INLINE Input input(const int8_t* x) { return _mm_set1_epi32(load_int(x)); }
  static HEED_INLINE void add(Sums& s, const Weights& w, Input x) {
    for (size_t i = 0; i < 4; ++i) {
      const __m128i pairs = _mm_maddubs_epi16(w.magnitude[i], _mm_sign_epi8(x, w.value[i]));
      s.part[i] = _mm_add_epi32(s.part[i], _mm_madd_epi16(pairs, _mm_set1_epi16(1)));
    }
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[4]) {
    for (size_t i = 0; i < 4; ++i) out[i] = _mm_cvtepi32_ps(s.part[i]);
  }
};

struct Sse41 : Sse2 {
  using Dot = DotSse41;
  using Nibbles = NibblesSse2<DotSse41>;
  static constexpr bool extends = true;
  static constexpr bool own_planes = !kCompact;
  static constexpr const KernelTable* float_table = &kTableSse2;
  static constexpr size_t dot_busy_registers = 4; // the four additions of a step are independent
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_SSE41_HPP
