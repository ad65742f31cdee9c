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
HEED_NOINLINE void pack_keys(const float* in, size_t stride, size_t rows, size_t dim, float* out) {
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
HEED_NOINLINE void score_tile(const Attention& args, const Head& head, const float* q, size_t first_block,
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

// Row r goes on to keys seen .. seen + r - 1.
template <class A, size_t R, size_t B>
HEED_INLINE void later_keys(F16<A> (&sums)[R][B], const Attention& args, const Head& head, size_t seen,
                            size_t column) {
  for (size_t later = 0; later + 1 < R; ++later) {
    const size_t key = seen + later;
    F16<A> values[B];
    for (size_t i = 0; i < B; ++i)
      values[i] = F16<A>::load(args.v + key * args.v_stride + column + i * kBlock);
    for (size_t r = later + 1; r < R; ++r) {
      const F16<A> weight = F16<A>::broadcast(head.scores[r * head.width + key]);
      for (size_t i = 0; i < B; ++i) sums[r][i] = inline_fma(weight, values[i], sums[r][i]);
    }
  }
}

// One tile's values, [rows][16 * blocks]: the part within the head goes to out[row][first column ..).
template <class A>
HEED_NOINLINE void write_values(const float* values, size_t rows, size_t blocks, size_t columns, float* out,
                                size_t out_stride) {
  const size_t count = smaller(columns, blocks * kBlock);
  for (size_t r = 0; r < rows; ++r, values += blocks * kBlock, out += out_stride)
    for (size_t i = 0; i < count; ++i) out[i] = values[i];
}

// seen: the keys that the first of the rows sees.
template <class A, size_t R>
HEED_INLINE void value_tile(const Attention& args, const Head& head, size_t query, size_t seen,
                            const float (&inverse)[R]) {
  float* const out = args.out + query * args.out_stride + head.index * args.head_dim;
  constexpr size_t B = blocks_beside(R, F16<A>::parts, A::busy_registers);
  for_block_tiles<B>(0, block_count(args.head_dim), [&](auto b, size_t block) {
    constexpr size_t blocks = decltype(b)::value;
    const size_t column = head.key_column + block * kBlock;
    F16<A> sums[R][blocks];
    clear(sums);
    // The keys that all rows see; those that only the later rows see, each row one more than the row before
    // it; padding. Skipped keys must not take part even with weight zero: 0 * infinity and -0 + 0 would show.
    const float *weights = head.scores, *values = args.v + column;
    size_t stride = args.v_stride, count = seen;
    for (size_t round = 0;; ++round) {
      fma_tile(sums, weights, head.width, values, kBlock, stride, count);
      if (round == 1) break;
      if (args.causal) later_keys(sums, args, head, seen, column);
      if (args.pad_rows == 0) break;
      weights = head.scores + head.padded_keys;
      values = args.pad_v + column;
      stride = head.pad_stride;
      count = args.pad_rows;
    }
    for (size_t r = 0; r < R; ++r)
      for (size_t i = 0; i < blocks; ++i) sums[r][i] = sums[r][i] * F16<A>::broadcast(inverse[r]);
    float* first = out + block * kBlock;
    if (!kCompact && (block + blocks) * kBlock <= args.head_dim) {
      for (size_t r = 0; r < R; ++r, first += args.out_stride)
        for (size_t i = 0; i < blocks; ++i) sums[r][i].store(first + i * kBlock);
      return;
    }
    alignas(64) float tile[R * blocks * kBlock];
    for (size_t r = 0; r < R; ++r)
      for (size_t i = 0; i < blocks; ++i) sums[r][i].store(tile + (r * blocks + i) * kBlock);
    write_values<A>(tile, R, blocks, args.head_dim - block * kBlock, first, args.out_stride);
  });
}

template <class A>
HEED_NOINLINE void write_weights(const Attention& args, const Head& head, size_t query, const float* p,
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
HEED_NOINLINE float weigh(const Attention& args, const Head& head, size_t query, size_t seen, float* scores) {
  if (args.bias) add_bias<A>(args, head, query, seen, scores);
  float factor = 1.0f;
  switch (args.weighting) {
  case Weighting::silu:
    silu_weights<A>(scores, seen, head.padded_keys, args.pad_rows, args.pad_multiplicity);
    factor = args.factor;
    break;
  case Weighting::hard:
    hard_weights(scores, seen, head.padded_keys, args.pad_rows);
    break;
  default:
    factor = softmax<A>(scores, seen, head.padded_keys, args.pad_rows, args.pad_multiplicity);
    break;
  }
  if (args.weights) write_weights<A>(args, head, query, scores, seen, factor);
  return factor;
}

template <class A, size_t R>
HEED_INLINE void attend_tile(const Attention& args, const Head& head, size_t query) {
  const size_t step = args.causal ? 1 : 0;
  const size_t seen = args.causal ? args.keys - args.queries + query + 1 : args.keys;
  const float* q = args.q + query * args.q_stride + head.index * args.head_dim;
  score_tile<A, R>(args, head, q, 0, block_count(seen + (R - 1) * step));
  score_tile<A, R>(args, head, q, head.padded_keys / kBlock, head.width / kBlock);
  float inverse[R];
  for (size_t r = 0; r < R; ++r) {
    float* row = head.scores + r * head.width;
    inverse[r] = weigh<A>(args, head, query + r, seen + r * step, row);
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
    for_row_tiles<tile>(0, args.queries,
                        [&](auto r, size_t query) { attend_tile<A, decltype(r)::value>(args, head, query); });
  }
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_ATTENTION_ATTENTION_HPP
