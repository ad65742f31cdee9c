// Attention head by head: the keys of a head are laid out in n16, then tiles of up to four queries compute
// their scores, weights and values.
#ifndef HEED_RUNTIME_KERNELS_ATTENTION_ATTENTION_HPP
#define HEED_RUNTIME_KERNELS_ATTENTION_ATTENTION_HPP

#include "runtime/kernels/attention/softmax.hpp"
#include "runtime/kernels/simd/tiles.hpp"

namespace heed::kernels {
namespace {

constexpr size_t kMostQueries = 4; // of a tile; attention_scratch_floats() counts with it

// out[rows / 16][dim][16] from in[rows][stride], zeros beyond `rows`.
template <class A>
HEED_INLINE void pack_keys(const float* in, size_t stride, size_t rows, size_t dim, float* out) {
  for (size_t first = 0; first < rows; first += kBlock, out += dim * kBlock) {
    const size_t present = smaller(kBlock, rows - first), quads = present / 4 * 4;
    for (size_t d = 0; d < dim; d += 4)
      for (size_t j = 0; j < quads; j += 4)
        A::transpose4(in + (first + j) * stride + d, stride, out + d * kBlock + j, dim - d);
    for (size_t d = 0; d < dim; ++d)
      for (size_t j = quads; j < kBlock; ++j)
        out[d * kBlock + j] = j < present ? in[(first + j) * stride + d] : 0.0f;
  }
}

// What is the same for all tiles of one head.
struct Head {
  const float* packed; // [key blocks, then padding blocks][head_dim][16]
  float* scores;       // [kMostQueries][width]
  size_t index, padded_keys, width, pad_stride;
  size_t key_column; // of its keys and values
};

template <class A, size_t R>
HEED_INLINE void score_tile(const Attention& args, const Head& head, const float* q, size_t first_block,
                            size_t end_block) {
  const size_t panel = args.head_dim * kBlock;
  constexpr size_t B = blocks_beside(R, F16<A>::parts, A::busy_registers);
  for_block_tiles<B>(first_block, end_block, [&](auto b, size_t block) {
    F16<A> sums[R][decltype(b)::value];
    clear(sums);
    fma_tile(sums, q, args.q_stride, head.packed + block * panel, panel, kBlock, args.head_dim);
    for (size_t r = 0; r < R; ++r)
      for (size_t i = 0; i < decltype(b)::value; ++i)
        (sums[r][i] * F16<A>::broadcast(args.scale))
            .store(head.scores + r * head.width + (block + i) * kBlock);
  });
}

template <class A, size_t R>
HEED_INLINE void value_tile(const Attention& args, const Head& head, size_t query, const size_t (&seen)[R],
                            const float (&inverse)[R]) {
  const size_t out_column = head.index * args.head_dim;
  constexpr size_t B = blocks_beside(R, F16<A>::parts, A::busy_registers);
  for_block_tiles<B>(0, block_count(args.head_dim), [&](auto b, size_t block) {
    constexpr size_t blocks = decltype(b)::value;
    const size_t column = head.key_column + block * kBlock;
    F16<A> sums[R][blocks];
    clear(sums);
    // The keys that all rows see, then those that only the later rows see: skipped keys must not take part
    // even with weight zero, for 0 * infinity and -0 + 0 would show.
    fma_tile(sums, head.scores, head.width, args.v + column, kBlock, args.v_stride, seen[0]);
    for (size_t r = 1; r < R; ++r) {
      F16<A> row[1][blocks];
      for (size_t i = 0; i < blocks; ++i) row[0][i] = sums[r][i];
      fma_tile(row, head.scores + r * head.width + seen[0], 0, args.v + seen[0] * args.v_stride + column,
               kBlock, args.v_stride, seen[r] - seen[0]);
      for (size_t i = 0; i < blocks; ++i) sums[r][i] = row[0][i];
    }
    if (args.pad_rows > 0)
      fma_tile(sums, head.scores + head.padded_keys, head.width, args.pad_v + column, kBlock, head.pad_stride,
               args.pad_rows);
    for (size_t r = 0; r < R; ++r)
      for (size_t i = 0; i < blocks; ++i)
        (sums[r][i] * F16<A>::broadcast(inverse[r]))
            .store_first(args.out + (query + r) * args.out_stride + out_column + (block + i) * kBlock,
                         smaller(kBlock, args.head_dim - (block + i) * kBlock));
  });
}

HEED_INLINE void write_weights(const Attention& args, const Head& head, size_t query, const float* p,
                               size_t seen, float inverse) {
  float* out = args.weights + (head.index * args.queries + query) * args.weights_stride;
  for (size_t j = 0; j < seen; ++j) out[j] = p[j] * inverse;
  for (size_t j = seen; j < args.keys; ++j) out[j] = 0.0f;
  for (size_t r = 0; r < args.pad_rows; ++r) out[args.keys + r] = p[head.padded_keys + r] * inverse;
}

// scores + bias, in place, for the keys of one query.
template <class A>
HEED_NOINLINE void add_bias(const Attention& args, const Head& head, size_t query, size_t seen,
                            float* scores) {
  using F = F16<A>;
  const float* bias = args.bias + head.index * args.bias_head_stride + query * args.bias_stride;
  const auto add = [&](size_t first, size_t end) {
    for (size_t j = first; j < end; j += kBlock) (F::load(scores + j) + F::load(bias + j)).store(scores + j);
  };
  add(0, round_up(seen, kBlock));
  add(head.padded_keys, head.width);
}

// One query's scores to weights, in place; returns what their sum is multiplied by.
template <class A>
HEED_NOINLINE float weigh(const Attention& args, const Head& head, size_t seen, float* scores) {
  switch (args.weighting) {
  case Weighting::silu:
    silu_weights<A>(scores, seen, head.padded_keys, args.pad_rows, args.pad_multiplicity);
    return args.factor;
  case Weighting::hard:
    hard_weights(scores, seen, head.padded_keys, args.pad_rows);
    return 1.0f;
  default:
    return softmax<A>(scores, seen, head.padded_keys, args.pad_rows, args.pad_multiplicity);
  }
}

template <class A, size_t R>
HEED_INLINE void attend_tile(const Attention& args, const Head& head, size_t query) {
  size_t seen[R];
  for (size_t r = 0; r < R; ++r) seen[r] = args.causal ? args.keys - args.queries + query + r + 1 : args.keys;
  const float* q = args.q + query * args.q_stride + head.index * args.head_dim;
  score_tile<A, R>(args, head, q, 0, block_count(seen[R - 1]));
  score_tile<A, R>(args, head, q, head.padded_keys / kBlock, head.width / kBlock);
  float inverse[R];
  for (size_t r = 0; r < R; ++r) {
    float* row = head.scores + r * head.width;
    if (args.bias) add_bias<A>(args, head, query + r, seen[r], row);
    inverse[r] = weigh<A>(args, head, seen[r], row);
    if (args.weights) write_weights(args, head, query + r, row, seen[r], inverse[r]);
  }
  value_tile<A, R>(args, head, query, seen, inverse);
}

template <class A>
void attention(const Attention& args) {
  Head head;
  head.padded_keys = round_up(args.keys, kBlock);
  head.width = head.padded_keys + round_up(args.pad_rows, kBlock);
  head.pad_stride = round_up(args.key_heads * args.head_dim, kBlock);
  float* packed = args.scratch;
  head.packed = packed;
  head.scores = packed + head.width * args.head_dim;
  for (head.index = 0; head.index < args.heads; ++head.index) {
    const size_t column = head.index / (args.heads / args.key_heads) * args.head_dim;
    head.key_column = column;
    pack_keys<A>(args.k + column, args.k_stride, args.keys, args.head_dim, packed);
    if (args.pad_rows > 0)
      pack_keys<A>(args.pad_k + column, head.pad_stride, args.pad_rows, args.head_dim,
                   packed + head.padded_keys * args.head_dim);
    constexpr size_t tile = A::tile_rows < kMostQueries ? A::tile_rows : kMostQueries;
    for_row_tiles<tile>(args.queries,
                        [&](auto r, size_t query) { attend_tile<A, decltype(r)::value>(args, head, query); });
  }
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_ATTENTION_ATTENTION_HPP
