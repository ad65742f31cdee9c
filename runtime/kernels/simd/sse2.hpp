// SSE2, the x86-64 baseline: 4 floats a register, 16 registers, no fused multiply-add.
#ifndef HEED_RUNTIME_KERNELS_SIMD_SSE2_HPP
#define HEED_RUNTIME_KERNELS_SIMD_SSE2_HPP

#include "runtime/kernels/simd/direct_inputs.hpp"
#include "runtime/kernels/simd/x86.hpp"

#include <xsimd/xsimd.hpp>

namespace heed::kernels {
namespace {

// fmaf on four lanes, by double precision. a * b is exact there (24 + 24 bits), and no step leaves a double's
// range, so only the sum rounds; that and the conversion to float would be one rounding too many.

// The sum a * b + c with its rounding changed to "to odd": the neighbour whose last bit is set, when inexact.
// 53 bits of that hold all that the conversion to 24 needs, for subnormal results too (Boldo and Melquiond,
// "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).
HEED_INLINE __m128d fma_to_odd(__m128d a, __m128d b, __m128d c) {
  const __m128d product = _mm_mul_pd(a, b);
  const __m128d sum = _mm_add_pd(product, c);
  const __m128d c_part = _mm_sub_pd(sum, product); // TwoSum: product + c = sum + error, exactly
  const __m128d error = _mm_add_pd(_mm_sub_pd(product, _mm_sub_pd(sum, c_part)), _mm_sub_pd(c, c_part));
  // False for a NaN error, which infinities and NaNs have: their sum stays as it is.
  const __m128d magnitude = _mm_andnot_pd(_mm_set1_pd(-0.0), error);
  const __m128i inexact = _mm_castpd_si128(_mm_cmplt_pd(_mm_setzero_pd(), magnitude));
  // The exact value lies beyond |sum| when the error has the sum's sign, else short of it: then step down
  // first. In both cases the odd one of the two neighbours has the last bit set.
  const __m128i differ = _mm_srai_epi32(_mm_castpd_si128(_mm_xor_pd(sum, error)), 31);
  const __m128i down = _mm_and_si128(_mm_shuffle_epi32(differ, _MM_SHUFFLE(3, 3, 1, 1)), inexact);
  const __m128i last_bit = _mm_srli_epi64(inexact, 63);
  return _mm_castsi128_pd(_mm_or_si128(_mm_add_epi64(_mm_castpd_si128(sum), down), last_bit));
}
HEED_NOINLINE __m128 careful_fma(__m128 a, __m128 b, __m128 c) {
  const __m128d low = fma_to_odd(_mm_cvtps_pd(a), _mm_cvtps_pd(b), _mm_cvtps_pd(c));
  const __m128d high = fma_to_odd(_mm_cvtps_pd(_mm_movehl_ps(a, a)), _mm_cvtps_pd(_mm_movehl_ps(b, b)),
                                  _mm_cvtps_pd(_mm_movehl_ps(c, c)));
  return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
}

// The second rounding goes wrong only where the first one ended half way between two floats, or where the
// float is subnormal (then half way is elsewhere). Nearly all sums are neither.
HEED_INLINE __m128 exact_fma(__m128 a, __m128 b, __m128 c) {
  const __m128d low = _mm_add_pd(_mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b)), _mm_cvtps_pd(c));
  const __m128d product = _mm_mul_pd(_mm_cvtps_pd(_mm_movehl_ps(a, a)), _mm_cvtps_pd(_mm_movehl_ps(b, b)));
  const __m128d high = _mm_add_pd(product, _mm_cvtps_pd(_mm_movehl_ps(c, c)));
  const __m128 low_ps = _mm_castpd_ps(low), high_ps = _mm_castpd_ps(high);
  // Of each sum's 52 fraction bits a float keeps 23; the other 29 are in the low word.
  const __m128i low_words = _mm_castps_si128(_mm_shuffle_ps(low_ps, high_ps, _MM_SHUFFLE(2, 0, 2, 0)));
  const __m128i dropped = _mm_and_si128(low_words, _mm_set1_epi32(0x1fffffff));
  const __m128i half_way = _mm_cmpeq_epi32(dropped, _mm_set1_epi32(0x10000000));
  // |sum| below 2^-126 by its high word, but not zero (no sum is so small that its high word is zero).
  const __m128i high_words = _mm_castps_si128(_mm_shuffle_ps(low_ps, high_ps, _MM_SHUFFLE(3, 1, 3, 1)));
  const __m128i exponents = _mm_and_si128(high_words, _mm_set1_epi32(0x7fffffff));
  const __m128i subnormal = _mm_and_si128(_mm_cmpgt_epi32(_mm_set1_epi32(0x38100000), exponents),
                                          _mm_cmpgt_epi32(exponents, _mm_setzero_si128()));
  if (__builtin_expect(_mm_movemask_epi8(_mm_or_si128(half_way, subnormal)) != 0, 0))
    return careful_fma(a, b, c);
  return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
}

// See DotAvx2. Bytes are widened to 16 bits; a sum is kept as two halves side by side until the end.
struct DotSse2 {
  static constexpr size_t registers = 8;
  static constexpr bool pairs_rows = false;
  template <size_t R>
  using Inputs = DirectInputs<R>;
  struct Sums {
    __m128i part[8]; // part 2i, 2i + 1: outputs 4i, 4i + 1 and 4i + 2, 4i + 3, two halves each
  };
  struct Weights {
    __m128i part[8];
  };
  using Input = __m128i;

