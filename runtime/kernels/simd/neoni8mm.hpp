// NEON with the 8-bit matrix products of ARMv8.6: smmla multiplies 2 x 8 by 8 x 2 signed bytes.
#ifndef HEED_RUNTIME_KERNELS_SIMD_NEONI8MM_HPP
#define HEED_RUNTIME_KERNELS_SIMD_NEONI8MM_HPP

#include "runtime/kernels/simd/neondot.hpp"

namespace heed::kernels {
namespace {

// Two groups of n16k4 zipped are eight bytes of each weight row, what smmla wants: 8 zips for each block and
// two groups, then half as many products as sdot takes. That is as many instructions for 2 or 3 rows, and 24
// instead of 32 for 4, 32 instead of 48 for 6. One row and the scans stay with sdot.
struct DotNeonI8mm : DotNeonDot {
  static constexpr bool pairs_rows = true;
  // As dot_tile().
  template <size_t R, size_t B>
  static HEED_INLINE void tile(Sums (&sums)[R][B], const int8_t* x, size_t x_stride, const int8_t* w,
                               size_t groups) {
    static_assert(B == 1, "more than one block of sums does not fit the registers");
    constexpr size_t pairs = (R + 1) / 2;
    int32x4_t square[pairs][8]; // of two x rows and two weight rows
    for (size_t p = 0; p < pairs; ++p)
      for (size_t i = 0; i < 8; ++i) square[p][i] = vdupq_n_s32(0);

    for (size_t g = 0; g + 2 <= groups; g += 2, w += 128) {
      const Weights low = load(w), high = load(w + 64);
      int8x16_t rows[pairs];
      for (size_t p = 0; p < pairs; ++p) // an odd last row goes with itself
        rows[p] = vcombine_s8(vld1_s8(x + 2 * p * x_stride + 4 * g),
                              vld1_s8(x + smaller(2 * p + 1, R - 1) * x_stride + 4 * g));
      add_squares(square, low, high, rows);
    }
    if (groups % 2 != 0) {
      const Weights low = load(w);
      Weights high;
      for (size_t i = 0; i < 4; ++i) high.part[i] = vdupq_n_s8(0);
      int8x16_t rows[pairs];
      for (size_t p = 0; p < pairs; ++p) // what the upper four bytes are, zero weights ignore
        rows[p] =
            vcombine_s8(vget_low_s8(input(x + 2 * p * x_stride + 4 * (groups - 1))),
                        vget_low_s8(input(x + smaller(2 * p + 1, R - 1) * x_stride + 4 * (groups - 1))));
      add_squares(square, low, high, rows);
    }
    for (size_t r = 0; r < R; ++r) {
      for (size_t i = 0; i < 4; ++i) {
        const int64x2_t a = vreinterpretq_s64_s32(square[r / 2][2 * i]);
        const int64x2_t b = vreinterpretq_s64_s32(square[r / 2][2 * i + 1]);
        sums[r][0].part[i] = vreinterpretq_s32_s64(r % 2 == 0 ? vzip1q_s64(a, b) : vzip2q_s64(a, b));
      }
    }
  }

 private:
  template <size_t P>
  static HEED_INLINE void add_squares(int32x4_t (&square)[P][8], const Weights& low, const Weights& high,
                                      const int8x16_t (&rows)[P]) {
    for (size_t i = 0; i < 8; ++i) {
      const int32x4_t a = vreinterpretq_s32_s8(low.part[i / 2]), b = vreinterpretq_s32_s8(high.part[i / 2]);
      const int8x16_t two = vreinterpretq_s8_s32(i % 2 == 0 ? vzip1q_s32(a, b) : vzip2q_s32(a, b));
      for (size_t p = 0; p < P; ++p) square[p][i] = vmmlaq_s32(square[p][i], rows[p], two);
    }
  }
};

struct NeonI8mm : Neon {
  using Dot = DotNeonI8mm;
  using Nibbles = NibblesNeon<DotNeonDot>;
  static constexpr bool extends = true;
  static constexpr bool own_planes = true;
  static constexpr const KernelTable* float_table = &kTableNeon;
  static constexpr size_t dot_tile_rows = 6; // 24 sums, 3 activations, weights two at a time
  static constexpr size_t dot_busy_registers = 8;
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_NEONI8MM_HPP
