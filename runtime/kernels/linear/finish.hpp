// The end of both linear kernels: activation, residual, store.
#ifndef HEED_RUNTIME_KERNELS_LINEAR_FINISH_HPP
#define HEED_RUNTIME_KERNELS_LINEAR_FINISH_HPP

#include "runtime/kernels/activation/math.hpp"

namespace heed::kernels {
namespace {

// Out of line: the polynomials would otherwise be repeated in every tile shape.
template <class A>
HEED_NOINLINE void apply_all(Activation activation, F16<A>* values, int count) {
  for (int i = 0; i < count; ++i) values[i] = apply(activation, values[i]);
}

// `args` is LinearF32 or LinearI8; the tile's first output is [row][16 * block].
template <class A, int R, int B, class Args>
HEED_INLINE void finish(F16<A> (&values)[R][B], const Args& args, size_t row, size_t block) {
  if (args.activation == Activation::relu) {
    for (int r = 0; r < R; ++r)
      for (int b = 0; b < B; ++b) values[r][b] = relu(values[r][b]);
  } else if (args.activation != Activation::none) {
    F16<A> copy[R * B]; // its address escapes; that of `values` must not, or the tile would live in memory
    for (int i = 0; i < R * B; ++i) copy[i] = values[i / B][i % B];
    apply_all<A>(args.activation, copy, R * B);
    for (int i = 0; i < R * B; ++i) values[i / B][i % B] = copy[i];
  }
  for (int r = 0; r < R; ++r) {
    for (int b = 0; b < B; ++b) {
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
