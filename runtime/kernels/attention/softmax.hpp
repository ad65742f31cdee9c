// One row of scores to weights, in place: by softmax, silu, or the largest alone.
#ifndef HEED_RUNTIME_KERNELS_ATTENTION_SOFTMAX_HPP
#define HEED_RUNTIME_KERNELS_ATTENTION_SOFTMAX_HPP

#include "runtime/kernels/activation/elementwise.hpp"

namespace heed::kernels {
namespace {

// scores: `seen` real keys, and `pads` of padding at scores + pad_offset; each block of 16 is readable and
// writable to its end. Afterwards they hold p, that of padding times its multiplicity.
// Returns 1 / denominator. Out of line, for one copy serves all tiles.
template <class A>
HEED_NOINLINE float softmax(float* scores, size_t seen, size_t pad_offset, size_t pads, float multiplicity) {
  using F = F16<A>;
  const size_t end = round_up(seen, kBlock);
  if (end > seen) { // -infinity never is the maximum, and its p is +0, as if the term were not there
    float* last = scores + end - kBlock;
    select(first_lanes<A>(kBlock - (end - seen)), F::load(last), F::broadcast(-kInfinity)).store(last);
  }
  F largest16 = F::broadcast(-kInfinity);
  for (size_t j = 0; j < end; j += kBlock) largest16 = max(F::load(scores + j), largest16);
  float largest = max_tree(largest16);
  float* padding = scores + pad_offset;
  for (size_t r = 0; r < pads; ++r) largest = padding[r] > largest ? padding[r] : largest;

  const F shift = F::broadcast(largest);
  F sum = F::broadcast(0.0f);
  for (size_t j = 0; j < end; j += kBlock) {
    const F p = compact_exp_below(F::load(scores + j) - shift);
    p.store(scores + j);
    sum = sum + p;
  }
  float denominator = sum_tree(sum);
  for (size_t r = 0; r < pads; r += kBlock) {
    alignas(64) float p[16];
    const F all = compact_exp_below(F::load(padding + r) - shift);
    all.store(p);
    (F::broadcast(multiplicity) * all).store(padding + r);
    for (size_t i = 0; i < smaller(kBlock, pads - r); ++i)
      denominator = __builtin_fmaf(multiplicity, p[i], denominator);
  }
  return 1.0f / denominator;
}

// The same arguments; p = silu(score), that of padding times its multiplicity.
template <class A>
HEED_NOINLINE void silu_weights(float* scores, size_t seen, size_t pad_offset, size_t pads,
                                float multiplicity) {
  apply_blocks<A>(Activation::silu, scores, scores, block_count(seen));
  apply_blocks<A>(Activation::silu, scores + pad_offset, scores + pad_offset, block_count(pads));
  for (size_t r = 0; r < pads; ++r) scores[pad_offset + r] *= multiplicity;
}

// 1 for the largest score, the first of equal ones with padding after real keys; 0 for all others.
inline void hard_weights(float* scores, size_t seen, size_t pad_offset, size_t pads) {
  size_t best = seen > 0 ? 0 : pad_offset;
  for (size_t j = 0; j < seen; ++j) best = scores[j] > scores[best] ? j : best;
  for (size_t r = pad_offset; r < pad_offset + pads; ++r) best = scores[r] > scores[best] ? r : best;
  for (size_t j = 0; j < seen; ++j) scores[j] = j == best ? 1.0f : 0.0f;
  for (size_t r = pad_offset; r < pad_offset + pads; ++r) scores[r] = r == best ? 1.0f : 0.0f;
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_ATTENTION_SOFTMAX_HPP
