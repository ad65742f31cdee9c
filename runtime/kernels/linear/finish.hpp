// The end of both linear kernels: activation, residual, store.
#ifndef HEED_RUNTIME_KERNELS_LINEAR_FINISH_HPP
#define HEED_RUNTIME_KERNELS_LINEAR_FINISH_HPP

#include "runtime/kernels/activation/elementwise.hpp"

namespace heed::kernels {
namespace {

// What is rare, or long by itself; `values` is [rows][16 * blocks]. One copy serves all tiles.
template <class A, class Args>
HEED_NOINLINE void finish_apart(float* values, const Args& args, size_t row, size_t rows, size_t block,
                                size_t blocks) {
  activate_blocks<A>(args.activation, values, rows * blocks);
  for (size_t r = row; r < row + rows; ++r) {
    for (size_t b = block; b < block + blocks; ++b, values += kBlock) {
      F16<A> value = F16<A>::load(values);
      if (args.residual) value = value + F16<A>::load(args.residual + r * args.residual_stride + b * kBlock);
      value.store(args.out + r * args.out_stride + b * kBlock);
    }
  }
}

// `args` is LinearF32 or LinearI8; the tile's first output is [row][16 * block].
template <class A, size_t R, size_t B, class Args>
HEED_INLINE void finish(F16<A> (&values)[R][B], const Args& args, size_t row, size_t block) {
  // Compact, relu and the residual are apart too: a tenth slower on narrow layers.
  const bool apart = kCompact ? args.activation != Activation::none || args.residual
                              : args.activation != Activation::none && args.activation != Activation::relu;
  if (apart) {
    alignas(64) float copy[R * B * kBlock];
    for (size_t r = 0; r < R; ++r)
      for (size_t b = 0; b < B; ++b) values[r][b].store(copy + (r * B + b) * kBlock);
    return finish_apart<A>(copy, args, row, R, block, B);
  }
  if (!kCompact && args.activation == Activation::relu) {
    for (size_t r = 0; r < R; ++r)
      for (size_t b = 0; b < B; ++b) values[r][b] = relu(values[r][b]);
  }
  if (!kCompact && args.residual) {
    const float* residual = args.residual + row * args.residual_stride + block * kBlock;
    for (size_t r = 0; r < R; ++r, residual += args.residual_stride)
      for (size_t b = 0; b < B; ++b) values[r][b] = values[r][b] + F16<A>::load(residual + b * kBlock);
  }
  float* out = args.out + row * args.out_stride + block * kBlock;
  for (size_t r = 0; r < R; ++r, out += args.out_stride)
    for (size_t b = 0; b < B; ++b) values[r][b].store(out + b * kBlock);
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_LINEAR_FINISH_HPP
