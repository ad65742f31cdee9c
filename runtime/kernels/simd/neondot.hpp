// NEON with the dot product instructions of ARMv8.2: sdot adds four signed products to each int32.
#ifndef HEED_RUNTIME_KERNELS_SIMD_NEONDOT_HPP
#define HEED_RUNTIME_KERNELS_SIMD_NEONDOT_HPP

#include "runtime/kernels/simd/neon.hpp"

namespace heed::kernels {
namespace {

struct DotNeonDot {
  static constexpr size_t registers = 4;
  static constexpr bool pairs_rows = false;
  template <size_t R>
  using Inputs = DirectInputs<R>;
  struct Sums {
    int32x4_t part[4];
  };
  using Weights = DotNeon::Weights;
  using Input = int8x16_t;

  static HEED_INLINE Sums start(int32_t) {
    return {{vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)}};
  }
  static HEED_INLINE Weights load(const int8_t* w) { return DotNeon::load(w); }
  static HEED_INLINE Input input(const int8_t* x) { return DotNeon::input(x); }
  static HEED_INLINE void add(Sums& s, const Weights& w, Input x) {
    for (size_t i = 0; i < 4; ++i) s.part[i] = vdotq_s32(s.part[i], w.part[i], x);
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[4]) {
    for (size_t i = 0; i < 4; ++i) out[i] = vcvtq_f32_s32(s.part[i]);
  }
};

struct NeonDot : Neon {
  using Dot = DotNeonDot;
  using Nibbles = NibblesNeon<DotNeonDot>;
  static constexpr bool extends = true;
  static constexpr bool own_planes = true;
  static constexpr const KernelTable* float_table = &kTableNeon;
  static constexpr size_t dot_tile_rows = 5; // 20 sums, 4 weights, 5 activations
  static constexpr size_t dot_busy_registers = 8;
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_NEONDOT_HPP
