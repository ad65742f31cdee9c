// parameter v1: a learned matrix as rows, such as latent queries.
// position v1: one row an event, of a learned table of positions [slots, columns], by the rule that embedding
// has.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"

#include <cstring>

namespace heed::ops {

namespace {

const InputSpec kInputs[] = {{"table", InputKind::constant, false}};
enum Rule { kFromLeft, kFromRight };
const char* const kRules[] = {"from_left", "from_right"};
const AttributeSpec kPositionAttributes[] = {{"position_rule", AttributeType::choice, 0, 0, kRules}};

const char* infer_parameter(const Graph& graph, const Node& node, Value* out) {
  const Constant& table = *graph.constant_input(node, 0);
  if (!is_row_major(table, table.rows, table.cols) || table.rows > kMostRows)
    return "its table is not row-major f32, or has too many rows";
  out->events = false;
  out->count = static_cast<std::uint32_t>(table.rows);
  out->cols = static_cast<std::uint32_t>(table.cols);
  return nullptr;
}

void copy_row(const Constant& table, std::size_t row, float* out) {
  std::memcpy(out, table.f32() + row * table.row_stride(), table.cols * sizeof(float));
}

void run_parameter(const RunContext& context, const Node& node) {
  const Constant& table = *context.graph.constant_input(node, 0);
  const RowsView& out = context.out(node);
  for (std::size_t r = 0; r < table.rows; ++r) copy_row(table, r, out.data + r * out.stride);
}

const char* infer_position(const Graph& graph, const Node& node, Value* out) {
  const Constant& table = *graph.constant_input(node, 0);
  if (!is_row_major(table, graph.slots, table.cols)) return "its table is not one row a slot";
  out->events = true;
  out->cols = static_cast<std::uint32_t>(table.cols);
  return nullptr;
}

void run_position(const RunContext& context, const Node& node) {
  const Constant& table = *context.graph.constant_input(node, 0);
  const History& history = context.history;
  const std::size_t skipped =
      node.attributes[0].integer == kFromRight ? context.graph.slots - history.length : 0;
  const RowsView& out = context.whole_out(node);
  for (std::size_t t = context.first; t < history.events; ++t)
    copy_row(table, skipped + history.places[t], out.data + t * out.stride);
}

// Places from the right move with every new event.
Growth grow_position(const Graph&, const Node& node) {
  return {node.attributes[0].integer == kFromLeft, 0, false};
}

} // namespace

const Operator kParameter = {"parameter",        1,          kInputs,       {},        infer_parameter,
                             no_quantized_input, no_scratch, run_parameter, row_by_row};
const Operator kPosition = {"position",         1,          kInputs,      kPositionAttributes, infer_position,
                            no_quantized_input, no_scratch, run_position, grow_position};

} // namespace heed::ops
