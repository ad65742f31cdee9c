// NEON of AArch64: 4 floats a register, 32 registers.
#ifndef HEED_RUNTIME_KERNELS_SIMD_NEON_HPP
#define HEED_RUNTIME_KERNELS_SIMD_NEON_HPP

#include "runtime/kernels/simd/direct_inputs.hpp"

#include <arm_neon.h>

namespace heed::kernels {
namespace {

// What xsimd's batch is to the other Archs. Current xsimd (14) finds its NEON intrinsics through tables of
// function pointers, which leave weak symbols behind.
struct NeonMask {
  uint32x4_t value;
  friend HEED_INLINE NeonMask operator&(NeonMask a, NeonMask b) { return {vandq_u32(a.value, b.value)}; }
};
struct NeonBatch {
  static constexpr size_t size = 4;
  float32x4_t value;

  NeonBatch() = default;
  HEED_INLINE NeonBatch(float32x4_t v) : value(v) {}
  explicit HEED_INLINE NeonBatch(float x) : value(vdupq_n_f32(x)) {}
  HEED_INLINE operator float32x4_t() const { return value; }
  static HEED_INLINE NeonBatch load_unaligned(const float* p) { return vld1q_f32(p); }
  HEED_INLINE void store_unaligned(float* p) const { vst1q_f32(p, value); }

  friend HEED_INLINE NeonBatch operator+(NeonBatch a, NeonBatch b) { return vaddq_f32(a, b); }
  friend HEED_INLINE NeonBatch operator-(NeonBatch a, NeonBatch b) { return vsubq_f32(a, b); }
  friend HEED_INLINE NeonBatch operator*(NeonBatch a, NeonBatch b) { return vmulq_f32(a, b); }
  friend HEED_INLINE NeonMask operator>(NeonBatch a, NeonBatch b) { return {vcgtq_f32(a, b)}; }
  friend HEED_INLINE NeonMask operator<(NeonBatch a, NeonBatch b) { return {vcltq_f32(a, b)}; }
  friend HEED_INLINE NeonMask operator<=(NeonBatch a, NeonBatch b) { return {vcleq_f32(a, b)}; }
  friend HEED_INLINE NeonMask operator==(NeonBatch a, NeonBatch b) { return {vceqq_f32(a, b)}; }
};

// See DotAvx2. smull gives exact 16-bit products (128 * 127 fits), sadalp adds them in pairs to 32 bits; a
// sum is kept as two halves side by side until the end.
struct DotNeon {
  static constexpr size_t registers = 8;
  static constexpr bool pairs_rows = false;
  template <size_t R>
  using Inputs = DirectInputs<R>;
  struct Sums {
    int32x4_t part[8]; // part 2i, 2i + 1: outputs 4i, 4i + 1 and 4i + 2, 4i + 3, two halves each
  };
  struct Weights {
    int8x16_t part[4];
  };
  using Input = int8x16_t;

  static HEED_INLINE Sums start(int32_t) {
    Sums s;
    for (size_t i = 0; i < 8; ++i) s.part[i] = vdupq_n_s32(0);
    return s;
  }
  static HEED_INLINE Weights load(const int8_t* w) {
    Weights r;
    for (size_t i = 0; i < 4; ++i) r.part[i] = vld1q_s8(w + 16 * i);
    return r;
  }
  static HEED_INLINE Input input(const int8_t* x) {
    int32_t four;
    __builtin_memcpy(&four, x, sizeof four);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
  }
  static HEED_INLINE void add(Sums& s, const Weights& w, Input x) {
    for (size_t i = 0; i < 4; ++i) {
      s.part[2 * i] = vpadalq_s16(s.part[2 * i], vmull_s8(vget_low_s8(w.part[i]), vget_low_s8(x)));
      s.part[2 * i + 1] = vpadalq_s16(s.part[2 * i + 1], vmull_high_s8(w.part[i], x));
    }
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[4]) {
    for (size_t i = 0; i < 4; ++i) out[i] = vcvtq_f32_s32(vpaddq_s32(s.part[2 * i], s.part[2 * i + 1]));
  }
};

// Nibbles as the bytes of a Dot: they are the same, signed or not.
template <class Dot>
struct NibblesNeon {
  using Sums = typename Dot::Sums;
  using Input = typename Dot::Input;
  struct Weights {
    typename Dot::Weights low, high; // columns 0 to 3, 4 to 7
  };

