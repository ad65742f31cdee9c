#ifndef HEED_RUNTIME_KERNELS_LINEAR_LINEAR_I8_HPP
#define HEED_RUNTIME_KERNELS_LINEAR_LINEAR_I8_HPP

#include "runtime/kernels/linear/finish.hpp"
#include "runtime/kernels/simd/tiles.hpp"

namespace heed::kernels {
namespace {

alignas(64) constexpr float kZeros[kBlock] = {};

// `x` holds the tile's rows.
template <class A, size_t R, size_t B, class Inputs>
HEED_INLINE void linear_i8_tile(const LinearI8& args, Inputs& x, size_t row, size_t block) {
  const size_t groups = (args.cols_in + 3) / 4;
  typename A::Dot::Sums sums[R][B];
  dot_tile<A>(sums, x, args.x_quant + row, 0, args.weights + block * groups * 64, groups);

  F16<A> values[R][B];
  for (size_t b = 0; b < B; ++b) {
    const size_t column = (block + b) * kBlock;
    const F16<A> scale = F16<A>::load(args.weight_scales + column);
    const F16<A> bias = F16<A>::load(args.bias ? args.bias + column : kZeros);
    for (size_t r = 0; r < R; ++r)
      values[r][b] =
          fma(to_float<A>(sums[r][b]) * scale, F16<A>::broadcast(args.x_quant[row + r].scale), bias);
  }
  finish(values, args, row, block);
}

template <class A>
void linear_i8(const LinearI8& args) {
  for_row_tiles<A::dot_tile_rows>(0, args.rows, [&](auto r, size_t row) {
    constexpr size_t R = decltype(r)::value;
    constexpr size_t B = blocks_beside(R, A::Dot::registers, A::dot_busy_registers);
    typename A::Dot::template Inputs<R> x(args.x + row * args.x_stride, args.x_stride, (args.cols_in + 3) / 4,
                                          R);
    for_block_tiles<B>(0, block_count(args.cols_out), [&](auto b, size_t block) {
      linear_i8_tile<A, R, decltype(b)::value>(args, x, row, block);
    });
  });
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_LINEAR_LINEAR_I8_HPP
