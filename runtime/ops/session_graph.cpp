// Attention on the session's graph (Wu et al., SR-GNN, AAAI 2019, arXiv:1811.00855). Its nodes are the
// distinct items of a history and its edges lead from each event to the next; events of the same item are one
// node, and get the same row.
//
// neighbours v1: for each event the mean of x over the distinct nodes that edges into its own come from
// ("in"), or that edges out of it lead to ("out"); zeros where there is none. A neighbour's row is that of
// the event where its edge stands first, and neighbours are added in the order of these. gru_cell v1: one
// step of a GRU for each row by itself: x and state hold the input's and the state's share of the gates,
// reset, update and new, as in gru.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/gru_step.hpp"
#include "runtime/ops/registry.hpp"
#include "runtime/ops/sums.hpp"

#include <algorithm>

namespace heed::ops {

namespace {

enum Direction { kIn, kOut };
const InputSpec kInputs[] = {{"x", InputKind::rows, false}};
const char* const kDirections[] = {"in", "out"};
const AttributeSpec kAttributes[] = {{"direction", AttributeType::choice, 0, 0, kDirections}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, 0);
  if (!x.events) return "its x is not one row an event";
  out->events = true;
  out->cols = x.cols;
  return nullptr;
}

// Whether the edge from event `from` to the next is that of an earlier event, too.
bool repeated(const History& history, std::size_t from) {
  for (std::size_t t = 0; t < from; ++t)
    if (history.rows[t] == history.rows[from] && history.rows[t + 1] == history.rows[from + 1]) return true;
  return false;
}

void run(const RunContext& context, const Node& node) {
  const History& history = context.history;
  const std::size_t cols = context.graph.input(node, 0).cols;
  const bool in = node.attributes[0].integer == kIn;
  const RowsView& x = context.in(node, 0);
  const RowsView& out = context.out(node);
  for (std::size_t t = 0; t < history.events; ++t) {
    float* y = out.data + t * out.stride;
    const std::uint64_t* first = std::find(history.rows, history.rows + t, history.rows[t]);
    if (first != history.rows + t) {
      std::copy_n(out.data + static_cast<std::size_t>(first - history.rows) * out.stride, cols, y);
      continue;
    }
    std::fill_n(y, cols, 0.0f);
    std::size_t neighbours = 0;
    for (std::size_t u = 0; u + 1 < history.events; ++u) {
      if (history.rows[in ? u + 1 : u] != history.rows[t] || repeated(history, u)) continue;
      add_weighted(x.data + (in ? u : u + 1) * x.stride, 1.0f, cols, y);
      ++neighbours;
    }
    if (neighbours == 0) continue;
    for (std::size_t c = 0; c < cols; ++c) y[c] /= static_cast<float>(neighbours);
  }
}

enum CellInput { kGates, kState, kHidden };
const InputSpec kCellInputs[] = {
    {"x", InputKind::rows, false}, {"state", InputKind::rows, false}, {"h", InputKind::rows, false}};

const char* infer_cell(const Graph& graph, const Node& node, Value* out) {
  const Value& gates = graph.input(node, kGates);
  const Value& state = graph.input(node, kState);
  const Value& h = graph.input(node, kHidden);
  if (!equal_rows(gates, h) || !equal_rows(state, h)) return "its inputs differ in rows";
  if (gates.cols != std::uint64_t{3} * h.cols || state.cols != gates.cols)
    return "its gates are not three for each column of h";
  same_rows(h, out);
  out->cols = h.cols;
  return nullptr;
}

std::size_t scratch_floats(const Graph& graph, const Node& node, std::size_t) {
  return 2 * (base::round_up(graph.input(node, kHidden).cols, kernels::kBlock) + kernels::kBlock);
}

void run_cell(const RunContext& context, const Node& node) {
  const Value& value = context.graph.input(node, kHidden);
  const std::size_t stride = base::round_up(value.cols, kernels::kBlock) + kernels::kBlock;
  for (std::size_t r = 0; r < context.row_count(value); ++r) {
    const auto row = [&](int input) {
      return context.in(node, input).data + r * context.in(node, input).stride;
    };
    const GruStep step{row(kGates), row(kState), row(kHidden), value.cols};
    step.run(context.kernels, context.scratch, context.scratch + stride,
             context.out(node).data + r * context.out(node).stride);
  }
}

} // namespace

const Operator kGruCell = {"gru_cell",     1,       kCellInputs, {}, infer_cell, no_quantized_input,
                           scratch_floats, run_cell};
const Operator kNeighbours = {"neighbours",       1,          kInputs, kAttributes, infer,
                              no_quantized_input, no_scratch, run};

} // namespace heed::ops
