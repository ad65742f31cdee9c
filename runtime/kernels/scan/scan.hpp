// Catalogue scans and single rows. A whole block of 16 rows is scored also where one row is asked for: it
// reads the same cache lines.
#ifndef HEED_RUNTIME_KERNELS_SCAN_SCAN_HPP
#define HEED_RUNTIME_KERNELS_SCAN_SCAN_HPP

#include "runtime/kernels/simd/tiles.hpp"

namespace heed::kernels {
namespace {

// One catalogue format against one vector: the ranking values of B blocks from `block` on.
template <class A>
class RowsF32 {
 public:
  using Args = ScanF32;
  // For a scan of `blocks` blocks, or for single ones.
  HEED_INLINE explicit RowsF32(const ScanF32& a, size_t blocks = 1)
      : args_(a), far_(blocks * a.cols * kBlock * sizeof(float) > kFarBytes) {}

  // Half of what hides the latency; the processor overlaps groups of blocks for the rest. Fewer streams at
  // once come faster from memory, and less is scored again after a stop.
  static constexpr size_t blocks_at_once = (blocks_beside(1, F16<A>::parts, A::busy_registers) + 1) / 2;
  static constexpr size_t blocks_ahead = blocks_at_once;

  // Where the caches hold the rows, the hardware follows from a block's first line. From memory, all lines of
  // a block asked for at once come 1.1 times as fast, and 1.6 times where part of the rows is in the last
  // cache (AVX2, Zen 4); from nearer caches they come slower.
  HEED_INLINE void prefetch(size_t block) const {
    const float* lines = args_.rows_n16 + block * args_.cols * kBlock;
    const size_t floats = far_ ? args_.cols * kBlock : 1;
    for (size_t i = 0; i < floats; i += 64 / sizeof(float)) __builtin_prefetch(lines + i);
  }
  template <size_t B>
  HEED_INLINE void score(size_t block, F16<A> (&values)[1][B]) const {
    const float* rows = args_.rows_n16 + block * args_.cols * kBlock;
    clear(values);
    fma_tile(values, args_.u, 0, rows, args_.cols * kBlock, kBlock, args_.cols);
    if (!args_.bias) return;
    for (size_t b = 0; b < B; ++b)
      values[0][b] = values[0][b] + F16<A>::load(args_.bias + (block + b) * kBlock);
  }

 private:
  static constexpr size_t kFarBytes = size_t{8} << 20;

  const ScanF32& args_;
  bool far_;
};

template <class A>
class RowsI8 {
  using Dot = typename A::Dot;

 public:
  using Args = ScanI8;
  HEED_INLINE explicit RowsI8(const ScanI8& a, size_t /*blocks*/ = 1)
      : args_(a), groups_((a.cols + 3) / 4), u_(a.u, 0, groups_, 1) {}

  static constexpr size_t blocks_at_once = 1; // two are slower by 1.4 times on 6 MB of rows (AVX2, Zen 3)
  static constexpr size_t blocks_ahead = 4;

  HEED_INLINE void prefetch(size_t block) const {
    __builtin_prefetch(args_.rows_n16k4 + block * groups_ * 64); // the hardware follows
  }
  template <size_t B>
  HEED_INLINE void score(size_t block, F16<A> (&values)[1][B]) {
    typename Dot::Sums sums[1][B];
    dot_tile<A>(sums, u_, &args_.u_quant, 0, args_.rows_n16k4 + block * groups_ * 64, groups_);
    for (size_t b = 0; b < B; ++b) {
      const size_t row = (block + b) * kBlock;
      F16<A> value = to_float<A>(sums[0][b]) * F16<A>::load(args_.row_scales + row);
      if (args_.bias)
        value = fma(value, F16<A>::broadcast(args_.u_quant.scale), F16<A>::load(args_.bias + row));
      values[0][b] = value;
    }
  }

 private:
  const ScanI8& args_;
  size_t groups_;
  typename Dot::template Inputs<1> u_;
};

template <class Rows, class A>
HEED_INLINE size_t scan(const typename Rows::Args& args, size_t begin, size_t end, float threshold,
                        float* values) {
  Rows rows(args, end - begin);
  const F16<A> limit = F16<A>::broadcast(threshold);
  size_t found = end;
  for_block_tiles_while<Rows::blocks_at_once>(begin, end, [&](auto b, size_t block) {
    constexpr size_t B = decltype(b)::value;
    F16<A> scores[1][B];
    for (size_t i = 0; i < B; ++i) rows.prefetch(block + i + Rows::blocks_ahead);
    rows.score(block, scores);
    Mask16<A> below = scores[0][0] <= limit;
    for (size_t i = 1; i < B; ++i) below = below & (scores[0][i] <= limit);
    if (all(below)) return true;
    for (size_t i = 0; i < B; ++i) {
      if (all(scores[0][i] <= limit)) continue;
      scores[0][i].store(values);
      found = block + i;
      break;
    }
    return false;
  });
  return found;
}

template <class Rows, class A>
HEED_INLINE void score_rows(const typename Rows::Args& args, const uint64_t* row, size_t count,
                            float* values) {
  Rows rows(args);
  for (size_t i = 0; i < count; ++i) {
    if (i + 1 < count) rows.prefetch(static_cast<size_t>(row[i + 1] / kBlock));
    alignas(64) float block[kBlock];
    F16<A> scores[1][1];
    rows.score(static_cast<size_t>(row[i] / kBlock), scores);
    scores[0][0].store(block);
    values[i] = block[row[i] % kBlock];
  }
}

template <class A>
size_t scan_f32(const ScanF32& args, size_t begin, size_t end, float threshold, float* values) {
  return scan<RowsF32<A>, A>(args, begin, end, threshold, values);
}
template <class A>
size_t scan_i8(const ScanI8& args, size_t begin, size_t end, float threshold, float* values) {
  return scan<RowsI8<A>, A>(args, begin, end, threshold, values);
}
template <class A>
void score_rows_f32(const ScanF32& args, const uint64_t* rows, size_t count, float* values) {
  score_rows<RowsF32<A>, A>(args, rows, count, values);
}
template <class A>
void score_rows_i8(const ScanI8& args, const uint64_t* rows, size_t count, float* values) {
  score_rows<RowsI8<A>, A>(args, rows, count, values);
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SCAN_SCAN_HPP
