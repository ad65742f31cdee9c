// activation v1: kind(x). last v1: the newest real event's row.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"

#include <cstring>

namespace heed::ops {

namespace {

const InputSpec kUnaryInputs[] = {{"x", InputKind::rows, false}};
const AttributeSpec kActivationAttributes[] = {{"kind", AttributeType::choice, 0, 0, kActivationNames}};

const char* infer_activation(const Graph& graph, const Node& node, Value* out) {
  same_rows(graph.input(node, 0), out);
  out->cols = graph.input(node, 0).cols;
  return nullptr;
}

void run_activation(const RunContext& context, const Node& node) {
  const Value& x = context.graph.input(node, 0);
  const RowsView& in = context.in(node, 0);
  const RowsView& out = context.out(node);
  context.kernels.activate(static_cast<kernels::Activation>(node.attributes[0].integer), in.data, out.data,
                           context.row_count(x), x.cols, in.stride, out.stride);
}

const char* infer_last(const Graph& graph, const Node& node, Value* out) {
  out->events = false;
  out->cols = graph.input(node, 0).cols;
  return nullptr;
}

void run_last(const RunContext& context, const Node& node) {
  const Value& x = context.graph.input(node, 0);
  const RowsView& in = context.whole_in(node, 0);
  const std::size_t row = x.events ? context.history.newest : x.count - 1;
  std::memcpy(context.out(node).data, in.data + row * in.stride, x.cols * sizeof(float));
}

} // namespace

const Operator kActivation = {"activation",     1,
                              kUnaryInputs,     kActivationAttributes,
                              infer_activation, no_quantized_input,
                              no_scratch,       run_activation,
                              row_by_row};
const Operator kLast = {"last",     1,        kUnaryInputs, {}, infer_last, no_quantized_input,
                        no_scratch, run_last, row_by_row};

} // namespace heed::ops
