// gru v1: a gated recurrent unit over the events, oldest first (Cho et al. 2014, arXiv:1406.1078, in the form
// of cuDNN and torch.nn.GRU). x holds the input's share of the gates, W_ih x + b_ih, as [reset | update |
// new].
//
//   g = W_hh h + b_hh;  r = sigmoid(x_r + g_r);  z = sigmoid(x_z + g_z);  n = tanh(x_n + r * g_n)
//   h = (1 - z) * n + z * h, from zeros on; the result is h after each event
//
// Beside the kernels plain C++: one multiplication or addition at a time gives the same bits everywhere.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/gru_step.hpp"
#include "runtime/ops/registry.hpp"

#include <algorithm>

namespace heed::ops {

namespace {

enum Input { kX, kWeight, kBias };

const InputSpec kInputs[] = {{"x", InputKind::rows, false},
                             {"weight", InputKind::constant, false},
                             {"bias", InputKind::constant, true}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, kX);
  const Constant& weight = *graph.constant_input(node, kWeight);
  if (!x.events) return "its x is not one row an event";
  if (!is_blocked(weight)) return "its weight is not in a block layout";
  if (weight.rows != x.cols || weight.rows % 3 != 0 || weight.cols != weight.rows / 3)
    return "its weight is not [3 * columns, columns] for x of 3 * columns";
  if (!sums_fit(weight)) return "its int8 weight has too many columns";
  if (!optional_vector(graph, node, kBias, weight.rows))
    return "its bias is not a vector of the weight's rows";
  out->events = true;
  out->cols = static_cast<std::uint32_t>(weight.cols);
  return nullptr;
}

// Scratch, in floats: the state's share of the gates [3 * columns]; reset and update, each a row of its own
// because kernels may write beyond a row's columns; zeros for the state before the first event; where the
// weight is int8 the quantized state and its scale.
struct Scratch {
  std::size_t gates, reset, update, state, quantized, quant, floats;
};
Scratch lay_out(const Constant& weight) {
  std::size_t end = 0;
  const auto place = [&](std::size_t floats) { // with room to read on
    const std::size_t offset = end;
    end += base::round_up(floats, std::size_t{kernels::kBlock}) + kernels::kBlock;
    return offset;
  };
  Scratch scratch{};
  scratch.gates = place(weight.rows);
  scratch.reset = place(weight.cols);
  scratch.update = place(weight.cols);
  scratch.state = place(weight.cols);
  scratch.quantized = place(base::round_up(weight.cols, 4) / 4);
  scratch.quant = place(sizeof(kernels::RowQuant) / sizeof(float));
  scratch.floats = end;
  return scratch;
}

std::size_t scratch_floats(const Graph& graph, const Node& node, std::size_t) {
  return lay_out(*graph.constant_input(node, kWeight)).floats;
}

template <class Args>
Args common(const Constant& weight, const Constant* bias, float* gates) {
  Args args{};
  args.bias = bias != nullptr ? bias->f32() : nullptr;
  args.out = gates;
  args.rows = 1;
  args.cols_in = weight.cols;
  args.cols_out = weight.rows;
  args.out_stride = base::round_up(weight.rows, std::uint64_t{kernels::kBlock});
  args.activation = kernels::Activation::none;
  return args;
}

// gates = W_hh h + b_hh
void recur(const RunContext& context, const Node& node, const Scratch& scratch, const float* h) {
  const Constant& weight = *context.graph.constant_input(node, kWeight);
  const Constant* bias = context.graph.constant_input(node, kBias);
  float* gates = context.scratch + scratch.gates;
  const std::size_t stride = base::round_up(weight.cols, std::uint64_t{kernels::kBlock});
  if (weight.dtype != DType::i8) {
    auto args = common<kernels::LinearF32>(weight, bias, gates);
    args.x = h;
    args.x_stride = stride;
    args.weights = weight.f32();
    context.kernels.linear_f32(args);
    return;
  }
  auto* quantized = reinterpret_cast<std::int8_t*>(context.scratch + scratch.quantized);
  auto* quant = reinterpret_cast<kernels::RowQuant*>(context.scratch + scratch.quant);
  const std::size_t bytes = base::round_up(weight.cols, 4);
  context.kernels.quantize_rows({h, quantized, quant, 1, weight.cols, stride, bytes});
  auto args = common<kernels::LinearI8>(weight, bias, gates);
  args.x = quantized;
  args.x_quant = quant;
  args.x_stride = bytes;
  args.weights = weight.i8();
  args.weight_scales = weight.scales;
  context.kernels.linear_i8(args);
}

void run(const RunContext& context, const Node& node) {
  const Constant& weight = *context.graph.constant_input(node, kWeight);
  const std::size_t cols = weight.cols;
  const Scratch scratch = lay_out(weight);
  const float* gates = context.scratch + scratch.gates;
  float* reset = context.scratch + scratch.reset;
  float* update = context.scratch + scratch.update;
  std::fill_n(context.scratch + scratch.state, cols, 0.0f);
  const RowsView& x = context.whole_in(node, kX);
  const RowsView& out = context.whole_out(node);
  const std::size_t first = context.first;
  const float* h = first > 0 ? out.data + (first - 1) * out.stride : context.scratch + scratch.state;
  for (std::size_t t = first; t < context.history.events; ++t) {
    recur(context, node, scratch, h);
    const float* in = x.data + t * x.stride;
    float* next = out.data + t * out.stride;
    const GruStep step{in, gates, h, cols};
    step.run(context.kernels, reset, update, next);
    h = next;
  }
}

Growth growth(const Graph&, const Node&) {
  return {true, 0, true};
}

} // namespace

const Operator kGru = {"gru", 1, kInputs, {}, infer, no_quantized_input, scratch_floats, run, growth};

} // namespace heed::ops
