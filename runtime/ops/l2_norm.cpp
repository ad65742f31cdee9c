// l2_norm v1: x / max(|x|, eps) for each head's share of the columns: dot products of such rows are cosines.
// The squares of a row are added first column to last, one operation at a time.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"

#include <cmath>

namespace heed::ops {

namespace {

enum AttributeIndex { kHeads, kEps };
const InputSpec kInputs[] = {{"x", InputKind::rows, false}};
const AttributeSpec kAttributes[] = {{"heads", AttributeType::integer, 1, 1024, {}},
                                     {"eps", AttributeType::real, 1e-30, 1, {}}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, 0);
  if (x.cols % node.attributes[kHeads].integer != 0) return "its heads do not divide the columns";
  same_rows(x, out);
  out->cols = x.cols;
  return nullptr;
}

void run(const RunContext& context, const Node& node) {
  const Value& x = context.graph.input(node, 0);
  const std::size_t share = x.cols / static_cast<std::size_t>(node.attributes[kHeads].integer);
  const auto eps = static_cast<float>(node.attributes[kEps].real);
  const RowsView& in = context.in(node, 0);
  const RowsView& out = context.out(node);
  for (std::size_t r = 0; r < context.row_count(x); ++r)
    for (std::size_t first = 0; first < x.cols; first += share) {
      const float* from = in.data + r * in.stride + first;
      float* to = out.data + r * out.stride + first;
      float squares = 0.0f;
      for (std::size_t c = 0; c < share; ++c) {
        const float square = from[c] * from[c];
        squares += square;
      }
      const float norm = std::sqrt(squares);
      const float divisor = norm > eps ? norm : eps;
      for (std::size_t c = 0; c < share; ++c) to[c] = from[c] / divisor;
    }
}

} // namespace

const Operator kL2Norm = {"l2_norm",          1,          kInputs, kAttributes, infer,
                          no_quantized_input, no_scratch, run,     row_by_row};

} // namespace heed::ops
