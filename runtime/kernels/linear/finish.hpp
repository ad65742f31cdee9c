// The end of both linear kernels: activation, residual, store.
#ifndef HEED_RUNTIME_KERNELS_LINEAR_FINISH_HPP
#define HEED_RUNTIME_KERNELS_LINEAR_FINISH_HPP

#include "runtime/kernels/activation/elementwise.hpp"

namespace heed::kernels {
namespace {

// `args` is LinearF32 or LinearI8; the tile's first output is [row][16 * block].
template <class A, size_t R, size_t B, class Args>
HEED_INLINE void finish(F16<A> (&values)[R][B], const Args& args, size_t row, size_t block) {
  if (args.activation == Activation::relu) {
    for (size_t r = 0; r < R; ++r)
      for (size_t b = 0; b < B; ++b) values[r][b] = relu(values[r][b]);
  } else if (args.activation != Activation::none) {
    alignas(64) float copy[R * B * kBlock];
    for (size_t i = 0; i < R * B; ++i) values[i / B][i % B].store(copy + i * kBlock);
    apply_blocks<A>(args.activation, copy, copy, R * B);
    for (size_t i = 0; i < R * B; ++i) values[i / B][i % B] = F16<A>::load(copy + i * kBlock);
  }
  for (size_t r = 0; r < R; ++r) {
    for (size_t b = 0; b < B; ++b) {
      const size_t column = (block + b) * kBlock;
      F16<A> value = values[r][b];
      if (args.residual)
        value = value + F16<A>::load(args.residual + (row + r) * args.residual_stride + column);
      value.store(args.out + (row + r) * args.out_stride + column);
    }
  }
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_LINEAR_FINISH_HPP
