// additive_attention v1: attention whose similarity is a small network (Bahdanau et al. 2015,
// arXiv:1409.0473), with its softmax, or as session-based recommenders use it (NARM, STAMP) without:
//
//   w[t] = v . act(keys[t] + query);  out = sum over t of w[t] * values[t], or of softmax(w)[t] * values[t]
//
// query is a single row, or absent. Padding "constant": the reference attends to padded slots, too, which all
// hold pad_key and pad_value; their term counts slots - length times. Without softmax, sums run from the
// oldest event to the newest and from the first column to the last, one operation at a time, so the bits are
// the same everywhere.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"
#include "runtime/ops/sums.hpp"

#include <algorithm>

namespace heed::ops {

namespace {

enum Input { kKeys, kQuery, kV, kValues, kPadKey, kPadValue };
enum AttributeIndex { kActivationAttribute, kPadding, kWeighting };
enum Padding { kPaddingNone, kPaddingConstant };
enum Weighting { kPlain, kSoftmax };

const InputSpec kInputs[] = {
    {"keys", InputKind::rows, false},       {"query", InputKind::rows, true},
    {"v", InputKind::constant, false},      {"values", InputKind::rows, false},
    {"pad_key", InputKind::constant, true}, {"pad_value", InputKind::constant, true}};
const char* const kPaddings[] = {"none", "constant"};
const char* const kWeightings[] = {"none", "softmax"};
const AttributeSpec kAttributes[] = {{"activation", AttributeType::choice, 0, 0, kActivationNames},
                                     {"padding", AttributeType::choice, 0, 0, kPaddings},
                                     {"weighting", AttributeType::choice, 0, 0, kWeightings, true, kPlain}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& keys = graph.input(node, kKeys);
  const Value& values = graph.input(node, kValues);
  if (!keys.events || !values.events) return "its keys and values are not one row an event";
  if (node.has(kQuery) &&
      (!graph.input(node, kQuery).single() || graph.input(node, kQuery).cols != keys.cols))
    return "its query is not one row as wide as the keys";
  if (!is_row_major(*graph.constant_input(node, kV), 1, keys.cols))
    return "its v is not a vector of the keys' columns";
  const bool pads = node.attributes[kPadding].integer == kPaddingConstant;
  if (node.has(kPadKey) != pads || node.has(kPadValue) != pads)
    return "its padding treatment and its padding rows contradict each other";
  if (pads && (!optional_vector(graph, node, kPadKey, keys.cols) ||
               !optional_vector(graph, node, kPadValue, values.cols)))
    return "its padding rows have the wrong shape";
  out->events = false;
  out->cols = values.cols;
  return nullptr;
}

// One key's row; for a softmax, w, a query of zeros, and the kernel's own.
std::size_t row_floats(const Graph& graph, const Node& node) {
  return base::round_up(graph.input(node, kKeys).cols, kernels::kBlock) + kernels::kBlock;
}
std::size_t zero_floats(const Graph& graph, const Node& node) {
  return base::round_up(graph.input(node, kValues).cols, kernels::kBlock) + kernels::kBlock;
}
std::size_t scratch_floats(const Graph& graph, const Node& node, std::size_t events) {
  if (node.attributes[kWeighting].integer != kSoftmax) return row_floats(graph, node);
  return row_floats(graph, node) + kernels::attention_bias_stride(events, 1) + zero_floats(graph, node) +
         kernels::attention_scratch_floats(events, 1, graph.input(node, kValues).cols);
}

class Similarity {
 public:
  Similarity(const RunContext& context, const Node& node)
      : kernels_(context.kernels), row_(context.scratch), v_(context.graph.constant_input(node, kV)->f32()),
        query_(node.has(kQuery) ? context.in(node, kQuery).data : nullptr),
        cols_(context.graph.input(node, kKeys).cols),
        activation_(static_cast<kernels::Activation>(node.attributes[kActivationAttribute].integer)) {}

  float operator()(const float* key) const {
    for (std::size_t c = 0; c < cols_; ++c) row_[c] = query_ != nullptr ? key[c] + query_[c] : key[c];
    const std::size_t stride = base::round_up(cols_, kernels::kBlock);
    kernels_.activate(activation_, row_, row_, 1, cols_, stride, stride);
    float weight = 0.0f;
    for (std::size_t c = 0; c < cols_; ++c) {
      const float term = v_[c] * row_[c];
      weight += term;
    }
    return weight;
  }

 private:
  const kernels::KernelTable& kernels_;
  float* row_;
  const float* v_;
  const float* query_;
  std::size_t cols_;
  kernels::Activation activation_;
};

// The attention kernel over given scores: its query is zero and w its bias.
void run_softmax(const RunContext& context, const Node& node) {
  const Similarity similarity(context, node);
  const RowsView& keys = context.in(node, kKeys);
  const RowsView& values = context.in(node, kValues);
  const std::size_t events = context.history.events, padded = context.graph.slots - context.history.length;
  float* scores = context.scratch + row_floats(context.graph, node);
  kernels::Attention args{};
  args.pad_rows = node.attributes[kPadding].integer == kPaddingConstant && padded > 0 ? 1 : 0;
  args.bias_stride = kernels::attention_bias_stride(events, args.pad_rows);
  std::fill_n(scores, args.bias_stride, 0.0f);
  for (std::size_t t = 0; t < events; ++t) scores[t] = similarity(keys.data + t * keys.stride);
  if (args.pad_rows > 0) {
    args.pad_k = args.pad_v = context.graph.constant_input(node, kPadValue)->f32();
    args.pad_multiplicity = static_cast<float>(padded);
    scores[base::round_up(events, kernels::kBlock)] =
        similarity(context.graph.constant_input(node, kPadKey)->f32());
  }
  float* zero = scores + kernels::attention_bias_stride(events, 1);
  std::fill_n(zero, zero_floats(context.graph, node), 0.0f);
  args.q = zero;
  args.k = args.v = values.data;
  args.k_stride = args.v_stride = values.stride;
  args.bias = scores;
  args.out = context.out(node).data;
  args.out_stride = context.out(node).stride;
  args.scratch = zero + zero_floats(context.graph, node);
  args.queries = args.heads = args.key_heads = 1;
  args.keys = events;
  args.head_dim = context.graph.input(node, kValues).cols;
  args.scale = 1.0f;
  context.kernels.attention(args);
}

void run(const RunContext& context, const Node& node) {
  if (node.attributes[kWeighting].integer == kSoftmax) return run_softmax(context, node);
  const Similarity similarity(context, node);
  const RowsView& keys = context.in(node, kKeys);
  const RowsView& values = context.in(node, kValues);
  const std::size_t cols = context.graph.input(node, kValues).cols;
  float* out = context.out(node).data;
  std::fill_n(out, cols, 0.0f);
  for (std::size_t t = 0; t < context.history.events; ++t)
    add_weighted(values.data + t * values.stride, similarity(keys.data + t * keys.stride), cols, out);
  const std::size_t padded = context.graph.slots - context.history.length;
  if (node.attributes[kPadding].integer != kPaddingConstant || padded == 0) return;
  const float weight =
      similarity(context.graph.constant_input(node, kPadKey)->f32()) * static_cast<float>(padded);
  add_weighted(context.graph.constant_input(node, kPadValue)->f32(), weight, cols, out);
}

} // namespace

const Operator kAdditiveAttention = {
    "additive_attention", 1, kInputs, kAttributes, infer, no_quantized_input, scratch_floats, run};

} // namespace heed::ops
