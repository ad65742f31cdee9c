// pool v1: one row out of all events: their sum or mean, each event times its weight where there are weights
// [events, 1]. Sums run from the oldest event to the newest, one multiplication and addition after the other,
// so the bits are the same everywhere.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"

#include <algorithm>

namespace heed::ops {

namespace {

enum Input { kX, kWeights };
enum Kind { kSum, kMean };

const InputSpec kInputs[] = {{"x", InputKind::rows, false}, {"weights", InputKind::rows, true}};
const char* const kKinds[] = {"sum", "mean"};
const AttributeSpec kAttributes[] = {{"kind", AttributeType::choice, 0, 0, kKinds}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, kX);
  if (!x.events) return "its x is not one row an event";
  if (node.has(kWeights) && (!graph.input(node, kWeights).events || graph.input(node, kWeights).cols != 1))
    return "its weights are not one number an event";
  out->events = false;
  out->cols = x.cols;
  return nullptr;
}

void run(const RunContext& context, const Node& node) {
  const RowsView& x = context.in(node, kX);
  const RowsView* weights = node.has(kWeights) ? &context.in(node, kWeights) : nullptr;
  const std::size_t cols = context.graph.input(node, kX).cols, events = context.history.events;
  float* out = context.out(node).data;
  std::fill_n(out, cols, 0.0f);
  for (std::size_t t = 0; t < events; ++t) {
    const float* row = x.data + t * x.stride;
    if (weights == nullptr) {
      for (std::size_t c = 0; c < cols; ++c) out[c] += row[c];
      continue;
    }
    const float weight = weights->data[t * weights->stride];
    for (std::size_t c = 0; c < cols; ++c) {
      const float term = weight * row[c];
      out[c] += term;
    }
  }
  if (node.attributes[0].integer != kMean) return;
  for (std::size_t c = 0; c < cols; ++c) out[c] /= static_cast<float>(events);
}

} // namespace

const Operator kPool = {"pool", 1, kInputs, kAttributes, infer, no_quantized_input, no_scratch, run};

} // namespace heed::ops
