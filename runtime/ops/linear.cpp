// linear v1: act(x W^T + bias) + residual. W is [columns out, columns in], f32 in n16, or i8 in n16k4 with
// one scale a row; then x is quantized per row and the integer sums are exact.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"

namespace heed::ops {

namespace {

enum Input { kX, kWeight, kBias, kResidual };
enum AttributeIndex { kActivationAttribute };

const InputSpec kInputs[] = {{"x", InputKind::rows, false},
                             {"weight", InputKind::constant, false},
                             {"bias", InputKind::constant, true},
                             {"residual", InputKind::rows, true}};
const AttributeSpec kAttributes[] = {{"activation", AttributeType::choice, 0, 0, kActivationNames}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, kX);
  const Constant& weight = *graph.constant_input(node, kWeight);
  if (!is_blocked(weight)) return "its weight is not in a block layout";
  if (weight.cols != x.cols) return "its weight has not as many columns as x";
  if (weight.rows > kMostCols) return "its weight has too many rows";
  if (!sums_fit(weight)) return "its int8 weight has too many columns";
  if (!optional_vector(graph, node, kBias, weight.rows))
    return "its bias is not a vector of the weight's rows";
  same_rows(x, out);
  out->cols = static_cast<std::uint32_t>(weight.rows);
  if (!optional_rows(graph, node, kResidual, *out)) return "its residual has not the shape of the result";
  return nullptr;
}

int quantized_input(const Graph& graph, const Node& node) {
  return graph.constant_input(node, kWeight)->dtype == DType::i8 ? kX : -1;
}

// The arguments that both precisions share.
template <class Args>
Args common(const RunContext& context, const Node& node) {
  const Constant& weight = *context.graph.constant_input(node, kWeight);
  const Constant* bias = context.graph.constant_input(node, kBias);
  const RowsView& out = context.out(node);
  Args args{};
  args.bias = bias != nullptr ? bias->f32() : nullptr;
  if (node.has(kResidual)) {
    args.residual = context.in(node, kResidual).data;
    args.residual_stride = context.in(node, kResidual).stride;
  }
  args.out = out.data;
  args.out_stride = out.stride;
  args.rows = context.row_count(context.graph.input(node, kX));
  args.cols_in = weight.cols;
  args.cols_out = weight.rows;
  args.activation = static_cast<kernels::Activation>(node.attributes[kActivationAttribute].integer);
  return args;
}

void run(const RunContext& context, const Node& node) {
  const Constant& weight = *context.graph.constant_input(node, kWeight);
  if (weight.dtype == DType::i8) {
    const QuantizedView x = context.quantized_in(node, kX);
    auto args = common<kernels::LinearI8>(context, node);
    args.x = x.data;
    args.x_quant = x.quant;
    args.x_stride = x.stride;
    args.weights = weight.i8();
    args.weight_scales = weight.scales;
    context.kernels.linear_i8(args);
  } else {
    const RowsView& x = context.in(node, kX);
    auto args = common<kernels::LinearF32>(context, node);
    args.x = x.data;
    args.x_stride = x.stride;
    args.weights = weight.f32();
    context.kernels.linear_f32(args);
  }
}

} // namespace

const Operator kLinear = {"linear",        1,          kInputs, kAttributes, infer,
                          quantized_input, no_scratch, run,     row_by_row};

} // namespace heed::ops