  static HEED_INLINE Sums start(int32_t) {
    Sums s;
    for (size_t i = 0; i < 8; ++i) s.part[i] = _mm_setzero_si128();
    return s;
  }
  static HEED_INLINE Weights load(const int8_t* w) {
    Weights r;
    for (size_t i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w) + i);
      r.part[2 * i] = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
      r.part[2 * i + 1] = _mm_srai_epi16(_mm_unpackhi_epi8(bytes, bytes), 8);
    }
    return r;
  }
  static HEED_INLINE Input input(const int8_t* x) {
    const __m128i bytes = _mm_cvtsi32_si128(load_int(x));
    const __m128i wide = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
    return _mm_unpacklo_epi64(wide, wide);
  }
  static HEED_INLINE void add(Sums& s, const Weights& w, Input x) {
    for (size_t i = 0; i < 8; ++i) s.part[i] = _mm_add_epi32(s.part[i], _mm_madd_epi16(w.part[i], x));
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[4]) {
    for (size_t i = 0; i < 4; ++i) {
      const __m128 a = _mm_castsi128_ps(s.part[2 * i]), b = _mm_castsi128_ps(s.part[2 * i + 1]);
      const __m128i even = _mm_castps_si128(_mm_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0)));
      const __m128i odd = _mm_castps_si128(_mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1)));
      out[i] = _mm_cvtepi32_ps(_mm_add_epi32(even, odd));
    }
  }
};

// Nibbles unpacked to the bytes that DotSse2 loads.
struct NibblesSse2 {
  using Dot = DotSse2;
  using Sums = Dot::Sums;
  using Input = Dot::Input;
  struct Weights {
    Dot::Weights low, high; // columns 0 to 3, 4 to 7
  };

  static HEED_INLINE Sums zero() { return Dot::start(0); }
  static HEED_INLINE Weights load(const uint8_t* w) {
    const __m128i mask = _mm_set1_epi8(15);
    alignas(16) int8_t low[64], high[64];
    for (size_t i = 0; i < 64; i += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w + i));
      _mm_store_si128(reinterpret_cast<__m128i*>(low + i), _mm_and_si128(bytes, mask));
      _mm_store_si128(reinterpret_cast<__m128i*>(high + i), _mm_and_si128(_mm_srli_epi16(bytes, 4), mask));
    }
    return {Dot::load(low), Dot::load(high)};
  }
  static HEED_INLINE Input input(const int8_t* x) { return Dot::input(x); }
  static HEED_INLINE void add(Sums& s, const Weights& w, Input low, Input high) {
    Dot::add(s, w.low, low);
    Dot::add(s, w.high, high);
  }
  static HEED_INLINE void widen(Sums& s, const Sums& partial) {
    for (size_t i = 0; i < Dot::registers; ++i) s.part[i] = _mm_add_epi32(s.part[i], partial.part[i]);
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[4]) {
    Dot::to_float(s, out);
  }
};

struct Sse2 : X86 {
  using Xsimd = xsimd::sse2;
  using Batch = xsimd::batch<float, Xsimd>;
  using Mask = xsimd::batch_bool<float, Xsimd>;
  using Dot = DotSse2;
  using Nibbles = NibblesSse2;
  static constexpr bool extends = false;
  static constexpr size_t lanes = 16;
  static constexpr bool fused = false;

  // The emulated fused multiply-add needs the registers, and keeps the units busy alone.
  static constexpr size_t tile_rows = 2;
  static constexpr size_t busy_registers = 4;
  static constexpr size_t dot_tile_rows = 2;
  static constexpr size_t dot_busy_registers = 8;

  static HEED_INLINE Batch fma(Batch a, Batch b, Batch c) { return exact_fma(a, b, c); }
  static HEED_INLINE Batch select(Mask m, Batch yes, Batch no) {
    return _mm_or_ps(_mm_and_ps(m, yes), _mm_andnot_ps(m, no));
  }
  static HEED_INLINE bool all(Mask m) { return xsimd::all(m); }
  static HEED_INLINE Batch abs(Batch x) { return _mm_andnot_ps(_mm_set1_ps(-0.0f), x); }
  static HEED_INLINE Batch or_sign(Batch magnitude, Batch sign) {
    return _mm_or_ps(magnitude, _mm_and_ps(_mm_set1_ps(-0.0f), sign));
  }
  static HEED_INLINE Batch add_exponent(Batch x, Batch t) {
    const __m128i n = _mm_slli_epi32(_mm_castps_si128(t), 23);
    return _mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(x), n));
  }
  static HEED_INLINE __m128 max_bits(__m128 a, __m128 b) {
    const __m128 larger = _mm_castsi128_ps(_mm_cmpgt_epi32(_mm_castps_si128(a), _mm_castps_si128(b)));
    return _mm_or_ps(_mm_and_ps(larger, a), _mm_andnot_ps(larger, b));
  }
  static HEED_INLINE float sum_tree(__m128 v) { return sum_tree4(v); }
  static HEED_INLINE float max_tree(__m128 v) { return max_tree4(v); }
  static HEED_INLINE int32_t largest_bits(__m128 v) {
    return largest_int4(_mm_castps_si128(v), [](__m128i a, __m128i b) {
      return _mm_castps_si128(max_bits(_mm_castsi128_ps(a), _mm_castsi128_ps(b)));
    });
  }
  static HEED_INLINE void store_rounded(const Batch (&x)[4], int8_t* out, ByteSum& sum) {
    const __m128i low = _mm_packs_epi32(_mm_cvtps_epi32(x[0]), _mm_cvtps_epi32(x[1]));
    const __m128i high = _mm_packs_epi32(_mm_cvtps_epi32(x[2]), _mm_cvtps_epi32(x[3]));
    store_bytes(_mm_packs_epi16(low, high), out, sum);
  }
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_SSE2_HPP
