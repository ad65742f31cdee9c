// AVX2 with FMA: 8 floats a register, 16 registers.
#ifndef HEED_RUNTIME_KERNELS_SIMD_AVX2_HPP
#define HEED_RUNTIME_KERNELS_SIMD_AVX2_HPP

#include "runtime/kernels/simd/split_inputs.hpp"

#include <immintrin.h>
#include <xsimd/xsimd.hpp>

namespace heed::kernels {
namespace {

// 16 int32 sums over steps of 4: one step is 64 bytes of weights, [16][4], times 4 activations.
struct DotAvx2 {
  static constexpr size_t registers = 2;    // of Sums
  static constexpr bool pairs_rows = false; // has a tile() of its own for more than one row
  template <size_t R>
  using Inputs = SplitInputs<R>;
  struct Sums {
    __m256i part[2];
  };
  using Weights = Sums;
  struct Input {
    __m256i magnitude, sign;
  };

  static HEED_INLINE Sums start(int32_t value) {
    return {{_mm256_set1_epi32(value), _mm256_set1_epi32(value)}};
  }
  static HEED_INLINE Weights load(const int8_t* w) {
    Weights r;
    for (size_t i = 0; i < 2; ++i) r.part[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w) + i);
    return r;
  }
  static HEED_INLINE Input input(const int8_t* magnitude, const int8_t* sign) {
    return {_mm256_set1_epi32(load_int(magnitude)), _mm256_set1_epi32(load_int(sign))};
  }
  static HEED_INLINE void add(Sums& s, const Weights& w, const Input& x) {
    for (size_t i = 0; i < 2; ++i) {
      const __m256i pairs = _mm256_maddubs_epi16(x.magnitude, _mm256_xor_si256(w.part[i], x.sign));
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
  static HEED_INLINE Input input(const int8_t* x) { return _mm256_set1_epi32(load_int(x)); }
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
  static constexpr size_t dot_tile_rows =
      4; // 8 sums, 2 weights, 2 of an activation, 1 of ones, 2 temporaries
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
  static HEED_INLINE int32_t largest_bits(Batch x) {
    const __m256i v = _mm256_castps_si256(x);
    return largest_int4(_mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)),
                        [](__m128i a, __m128i b) { return _mm_max_epi32(a, b); });
  }
  static HEED_INLINE void store_rounded(const Batch (&x)[2], int8_t* out, ByteSum& sum) {
    // Packing goes by halves of the registers: 0-3 8-11 | 4-7 12-15, of which the ints are put in order.
    const __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(x[0]), _mm256_cvtps_epi32(x[1]));
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    store_bytes(_mm_shuffle_epi32(bytes, _MM_SHUFFLE(3, 1, 2, 0)), out, sum);
  }
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_AVX2_HPP
