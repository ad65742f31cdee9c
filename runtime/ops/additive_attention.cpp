// additive_attention v1: attention whose similarity is a small network (Bahdanau et al. 2015,
// arXiv:1409.0473), as session-based recommenders use it (NARM, STAMP), without softmax:
//
//   w[t] = v . act(keys[t] + query);  out = sum over t of w[t] * values[t]
//
// query is a single row, or absent. Padding "constant": the reference attends to padded slots, too, which all
// hold pad_key and pad_value; their term counts slots - length times. Sums run from the oldest event to the
// newest and from the first column to the last, one operation at a time, so the bits are the same everywhere.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"
#include "runtime/ops/sums.hpp"

#include <algorithm>

namespace heed::ops {

namespace {

enum Input { kKeys, kQuery, kV, kValues, kPadKey, kPadValue };
enum AttributeIndex { kActivationAttribute, kPadding };
enum Padding { kPaddingNone, kPaddingConstant };

const InputSpec kInputs[] = {
    {"keys", InputKind::rows, false},       {"query", InputKind::rows, true},
    {"v", InputKind::constant, false},      {"values", InputKind::rows, false},
    {"pad_key", InputKind::constant, true}, {"pad_value", InputKind::constant, true}};
const char* const kPaddings[] = {"none", "constant"};
const AttributeSpec kAttributes[] = {{"activation", AttributeType::choice, 0, 0, kActivationNames},
                                     {"padding", AttributeType::choice, 0, 0, kPaddings}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& keys = graph.input(node, kKeys);
  const Value& values = graph.input(node, kValues);
  if (!keys.events || !values.events) return "its keys and values are not one row an event";
  if (node.has(kQuery) && (graph.input(node, kQuery).events || graph.input(node, kQuery).cols != keys.cols))
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

std::size_t scratch_floats(const Graph& graph, const Node& node, std::size_t) {
  return base::round_up(graph.input(node, kKeys).cols, kernels::kBlock) + kernels::kBlock;
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

void run(const RunContext& context, const Node& node) {
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
