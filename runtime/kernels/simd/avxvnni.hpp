// AVX2 with VNNI on 256-bit registers, which processors without AVX-512 have.
#ifndef HEED_RUNTIME_KERNELS_SIMD_AVXVNNI_HPP
#define HEED_RUNTIME_KERNELS_SIMD_AVXVNNI_HPP

#include "runtime/kernels/simd/avx2.hpp"
#include "runtime/kernels/simd/direct_inputs.hpp"

namespace heed::kernels {
namespace {

// DotVnni on half the width: avx512vnni.hpp explains it. Dpbusd is the instruction, or what a test on a
// machine without has in its place.
template <__m256i (*Dpbusd)(__m256i, __m256i, __m256i)>
struct DotAvxVnni {
  static constexpr size_t registers = 2;
  static constexpr bool pairs_rows = false;
  template <size_t R>
  using Inputs = DirectInputs<R>;
  struct Sums {
    __m256i part[2];
  };
  using Weights = Sums;
  using Input = __m256i;

  static HEED_INLINE Sums start(int32_t sum_x) {
    const __m256i lower = _mm256_set1_epi32(-128 * sum_x);
    return {{lower, lower}};
  }
  static HEED_INLINE Weights load(const int8_t* w) {
    Weights r;
    for (size_t i = 0; i < 2; ++i)
      r.part[i] = _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w) + i),
                                   _mm256_set1_epi8(-128));
    return r;
  }
  static HEED_INLINE Input input(const int8_t* x) { return _mm256_set1_epi32(load_int(x)); }
  static HEED_INLINE void add(Sums& s, const Weights& w, Input x) {
    for (size_t i = 0; i < 2; ++i) s.part[i] = Dpbusd(s.part[i], w.part[i], x);
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[2]) {
    for (size_t i = 0; i < 2; ++i) out[i] = _mm256_cvtepi32_ps(s.part[i]);
  }
};

// Nibbles are unsigned as they are.
template <__m256i (*Dpbusd)(__m256i, __m256i, __m256i)>
struct NibblesAvxVnni : NibblesAvx2 {
  static HEED_INLINE void add(Sums& s, const Weights& w, Input low, Input high) {
    for (size_t i = 0; i < 2; ++i) s.part[i] = Dpbusd(Dpbusd(s.part[i], w.low[i], low), w.high[i], high);
  }
  static HEED_INLINE void widen(Sums& s, const Sums& partial) {
    for (size_t i = 0; i < 2; ++i) s.part[i] = _mm256_add_epi32(s.part[i], partial.part[i]);
  }
};

template <__m256i (*Dpbusd)(__m256i, __m256i, __m256i)>
struct Avx2With : Avx2 {
  using Dot = DotAvxVnni<Dpbusd>;
  using Nibbles = NibblesAvxVnni<Dpbusd>;
  static constexpr bool extends = true;
  static constexpr bool own_planes = !kCompact;
  static constexpr const KernelTable* float_table = &kTableAvx2;
  static constexpr size_t dot_tile_rows = 6; // 12 sums, 2 weights, 1 activation
  static constexpr size_t dot_busy_registers = 8;
};

#if defined(__AVXVNNI__)
HEED_INLINE __m256i dpbusd(__m256i sums, __m256i w, __m256i x) {
  return _mm256_dpbusd_avx_epi32(sums, w, x);
}
using AvxVnni = Avx2With<dpbusd>;
#endif

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_AVXVNNI_HPP
