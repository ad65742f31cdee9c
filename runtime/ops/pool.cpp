// pool v1: one row out of all events: their sum or mean, each event times its weight where there are weights
// [events, 1]; or the largest of each column over the events from `skip` on, zero where there is none.
// Padding "constant": padded slots, which all hold `pad`, take part in the sum slots - length times; a mean
// divides by the number of events alone. Sums run from the oldest event to the newest, one multiplication and
// addition after the other, so the bits are the same everywhere.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"
#include "runtime/ops/sums.hpp"

#include <algorithm>

namespace heed::ops {

namespace {

enum Input { kX, kWeights, kPad };
enum AttributeIndex { kKind, kPadding, kSkip };
enum Kind { kSum, kMean, kMax };
enum Padding { kPaddingNone, kPaddingConstant };

const InputSpec kInputs[] = {
    {"x", InputKind::rows, false}, {"weights", InputKind::rows, true}, {"pad", InputKind::constant, true}};
const char* const kKinds[] = {"sum", "mean", "max"};
const char* const kPaddings[] = {"none", "constant"};
const AttributeSpec kAttributes[] = {{"kind", AttributeType::choice, 0, 0, kKinds},
                                     {"padding", AttributeType::choice, 0, 0, kPaddings},
                                     {"skip", AttributeType::integer, 0, 1 << 20, {}, true, 0}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, kX);
  if (!x.events) return "its x is not one row an event";
  if (node.has(kWeights) && (!graph.input(node, kWeights).events || graph.input(node, kWeights).cols != 1))
    return "its weights are not one number an event";
  if (node.has(kPad) != (node.attributes[kPadding].integer == kPaddingConstant))
    return "its padding treatment and its padding row contradict each other";
  if (!optional_vector(graph, node, kPad, x.cols)) return "its padding row has the wrong shape";
  const bool largest = node.attributes[kKind].integer == kMax;
  if (largest && (node.has(kWeights) || node.has(kPad))) return "a maximum has neither weights nor padding";
  if (!largest && node.attributes[kSkip].integer != 0) return "only a maximum skips events";
  out->events = false;
  out->cols = x.cols;
  return nullptr;
}

void run_largest(const RunContext& context, const Node& node) {
  const RowsView& x = context.in(node, kX);
  const std::size_t cols = context.graph.input(node, kX).cols;
  const auto first = static_cast<std::size_t>(node.attributes[kSkip].integer);
  float* out = context.out(node).data;
  std::fill_n(out, cols, 0.0f);
  for (std::size_t t = first; t < context.history.events; ++t) {
    const float* row = x.data + t * x.stride;
    for (std::size_t c = 0; c < cols; ++c) out[c] = t == first || row[c] > out[c] ? row[c] : out[c];
  }
}

void run(const RunContext& context, const Node& node) {
  if (node.attributes[kKind].integer == kMax) return run_largest(context, node);
  const RowsView& x = context.whole_in(node, kX);
  const RowsView* weights = node.has(kWeights) ? &context.whole_in(node, kWeights) : nullptr;
  const std::size_t cols = context.graph.input(node, kX).cols, events = context.history.events;
  float* out = context.out(node).data;
  std::fill_n(out, cols, 0.0f);
  for (std::size_t t = 0; t < events; ++t)
    add_weighted(x.data + t * x.stride, weights == nullptr ? 1.0f : weights->data[t * weights->stride], cols,
                 out);
  const std::size_t padded = context.graph.slots - context.history.length;
  if (node.has(kPad) && padded > 0)
    add_weighted(context.graph.constant_input(node, kPad)->f32(), static_cast<float>(padded), cols, out);
  if (node.attributes[kKind].integer != kMean) return;
  for (std::size_t c = 0; c < cols; ++c) out[c] /= static_cast<float>(events);
}

} // namespace

const Operator kPool = {"pool", 1, kInputs, kAttributes, infer, no_quantized_input, no_scratch, run};

} // namespace heed::ops
