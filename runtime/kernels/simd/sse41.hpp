// SSE2 with SSSE3 and SSE4.1, of which only the bytes gain: nothing there makes the fused multiply-add
// cheaper.
#ifndef HEED_RUNTIME_KERNELS_SIMD_SSE41_HPP
#define HEED_RUNTIME_KERNELS_SIMD_SSE41_HPP

#include "runtime/kernels/simd/split_inputs.hpp"
#include "runtime/kernels/simd/sse2.hpp"

namespace heed::kernels {
namespace {

// DotAvx2 on half the width.
struct DotSse41 {
  static constexpr size_t registers = 4;
  static constexpr bool pairs_rows = false;
  template <size_t R>
  using Inputs = SplitInputs<R>;
  struct Sums {
    __m128i part[4];
  };
  using Weights = Sums;
  struct Input {
    __m128i magnitude, sign;
  };

  static HEED_INLINE Sums start(int32_t value) {
    Sums s;
    for (size_t i = 0; i < 4; ++i) s.part[i] = _mm_set1_epi32(value);
    return s;
  }
  static HEED_INLINE Weights load(const int8_t* w) {
    Weights r;
    for (size_t i = 0; i < 4; ++i) r.part[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w) + i);
    return r;
  }
  static HEED_INLINE Input input(const int8_t* magnitude, const int8_t* sign) {
    return {_mm_set1_epi32(load_int(magnitude)), _mm_set1_epi32(load_int(sign))};
  }
  static HEED_INLINE void add(Sums& s, const Weights& w, const Input& x) {
    for (size_t i = 0; i < 4; ++i) {
      const __m128i pairs = _mm_maddubs_epi16(x.magnitude, _mm_xor_si128(w.part[i], x.sign));
      s.part[i] = _mm_add_epi32(s.part[i], _mm_madd_epi16(pairs, _mm_set1_epi16(1)));
    }
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[4]) {
    for (size_t i = 0; i < 4; ++i) out[i] = _mm_cvtepi32_ps(s.part[i]);
  }
};

// NibblesAvx2 on half the width.
struct NibblesSse41 {
  using Sums = DotSse41::Sums;
  using Input = __m128i;
  struct Weights {
    __m128i low[4], high[4];
  };

  static HEED_INLINE Sums zero() { return DotSse41::start(0); }
  static HEED_INLINE Weights load(const uint8_t* w) {
    const __m128i mask = _mm_set1_epi8(15);
    Weights r;
    for (size_t i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w) + i);
      r.low[i] = _mm_and_si128(bytes, mask);
      r.high[i] = _mm_and_si128(_mm_srli_epi16(bytes, 4), mask);
    }
    return r;
  }
  static HEED_INLINE Input input(const int8_t* x) { return _mm_set1_epi32(load_int(x)); }
  static HEED_INLINE void add(Sums& partial, const Weights& w, Input low, Input high) {
    for (size_t i = 0; i < 4; ++i) {
      partial.part[i] = _mm_add_epi16(partial.part[i], _mm_maddubs_epi16(w.low[i], low));
      partial.part[i] = _mm_add_epi16(partial.part[i], _mm_maddubs_epi16(w.high[i], high));
    }
  }
  static HEED_INLINE void widen(Sums& s, const Sums& partial) {
    for (size_t i = 0; i < 4; ++i)
      s.part[i] = _mm_add_epi32(s.part[i], _mm_madd_epi16(partial.part[i], _mm_set1_epi16(1)));
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[4]) {
    DotSse41::to_float(s, out);
  }
};

struct Sse41 : Sse2 {
  using Dot = DotSse41;
  using Nibbles = NibblesSse41;
  static constexpr bool extends = true;
  static constexpr bool own_planes = !kCompact;
  static constexpr const KernelTable* float_table = &kTableSse2;
  static constexpr size_t dot_busy_registers = 4; // the four additions of a step are independent
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_SSE41_HPP
