// AVX-512 F, CD, DQ, BW, VL: 16 floats a register, 32 registers.
#ifndef HEED_RUNTIME_KERNELS_SIMD_AVX512_HPP
#define HEED_RUNTIME_KERNELS_SIMD_AVX512_HPP

#include "runtime/kernels/simd/direct_inputs.hpp"
#include "runtime/kernels/simd/x86.hpp"

#include <immintrin.h>
#include <xsimd/xsimd.hpp>

namespace heed::kernels {
namespace {

// Magnitudes of the weights as unsigned bytes: the activation is negated under a mask of the negative weights
// (a zero weight has magnitude zero, so its sign does not matter).
struct DotAvx512 {
  static constexpr size_t registers = 1;
  static constexpr bool pairs_rows = false;
  template <size_t R>
  using Inputs = DirectInputs<R>;
  using Sums = __m512i;
  struct Weights {
    __m512i magnitude;
    __mmask64 negative;
  };
  using Input = __m512i;

  static HEED_INLINE Sums start(int32_t) { return _mm512_setzero_si512(); }
  static HEED_INLINE Weights load(const int8_t* w) {
    const __m512i value = _mm512_loadu_si512(w);
    return {_mm512_abs_epi8(value), _mm512_movepi8_mask(value)};
  }
  static HEED_INLINE Input input(const int8_t* x) { return _mm512_set1_epi32(load_int(x)); }
  static HEED_INLINE void add(Sums& sums, const Weights& w, Input x) {
    const __m512i with_sign = _mm512_mask_sub_epi8(x, w.negative, _mm512_setzero_si512(), x);
    const __m512i pairs = _mm512_maddubs_epi16(w.magnitude, with_sign);
    sums = _mm512_add_epi32(sums, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
  }
  template <class Batch>
  static HEED_INLINE void to_float(Sums sums, Batch (&out)[1]) {
    out[0] = _mm512_cvtepi32_ps(sums);
  }
};

// See NibblesAvx2.
struct NibblesAvx512 {
  using Sums = __m512i;
  using Input = __m512i;
  struct Weights {
    __m512i low, high;
  };

  static HEED_INLINE Sums zero() { return _mm512_setzero_si512(); }
  static HEED_INLINE Weights load(const uint8_t* w) {
    const __m512i mask = _mm512_set1_epi8(15), bytes = _mm512_loadu_si512(w);
    return {_mm512_and_si512(bytes, mask), _mm512_and_si512(_mm512_srli_epi16(bytes, 4), mask)};
  }
  static HEED_INLINE Input input(const int8_t* x) { return DotAvx512::input(x); }
  static HEED_INLINE void add(Sums& partial, const Weights& w, Input low, Input high) {
    partial = _mm512_add_epi16(partial, _mm512_maddubs_epi16(w.low, low));
    partial = _mm512_add_epi16(partial, _mm512_maddubs_epi16(w.high, high));
  }
  static HEED_INLINE void widen(Sums& s, const Sums& partial) {
    s = _mm512_add_epi32(s, _mm512_madd_epi16(partial, _mm512_set1_epi16(1)));
  }
  template <class Batch>
  static HEED_INLINE void to_float(Sums s, Batch (&out)[1]) {
    DotAvx512::to_float(s, out);
  }
};

struct Avx512 : X86 {
  using Xsimd = xsimd::avx512bw;
  using Batch = xsimd::batch<float, Xsimd>;
  using Mask = xsimd::batch_bool<float, Xsimd>;
  using Dot = DotAvx512;
  using Nibbles = NibblesAvx512;
  static constexpr bool extends = false;
  static constexpr size_t lanes = 16;
  static constexpr bool fused = true;

  // 6 rows x 32 columns: 12 accumulators and 2 weights of the 32 registers; activations are broadcast from
  // memory by the multiply-add itself. Latency 4 or 5, two a cycle.
  static constexpr size_t tile_rows = 6;
  static constexpr size_t busy_registers = 10;
  static constexpr size_t dot_tile_rows = 6;
  static constexpr size_t dot_busy_registers = 4;

  static HEED_INLINE Batch fma(Batch a, Batch b, Batch c) { return _mm512_fmadd_ps(a, b, c); }
  static HEED_INLINE Batch select(Mask m, Batch yes, Batch no) { return _mm512_mask_blend_ps(m, no, yes); }
  static HEED_INLINE bool all(Mask m) { return xsimd::all(m); }
  static HEED_INLINE Batch abs(Batch x) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), x); }
  static HEED_INLINE Batch or_sign(Batch magnitude, Batch sign) {
    return _mm512_or_ps(magnitude, _mm512_and_ps(_mm512_set1_ps(-0.0f), sign));
  }
  static HEED_INLINE Batch add_exponent(Batch x, Batch t) {
    const __m512i n = _mm512_slli_epi32(_mm512_castps_si512(t), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), n));
  }
  static HEED_INLINE Batch max_bits(Batch a, Batch b) {
    return _mm512_castsi512_ps(_mm512_max_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
  }
  static HEED_INLINE float sum_tree(__m512 v) {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    return sum_tree4(_mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1)));
  }
  static HEED_INLINE float max_tree(__m512 v) {
    const __m256 eight = _mm256_max_ps(_mm512_extractf32x8_ps(v, 1), _mm512_castps512_ps256(v));
    return max_tree4(_mm_max_ps(_mm256_extractf128_ps(eight, 1), _mm256_castps256_ps128(eight)));
  }
  static HEED_INLINE int32_t largest_bits(Batch x) { return _mm512_reduce_max_epi32(_mm512_castps_si512(x)); }
  static HEED_INLINE void store_rounded(const Batch (&x)[1], int8_t* out, ByteSum& sum) {
    store_bytes(_mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x[0])), out, sum);
  }
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_AVX512_HPP
