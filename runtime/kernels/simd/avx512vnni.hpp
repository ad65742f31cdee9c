// AVX-512 with VNNI: vpdpbusd multiplies unsigned by signed bytes and adds four products to each int32.
#ifndef HEED_RUNTIME_KERNELS_SIMD_AVX512VNNI_HPP
#define HEED_RUNTIME_KERNELS_SIMD_AVX512VNNI_HPP

#include "runtime/kernels/simd/avx512.hpp"

namespace heed::kernels {
namespace {

// The weight is the unsigned operand: w XOR 0x80 = w + 128. So each sum comes out 128 * sum(x) too high, and
// starts that much lower. (Sums wrap modulo 2^32, where the difference is exact whatever the order.)
struct DotVnni {
  static constexpr size_t registers = 1;
  static constexpr bool pairs_rows = false;
  template <size_t R>
  using Inputs = DirectInputs<R>;
  using Sums = __m512i;
  using Weights = __m512i;
  using Input = __m512i;

  static HEED_INLINE Sums start(int32_t sum_x) { return _mm512_set1_epi32(-128 * sum_x); }
  static HEED_INLINE Weights load(const int8_t* w) {
    return _mm512_xor_si512(_mm512_loadu_si512(w), _mm512_set1_epi8(-128));
  }
  static HEED_INLINE Input input(const int8_t* x) { return _mm512_set1_epi32(load_int(x)); }
  static HEED_INLINE void add(Sums& sums, Weights w, Input x) { sums = _mm512_dpbusd_epi32(sums, w, x); }
  template <class Batch>
  static HEED_INLINE void to_float(Sums sums, Batch (&out)[1]) {
    out[0] = _mm512_cvtepi32_ps(sums);
  }
};

// Nibbles are unsigned as they are.
struct NibblesVnni : NibblesAvx512 {
  static HEED_INLINE void add(Sums& s, const Weights& w, Input low, Input high) {
    s = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(s, w.low, low), w.high, high);
  }
  static HEED_INLINE void widen(Sums& s, const Sums& partial) { s = _mm512_add_epi32(s, partial); }
};

struct Avx512Vnni : Avx512 {
  using Dot = DotVnni;
  using Nibbles = NibblesVnni;
  static constexpr bool extends = true;
  static constexpr bool own_planes = !kCompact;
  static constexpr const KernelTable* float_table = &kTableAvx512;
  static constexpr size_t dot_busy_registers = 10; // latency 5, two a cycle
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_AVX512VNNI_HPP