  static HEED_INLINE Sums zero() { return Dot::start(0); }
  static HEED_INLINE Weights load(const uint8_t* w) {
    Weights r;
    for (size_t i = 0; i < 4; ++i) {
      const uint8x16_t bytes = vld1q_u8(w + 16 * i);
      r.low.part[i] = vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15)));
      r.high.part[i] = vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4));
    }
    return r;
  }
  static HEED_INLINE Input input(const int8_t* x) { return Dot::input(x); }
  static HEED_INLINE void add(Sums& s, const Weights& w, Input low, Input high) {
    Dot::add(s, w.low, low);
    Dot::add(s, w.high, high);
  }
  static HEED_INLINE void widen(Sums& s, const Sums& partial) {
    for (size_t i = 0; i < Dot::registers; ++i) s.part[i] = vaddq_s32(s.part[i], partial.part[i]);
  }
  template <class Batch>
  static HEED_INLINE void to_float(const Sums& s, Batch (&out)[4]) {
    Dot::to_float(s, out);
  }
};

struct Neon {
  using Batch = NeonBatch;
  using Mask = NeonMask;
  using Dot = DotNeon;
  using Nibbles = NibblesNeon<DotNeon>;
  static constexpr bool extends = false;
  static constexpr size_t lanes = 16;
  static constexpr bool fused = true;

  // 5 rows x 16 columns: 20 accumulators, 4 weights, 5 activations of the 32 registers.
  static constexpr size_t tile_rows = 5;
  static constexpr size_t busy_registers = 8;
  static constexpr size_t dot_tile_rows = 2;
  static constexpr size_t dot_busy_registers = 8;

  static HEED_INLINE Batch fma(Batch a, Batch b, Batch c) { return vfmaq_f32(c, a, b); }
  static HEED_INLINE Batch select(Mask m, Batch yes, Batch no) { return vbslq_f32(m.value, yes, no); }
  static HEED_INLINE bool all(Mask m) { return vminvq_u32(m.value) != 0; }
  static HEED_INLINE Batch abs(Batch x) { return vabsq_f32(x); }
  static HEED_INLINE Batch or_sign(Batch magnitude, Batch sign) {
    return vbslq_f32(vdupq_n_u32(0x80000000), sign, magnitude);
  }
  static HEED_INLINE Batch add_exponent(Batch x, Batch t) {
    const int32x4_t n = vshlq_n_s32(vreinterpretq_s32_f32(t), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x), n));
  }
  static HEED_INLINE Batch max_bits(Batch a, Batch b) {
    return vreinterpretq_f32_s32(vmaxq_s32(vreinterpretq_s32_f32(a), vreinterpretq_s32_f32(b)));
  }
  static HEED_INLINE float sum_tree(float32x4_t v) {
    const float32x2_t two = vadd_f32(vget_low_f32(v), vget_high_f32(v));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
  }
  // No lane is NaN: max16 starts from -infinity and a NaN never replaces a lane.
  static HEED_INLINE float max_tree(float32x4_t v) { return vmaxvq_f32(v); }
  static HEED_INLINE int32_t largest_bits(float32x4_t v) { return vmaxvq_s32(vreinterpretq_s32_f32(v)); }
  struct ByteSum {
    int32_t sum = 0;
    HEED_INLINE int32_t total() const { return sum; }
  };
  static HEED_INLINE void store_rounded(const Batch (&x)[4], int8_t* out, ByteSum& sum) {
    int16x4_t half[4];
    for (size_t i = 0; i < 4; ++i) half[i] = vmovn_s32(vcvtnq_s32_f32(x[i]));
    const int8x8_t low = vmovn_s16(vcombine_s16(half[0], half[1]));
    const int8x8_t high = vmovn_s16(vcombine_s16(half[2], half[3]));
    const int8x16_t bytes = vcombine_s8(low, high);
    vst1q_s8(out, bytes);
    sum.sum += vaddlvq_s8(bytes);
  }
  // See X86::transpose4.
  static HEED_INLINE void transpose4(const float* in, size_t in_stride, float* out, size_t columns) {
    const float32x4_t a = vld1q_f32(in), b = vld1q_f32(in + in_stride);
    const float32x4_t c = vld1q_f32(in + 2 * in_stride), d = vld1q_f32(in + 3 * in_stride);
    const float32x4_t ac_low = vzip1q_f32(a, c), ac_high = vzip2q_f32(a, c);
    const float32x4_t bd_low = vzip1q_f32(b, d), bd_high = vzip2q_f32(b, d);
    vst1q_f32(out, vzip1q_f32(ac_low, bd_low));
    if (columns > 1) vst1q_f32(out + 16, vzip2q_f32(ac_low, bd_low));
    if (columns > 2) vst1q_f32(out + 32, vzip1q_f32(ac_high, bd_high));
    if (columns > 3) vst1q_f32(out + 48, vzip2q_f32(ac_high, bd_high));
  }
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_NEON_HPP
