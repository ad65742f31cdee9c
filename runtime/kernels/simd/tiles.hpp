// Register tiles: how rows and blocks of 16 columns are cut up, and the two innermost loops of the library.
#ifndef HEED_RUNTIME_KERNELS_SIMD_TILES_HPP
#define HEED_RUNTIME_KERNELS_SIMD_TILES_HPP

#include "runtime/kernels/simd/f16.hpp"

namespace heed::kernels {
namespace {

template <size_t N>
struct Int {
  static constexpr size_t value = N;
};

// Calls body(Int<R>{}, first) for tiles of rows [first, rows): R = Most, then 4, 2 and 1. More sizes than
// these buy nothing: 50 rows are 8 x 6 and one of 2, which still has enough chains side by side. Compact,
// Most and 1 alone.
template <size_t Most, class Body>
HEED_INLINE void for_row_tiles(size_t first, size_t rows, const Body& body) {
  for (; first + Most <= rows; first += Most) body(Int<Most>{}, first);
  if constexpr (Most > 1) for_row_tiles<(kCompact ? 1 : Most > 4 ? 4 : Most / 2)>(first, rows, body);
}

// Calls body(Int<B>{}, first block) for blocks [first, end): B = Most, then the powers of two below it;
// compact, 1 alone.
template <size_t Most, class Body>
HEED_INLINE void for_block_tiles(size_t first, size_t end, const Body& body) {
  for (; first + Most <= end; first += Most) body(Int<Most>{}, first);
  if constexpr (Most > 1) for_block_tiles<(kCompact ? 1 : Most / 2)>(first, end, body);
}
// The same until body returns false.
template <size_t Most, class Body>
HEED_INLINE void for_block_tiles_while(size_t first, size_t end, const Body& body) {
  for (; first + Most <= end; first += Most)
    if (!body(Int<Most>{}, first)) return;
  if constexpr (Most > 1) for_block_tiles_while<(kCompact ? 1 : Most / 2)>(first, end, body);
}

// Blocks side by side that make a tile of `rows` rows large enough to hide the latency of one step: a power
// of two, at most 8 for one row, else 4.
constexpr size_t blocks_beside(size_t rows, size_t registers, size_t busy_registers) {
  size_t blocks = 1;
  while (blocks < (rows == 1 ? 8 : 4) && blocks * rows * registers < busy_registers) blocks *= 2;
  return blocks;
}

// sums[r][b] continues the chains over x[r][0 .. count): lane i multiplies w[b * block_stride + k * step +
// i].
template <class A, size_t R, size_t B>
HEED_INLINE void fma_tile(F16<A> (&sums)[R][B], const float* x, size_t x_stride, const float* w,
                          size_t block_stride, size_t step, size_t count) {
  for (size_t k = 0; k < count; ++k, w += step) {
    F16<A> column[B];
    for (size_t b = 0; b < B; ++b) column[b] = F16<A>::load(w + b * block_stride);
    for (size_t r = 0; r < R; ++r) {
      const F16<A> value = F16<A>::broadcast(x[r * x_stride + k]);
      for (size_t b = 0; b < B; ++b) sums[r][b] = inline_fma(value, column[b], sums[r][b]);
    }
  }
}
template <class A, size_t R, size_t B>
HEED_INLINE void clear(F16<A> (&sums)[R][B]) {
  for (size_t r = 0; r < R; ++r)
    for (size_t b = 0; b < B; ++b) sums[r][b] = F16<A>::broadcast(0.0f);
}

// The same over 8-bit values in steps of 4, for the rows of `x` from `row` on: w is n16k4, `groups` its K
// / 4. `quant` are those of all rows of x.
template <class A, size_t R, size_t B, class Inputs>
HEED_INLINE void dot_tile(typename A::Dot::Sums (&sums)[R][B], Inputs& x, const RowQuant* quant, size_t row,
                          const int8_t* w, size_t groups) {
  using Dot = typename A::Dot;
  for (size_t r = 0; r < R; ++r)
    for (size_t b = 0; b < B; ++b) sums[r][b] = x.template start<Dot>(row + r, quant[row + r].sum);
  if constexpr (R > 1 && Dot::pairs_rows) return Dot::tile(sums, x.row(row), x.stride(), w, groups);
  const size_t span = x.span(groups);
  for (size_t first = 0; first < groups; first += span) {
    const size_t end = smaller(groups, first + span);
    x.hold(first, end - first);
    for (size_t g = first; g < end; ++g) {
      typename Dot::Weights column[B];
      for (size_t b = 0; b < B; ++b) column[b] = Dot::load(w + (b * groups + g) * 64);
      for (size_t r = 0; r < R; ++r) {
        const typename Dot::Input value = x.template input<Dot>(row + r, g - first);
        for (size_t b = 0; b < B; ++b) Dot::add(sums[r][b], column[b], value);
      }
    }
  }
}
template <class A>
HEED_INLINE F16<A> to_float(const typename A::Dot::Sums& sums) {
  F16<A> r;
  A::Dot::to_float(sums, r.part);
  return r;
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_TILES_HPP
