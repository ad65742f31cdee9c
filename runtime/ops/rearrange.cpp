// flatten v1: several rows side by side as one. unfold v1: each event beside those before it, oldest first,
// zeros before the first: with a linear after it, a causal convolution along the history of `width` events.
// mix v1: fixed weights over places. For each head h, which has its share of the columns,
//
//   out[r] = sum over events t of weights[h * R + r][place of t] * x[t] + bias[r]
//
// with R rows, or with "per_event" one for each event, weights[h * slots + place of the event]. Sums run from
// the oldest event to the newest, one multiplication and addition after the other.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"
#include "runtime/ops/sums.hpp"

#include <algorithm>
#include <cstring>

namespace heed::ops {

namespace {

const InputSpec kUnaryInputs[] = {{"x", InputKind::rows, false}};
const AttributeSpec kUnfoldAttributes[] = {{"width", AttributeType::integer, 1, 1 << 20, {}}};

const char* infer_flatten(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, 0);
  if (x.events) return "its x has a row for each event";
  const std::uint64_t cols = std::uint64_t{x.count} * x.cols;
  if (cols > kMostCols) return "its result has too many columns";
  out->events = false;
  out->cols = static_cast<std::uint32_t>(cols);
  return nullptr;
}

void run_flatten(const RunContext& context, const Node& node) {
  const Value& x = context.graph.input(node, 0);
  const RowsView& in = context.in(node, 0);
  for (std::size_t r = 0; r < x.count; ++r)
    std::memcpy(context.out(node).data + r * x.cols, in.data + r * in.stride, x.cols * sizeof(float));
}

const char* infer_unfold(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, 0);
  if (!x.events) return "its x is not one row an event";
  const std::uint64_t cols = static_cast<std::uint64_t>(node.attributes[0].integer) * x.cols;
  if (cols > kMostCols) return "its result has too many columns";
  out->events = true;
  out->cols = static_cast<std::uint32_t>(cols);
  return nullptr;
}

void run_unfold(const RunContext& context, const Node& node) {
  const std::size_t cols = context.graph.input(node, 0).cols;
  const auto width = static_cast<std::size_t>(node.attributes[0].integer);
  const RowsView& in = context.in(node, 0);
  const RowsView& out = context.out(node);
  for (std::size_t t = 0; t < context.history.events; ++t) {
    float* row = out.data + t * out.stride;
    for (std::size_t w = 0; w < width; ++w, row += cols) {
      if (t + w + 1 < width)
        std::fill_n(row, cols, 0.0f);
      else
        std::memcpy(row, in.data + (t + w + 1 - width) * in.stride, cols * sizeof(float));
    }
  }
}

enum MixInput { kX, kWeights, kBias };
enum MixAttribute { kHeads, kPerEvent };
const InputSpec kMixInputs[] = {{"x", InputKind::rows, false},
                                {"weights", InputKind::constant, false},
                                {"bias", InputKind::constant, true}};
const AttributeSpec kMixAttributes[] = {{"heads", AttributeType::integer, 1, 1024, {}},
                                        {"per_event", AttributeType::boolean, 0, 1, {}}};

const char* infer_mix(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, kX);
  const Constant& weights = *graph.constant_input(node, kWeights);
  const auto heads = static_cast<std::uint64_t>(node.attributes[kHeads].integer);
  if (!x.events) return "its x is not one row an event";
  if (x.cols % heads != 0) return "its heads do not divide the columns";
  if (!is_row_major(weights, weights.rows, graph.slots)) return "its weights are not one a slot";
  const bool per_event = node.attributes[kPerEvent].integer != 0;
  const std::uint64_t rows = weights.rows / heads;
  if (weights.rows % heads != 0 || (per_event ? rows != graph.slots : rows > kMostRows))
    return "its weights have the wrong number of rows";
  if (!optional_vector(graph, node, kBias, rows) || (per_event && node.has(kBias)))
    return "its bias is not one number a row";
  out->events = per_event;
  out->count = per_event ? 1 : static_cast<std::uint32_t>(rows);
  out->cols = x.cols;
  return nullptr;
}

void run_mix(const RunContext& context, const Node& node) {
  const Constant& weights = *context.graph.constant_input(node, kWeights);
  const Constant* bias = context.graph.constant_input(node, kBias);
  const Value& made = context.graph.values[static_cast<std::size_t>(node.output)];
  const auto heads = static_cast<std::size_t>(node.attributes[kHeads].integer);
  const std::size_t share = made.cols / heads, rows = weights.rows / heads;
  const RowsView& x = context.in(node, kX);
  const RowsView& out = context.out(node);
  const std::uint32_t* places = context.history.places;
  for (std::size_t r = 0; r < context.row_count(made); ++r) {
    float* y = out.data + r * out.stride;
    std::fill_n(y, made.cols, 0.0f);
    for (std::size_t h = 0; h < heads; ++h) {
      const float* w = weights.f32() + (h * rows + (made.events ? places[r] : r)) * weights.row_stride();
      for (std::size_t t = 0; t < context.history.events; ++t)
        add_weighted(x.data + t * x.stride + h * share, w[places[t]], share, y + h * share);
    }
    if (bias == nullptr) continue;
    for (std::size_t c = 0; c < made.cols; ++c) y[c] += bias->f32()[r];
  }
}

} // namespace

const Operator kFlatten = {"flatten",          1,          kUnaryInputs, {}, infer_flatten,
                           no_quantized_input, no_scratch, run_flatten};
const Operator kMix = {"mix",      1,      kMixInputs, kMixAttributes, infer_mix, no_quantized_input,
                       no_scratch, run_mix};
const Operator kUnfold = {"unfold",           1,          kUnaryInputs, kUnfoldAttributes, infer_unfold,
                          no_quantized_input, no_scratch, run_unfold};

} // namespace heed::ops
