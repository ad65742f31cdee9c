// layer_norm v1: (x - mean) / sqrt(variance + eps) * gamma + beta over the columns of each row (Ba et al.
// 2016, arXiv:1607.06450). `unbiased` divides the squares by cols - 1; `eps_outside` adds eps to the root.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"

namespace heed::ops {

namespace {

enum Input { kX, kGamma, kBeta };
enum AttributeIndex { kEps, kUnbiased, kEpsOutside };

const InputSpec kInputs[] = {
    {"x", InputKind::rows, false}, {"gamma", InputKind::constant, true}, {"beta", InputKind::constant, true}};
const AttributeSpec kAttributes[] = {{"eps", AttributeType::real, 0, 1, {}},
                                     {"unbiased", AttributeType::boolean, 0, 1, {}},
                                     {"eps_outside", AttributeType::boolean, 0, 1, {}}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, kX);
  if (node.has(kGamma) != node.has(kBeta)) return "gamma and beta come together or not at all";
  if (!optional_vector(graph, node, kGamma, x.cols) || !optional_vector(graph, node, kBeta, x.cols))
    return "gamma and beta are not vectors of x's columns";
  if (node.attributes[kUnbiased].integer != 0 && x.cols < 2) return "an unbiased variance needs two columns";
  same_rows(x, out);
  out->cols = x.cols;
  return nullptr;
}

void run(const RunContext& context, const Node& node) {
  const Value& x = context.graph.input(node, kX);
  const Constant* gamma = context.graph.constant_input(node, kGamma);
  const Constant* beta = context.graph.constant_input(node, kBeta);
  const RowsView& in = context.in(node, kX);
  const RowsView& out = context.out(node);
  kernels::LayerNorm args{};
  args.x = in.data;
  args.gamma = gamma != nullptr ? gamma->f32() : nullptr;
  args.beta = beta != nullptr ? beta->f32() : nullptr;
  args.out = out.data;
  args.rows = context.row_count(x);
  args.cols = x.cols;
  args.x_stride = in.stride;
  args.out_stride = out.stride;
  args.eps = static_cast<float>(node.attributes[kEps].real);
  args.unbiased = node.attributes[kUnbiased].integer != 0;
  args.eps_outside = node.attributes[kEpsOutside].integer != 0;
  context.kernels.layer_norm(args);
}

} // namespace

const Operator kLayerNorm = {"layer_norm",       1,          kInputs, kAttributes, infer,
                             no_quantized_input, no_scratch, run,     row_by_row};

} // namespace heed::ops
