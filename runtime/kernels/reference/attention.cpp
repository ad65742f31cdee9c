#include "runtime/kernels/reference/reference.hpp"

#include <cmath>
#include <limits>

namespace heed::kernels::reference {
namespace {

float score(const float* q, const float* k, std::size_t head_dim, float scale) {
  float sum = 0.0f;
  for (std::size_t d = 0; d < head_dim; ++d) sum = std::fmaf(q[d], k[d], sum);
  return sum * scale;
}

// Scores to weights by softmax; returns 1 / denominator.
float softmax(float* p, std::size_t seen, float* p_pad, const Attention& args) {
  Lanes largest_lanes(-std::numeric_limits<float>::infinity());
  for (std::size_t j = 0; j < seen; ++j) largest_lanes.raise(j, p[j]);
  float largest = largest_lanes.max16();
  for (std::size_t r = 0; r < args.pad_rows; ++r) largest = p_pad[r] > largest ? p_pad[r] : largest;
  Lanes total(0.0f);
  for (std::size_t j = 0; j < seen; ++j) {
    p[j] = exp(p[j] - largest);
    total.add(j, p[j]);
  }
  float denominator = total.sum16();
  for (std::size_t r = 0; r < args.pad_rows; ++r) {
    const float e = exp(p_pad[r] - largest);
    denominator = std::fmaf(args.pad_multiplicity, e, denominator);
    p_pad[r] = args.pad_multiplicity * e;
  }
  return 1.0f / denominator;
}

float silu(float* p, std::size_t seen, float* p_pad, const Attention& args) {
  for (std::size_t j = 0; j < seen; ++j) p[j] = apply(Activation::silu, p[j]);
  for (std::size_t r = 0; r < args.pad_rows; ++r)
    p_pad[r] = args.pad_multiplicity * apply(Activation::silu, p_pad[r]);
  return args.factor;
}

float hard(float* p, std::size_t seen, float* p_pad, const Attention& args) {
  float* best = seen > 0 ? p : p_pad;
  for (std::size_t j = 0; j < seen; ++j)
    if (p[j] > *best) best = p + j;
  for (std::size_t r = 0; r < args.pad_rows; ++r)
    if (p_pad[r] > *best) best = p_pad + r;
  for (std::size_t j = 0; j < seen; ++j) p[j] = p + j == best ? 1.0f : 0.0f;
  for (std::size_t r = 0; r < args.pad_rows; ++r) p_pad[r] = p_pad + r == best ? 1.0f : 0.0f;
  return 1.0f;
}

void attend(const Attention& args, std::size_t head, std::size_t query) {
  const std::size_t out_column = head * args.head_dim;
  const std::size_t column = head / (args.heads / args.key_heads) * args.head_dim;
  const std::size_t pad_stride = (args.key_heads * args.head_dim + kBlock - 1) / kBlock * kBlock;
  const std::size_t seen = args.causal ? args.keys - args.queries + query + 1 : args.keys;
  const float* q = args.q + query * args.q_stride + out_column;
  const float* bias =
      args.bias ? args.bias + head * args.bias_head_stride + query * args.bias_stride : nullptr;
  const float* pad_bias = bias ? bias + (args.keys + kBlock - 1) / kBlock * kBlock : nullptr;
  float* p = args.scratch;            // of the real keys
  float* p_pad = args.scratch + seen; // of the padding rows, times the multiplicity

  for (std::size_t j = 0; j < seen; ++j) {
    p[j] = score(q, args.k + j * args.k_stride + column, args.head_dim, args.scale);
    if (bias) p[j] += bias[j];
  }
  for (std::size_t r = 0; r < args.pad_rows; ++r) {
    p_pad[r] = score(q, args.pad_k + r * pad_stride + column, args.head_dim, args.scale);
    if (bias) p_pad[r] += pad_bias[r];
  }
  const float inverse = args.weighting == Weighting::silu   ? silu(p, seen, p_pad, args)
                        : args.weighting == Weighting::hard ? hard(p, seen, p_pad, args)
                                                            : softmax(p, seen, p_pad, args);

  for (std::size_t d = 0; d < args.head_dim; ++d) {
    float sum = 0.0f;
    for (std::size_t j = 0; j < seen; ++j) sum = std::fmaf(p[j], args.v[j * args.v_stride + column + d], sum);
    for (std::size_t r = 0; r < args.pad_rows; ++r)
      sum = std::fmaf(p_pad[r], args.pad_v[r * pad_stride + column + d], sum);
    args.out[query * args.out_stride + out_column + d] = sum * inverse;
  }

  if (!args.weights) return;
  float* weights = args.weights + (head * args.queries + query) * args.weights_stride;
  for (std::size_t j = 0; j < args.keys; ++j) weights[j] = j < seen ? p[j] * inverse : 0.0f;
  for (std::size_t r = 0; r < args.pad_rows; ++r) weights[args.keys + r] = p_pad[r] * inverse;
}

} // namespace

void attention(const Attention& args) {
  for (std::size_t head = 0; head < args.heads; ++head)
    for (std::size_t query = 0; query < args.queries; ++query) attend(args, head, query);
}

} // namespace heed::kernels::reference
