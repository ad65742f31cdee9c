#ifndef HEED_RUNTIME_KERNELS_LINEAR_LINEAR_F32_HPP
#define HEED_RUNTIME_KERNELS_LINEAR_LINEAR_F32_HPP

#include "runtime/kernels/linear/finish.hpp"
#include "runtime/kernels/simd/tiles.hpp"

namespace heed::kernels {
namespace {

template <class A, size_t R, size_t B>
HEED_INLINE void linear_tile(const LinearF32& args, size_t row, size_t block) {
  const size_t panel = args.cols_in * kBlock; // one block of weights, [cols_in][16]
  F16<A> values[R][B];
  clear(values);
  fma_tile(values, args.x + row * args.x_stride, args.x_stride, args.weights + block * panel, panel, kBlock,
           args.cols_in);
  if (args.bias) {
    for (size_t b = 0; b < B; ++b) {
      const F16<A> bias = F16<A>::load(args.bias + (block + b) * kBlock);
      for (size_t r = 0; r < R; ++r) values[r][b] = values[r][b] + bias;
    }
  }
  finish(values, args, row, block);
}

template <class A>
void linear_f32(const LinearF32& args) {
  for_row_tiles<A::tile_rows>(0, args.rows, [&](auto r, size_t row) {
    constexpr size_t R = decltype(r)::value, B = blocks_beside(R, F16<A>::parts, A::busy_registers);
    for_block_tiles<B>(0, block_count(args.cols_out), [&](auto b, size_t block) {
      linear_tile<A, R, decltype(b)::value>(args, row, block);
    });
  });
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_LINEAR_LINEAR_F32_HPP
