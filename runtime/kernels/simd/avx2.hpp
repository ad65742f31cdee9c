// AVX2 with FMA: 8 floats a register, 16 registers.
#ifndef HEED_RUNTIME_KERNELS_SIMD_AVX2_HPP
#define HEED_RUNTIME_KERNELS_SIMD_AVX2_HPP

#include "runtime/kernels/simd/x86.hpp"

#include <immintrin.h>
#include <xsimd/xsimd.hpp>

namespace heed::kernels {
namespace {

// 16 int32 sums over steps of 4: one step is 64 bytes of weights, [16][4], times 4 activations.
struct DotAvx2 {
  static constexpr size_t registers = 2;    // of Sums
  static constexpr bool pairs_rows = false; // has a tile() of its own for more than one row
  struct Sums {
    __m256i part[2];
  };
  struct Weights {
    __m256i value[2], magnitude[2];
  };
  using Input = __m256i;

  static HEED_INLINE Sums start(int32_t) { return {{_mm256_setzero_si256(), _mm256_setzero_si256()}}; }
  static HEED_INLINE Weights load(const int8_t* w) {
    Weights r;
    for (size_t i = 0; i < 2; ++i) {
      r.value[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w) + i);
      r.magnitude[i] = _mm256_abs_epi8(r.value[i]); // -128 becomes the unsigned 128
    }
    return r;
  }
  static HEED_INLINE Input input(const int8_t* x) { return _mm256_set1_epi32(load_int(x)); }
  // maddubs takes the magnitude as unsigned and the activation with the weight's sign; two products add up
  // to at most 2 * 128 * 127 = 32512, so its saturation never acts.
  static HEED_INLINE void add(Sums& s, const Weights& w, Input x) {
    for (size_t i = 0; i < 2; ++i) {
      const __m256i pairs = _mm256_maddubs_epi16(w.magnitude[i], _mm256_sign_epi8(x, w.value[i]));
      s.part[i] = _mm256_add_epi32(s.part[i], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[2]) {
    for (size_t i = 0; i < 2; ++i) out[i] = _mm256_cvtepi32_ps(s.part[i]);
  }
};

// 16 sums over a plane of nibbles: a step is 64 bytes, 8 columns. The nibble is maddubs's unsigned operand;
// two results a step, of at most 2 * 15 * 127 each, add up in 16 bits over the kPlaneSteps (4) of a partial
// sum.
struct NibblesAvx2 {
  using Sums = DotAvx2::Sums;
  using Input = __m256i;
  struct Weights {
    __m256i low[2], high[2]; // columns 0 to 3, 4 to 7
  };

  static HEED_INLINE Sums zero() { return DotAvx2::start(0); }
  static HEED_INLINE Weights load(const uint8_t* w) {
    const __m256i mask = _mm256_set1_epi8(15);
    Weights r;
    for (size_t i = 0; i < 2; ++i) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w) + i);
      r.low[i] = _mm256_and_si256(bytes, mask);
      r.high[i] = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask);
    }
    return r;
  }
  static HEED_INLINE Input input(const int8_t* x) { return DotAvx2::input(x); }
  static HEED_INLINE void add(Sums& partial, const Weights& w, Input low, Input high) {
    for (size_t i = 0; i < 2; ++i) {
      partial.part[i] = _mm256_add_epi16(partial.part[i], _mm256_maddubs_epi16(w.low[i], low));
      partial.part[i] = _mm256_add_epi16(partial.part[i], _mm256_maddubs_epi16(w.high[i], high));
    }
  }
  static HEED_INLINE void widen(Sums& s, const Sums& partial) {
    for (size_t i = 0; i < 2; ++i)
      s.part[i] = _mm256_add_epi32(s.part[i], _mm256_madd_epi16(partial.part[i], _mm256_set1_epi16(1)));
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[2]) {
    DotAvx2::to_float(s, out);
  }
};

struct Avx2 : X86 {
  using Xsimd = xsimd::fma3<xsimd::avx2>;
  using Batch = xsimd::batch<float, Xsimd>;
  using Mask = xsimd::batch_bool<float, Xsimd>;
  using Dot = DotAvx2;
  using Nibbles = NibblesAvx2;
  static constexpr bool extends = false;
  static constexpr size_t lanes = 16;
  static constexpr bool fused = true;

  // 6 rows x 16 columns: 12 accumulators, 2 weights, 1 broadcast of the 16 registers. Fused multiply-adds
  // have a latency of 4 and come two a cycle, so 8 registers of independent sums keep them busy.
  static constexpr size_t tile_rows = 6;
  static constexpr size_t busy_registers = 8;
  static constexpr size_t dot_tile_rows = 4; // 8 sums, 4 weights, 1 activation, 1 of ones, 2 temporaries
  static constexpr size_t dot_busy_registers = 4;

  static HEED_INLINE Batch fma(Batch a, Batch b, Batch c) { return _mm256_fmadd_ps(a, b, c); }
  static HEED_INLINE Batch select(Mask m, Batch yes, Batch no) { return _mm256_blendv_ps(no, yes, m); }
  static HEED_INLINE bool all(Mask m) { return xsimd::all(m); }
  static HEED_INLINE Batch abs(Batch x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
  static HEED_INLINE Batch or_sign(Batch magnitude, Batch sign) {
    return _mm256_or_ps(magnitude, _mm256_and_ps(_mm256_set1_ps(-0.0f), sign));
  }
  static HEED_INLINE Batch add_exponent(Batch x, Batch t) {
    const __m256i n = _mm256_slli_epi32(_mm256_castps_si256(t), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), n));
  }
  static HEED_INLINE Batch max_bits(Batch a, Batch b) {
    return _mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b)));
  }
  static HEED_INLINE float sum_tree(__m256 v) {
    return sum_tree4(_mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1)));
  }
  static HEED_INLINE float max_tree(__m256 v) {
    return max_tree4(_mm_max_ps(_mm256_extractf128_ps(v, 1), _mm256_castps256_ps128(v)));
  }
  static HEED_INLINE int32_t store_bytes(const Batch (&t)[2], int8_t* out) {
    const __m256i a = _mm256_castps_si256(t[0]), b = _mm256_castps_si256(t[1]);
    return store_and_sum_bytes(pack_low_bytes(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1),
                                              _mm256_castsi256_si128(b), _mm256_extracti128_si256(b, 1)),
                               out);
  }
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_AVX2_HPP
