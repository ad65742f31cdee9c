// add v1: a + b. multiply v1: a * b. concat v1: the columns of a, then those of b. In add and multiply a
// single row b counts for every row of a, and in multiply a b of one column for every column.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"

#include <cstring>

namespace heed::ops {

namespace {

const InputSpec kInputs[] = {{"a", InputKind::rows, false}, {"b", InputKind::rows, false}};

// One row for each of a's, or one for all.
bool rows_fit(const Value& a, const Value& b) {
  return equal_rows(a, b) || b.single();
}

// The stride of b beside a: a single row repeats.
std::size_t stride_beside(const Value& a, const Value& b, const RowsView& view) {
  return equal_rows(a, b) ? view.stride : 0;
}

const char* infer_add(const Graph& graph, const Node& node, Value* out) {
  const Value& a = graph.input(node, 0);
  const Value& b = graph.input(node, 1);
  if (!rows_fit(a, b) || a.cols != b.cols) return "its inputs differ in shape";
  same_rows(a, out);
  out->cols = a.cols;
  return nullptr;
}

void run_add(const RunContext& context, const Node& node) {
  const Value& a = context.graph.input(node, 0);
  const RowsView& left = context.in(node, 0);
  const RowsView& right = context.in(node, 1);
  const RowsView& out = context.out(node);
  context.kernels.add(left.data, right.data, out.data, context.row_count(a), a.cols, left.stride,
                      stride_beside(a, context.graph.input(node, 1), right), out.stride);
}

const char* infer_multiply(const Graph& graph, const Node& node, Value* out) {
  const Value& a = graph.input(node, 0);
  const Value& b = graph.input(node, 1);
  if (!rows_fit(a, b) || (b.cols != a.cols && b.cols != 1)) return "its inputs differ in shape";
  same_rows(a, out);
  out->cols = a.cols;
  return nullptr;
}

void run_multiply(const RunContext& context, const Node& node) {
  const Value& a = context.graph.input(node, 0);
  const Value& b = context.graph.input(node, 1);
  const RowsView& left = context.in(node, 0);
  const RowsView& right = context.in(node, 1);
  const RowsView& out = context.out(node);
  const std::size_t stride = stride_beside(a, b, right), step = b.cols == 1 ? 0 : 1;
  for (std::size_t r = 0; r < context.row_count(a); ++r) {
    const float* x = left.data + r * left.stride;
    const float* y = right.data + r * stride;
    float* z = out.data + r * out.stride;
    for (std::size_t c = 0; c < a.cols; ++c) z[c] = x[c] * y[c * step];
  }
}

const char* infer_concat(const Graph& graph, const Node& node, Value* out) {
  const Value& a = graph.input(node, 0);
  const Value& b = graph.input(node, 1);
  if (!equal_rows(a, b)) return "its inputs differ in rows";
  same_rows(a, out);
  out->cols = a.cols + b.cols;
  return nullptr;
}

void run_concat(const RunContext& context, const Node& node) {
  const Value& a = context.graph.input(node, 0);
  const Value& b = context.graph.input(node, 1);
  const RowsView& left = context.in(node, 0);
  const RowsView& right = context.in(node, 1);
  const RowsView& out = context.out(node);
  for (std::size_t r = 0; r < context.row_count(a); ++r) {
    std::memcpy(out.data + r * out.stride, left.data + r * left.stride, a.cols * sizeof(float));
    std::memcpy(out.data + r * out.stride + a.cols, right.data + r * right.stride, b.cols * sizeof(float));
  }
}

} // namespace

const Operator kAdd = {"add", 1, kInputs, {}, infer_add, no_quantized_input, no_scratch, run_add, row_by_row};
const Operator kMultiply = {"multiply",         1,          kInputs,      {},        infer_multiply,
                            no_quantized_input, no_scratch, run_multiply, row_by_row};
const Operator kConcat = {"concat",           1,          kInputs,    {},        infer_concat,
                          no_quantized_input, no_scratch, run_concat, row_by_row};

} // namespace heed::ops
