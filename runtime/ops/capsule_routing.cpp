// capsule_routing v1: several interests out of one history by dynamic routing (Sabour et al. 2017,
// arXiv:1710.09829; Li et al., MIND, CIKM 2019, arXiv:1904.08030). x holds the events' capsules, already
// mapped; logits [interests, slots] are where routing starts, by position.
//
//   for each iteration: w[t] = softmax over interests of logits[.][t]; z[k] = sum over t of w[t][k] x[t];
//     c[k] = z[k] * (|z|^2 / (1 + |z|^2) / sqrt(|z|^2 + 1e-9)); logits[k][t] += c[k] . x[t]
//
// The result is the last c. Where `dynamic`, a history of T events has min(interests, floor(log2(T + 1)))
// interests, 1 at least, and the rows after them repeat the first. The attention kernel takes the softmax,
// with logits as its bias; other sums add one product after the other, first column to last.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"
#include "runtime/ops/sums.hpp"

#include <algorithm>
#include <cmath>

namespace heed::ops {

namespace {

enum Input { kX, kLogits };
const InputSpec kInputs[] = {{"x", InputKind::rows, false}, {"logits", InputKind::constant, false}};
enum AttributeIndex { kIterations, kRule, kDynamic };
enum Rule { kFromLeft, kFromRight };
const char* const kRules[] = {"from_left", "from_right"};
const AttributeSpec kAttributes[] = {{"iterations", AttributeType::integer, 1, 16, {}},
                                     {"position_rule", AttributeType::choice, 0, 0, kRules},
                                     {"dynamic", AttributeType::boolean, 0, 1, {}}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& x = graph.input(node, kX);
  const Constant& logits = *graph.constant_input(node, kLogits);
  if (!x.events) return "its x is not one row an event";
  if (!is_row_major(logits, logits.rows, graph.slots) || logits.rows > kMostRows)
    return "its logits are not one a slot, or for too many interests";
  out->events = false;
  out->count = static_cast<std::uint32_t>(logits.rows);
  out->cols = x.cols;
  return nullptr;
}

// Scratch, in floats: logits and weights, both [events, interests], zeros, and the kernel's own.
std::size_t row_floats(const Graph& graph, const Node& node) {
  return base::round_up(graph.constant_input(node, kLogits)->rows, std::uint64_t{kernels::kBlock});
}
std::size_t scratch_floats(const Graph& graph, const Node& node, std::size_t events) {
  const std::size_t row = row_floats(graph, node);
  return 3 * events * row + (row + 1) * kernels::kBlock + kernels::attention_scratch_floats(row, 0, 1);
}

float dot(const float* a, const float* b, std::size_t cols) {
  float sum = 0.0f;
  for (std::size_t c = 0; c < cols; ++c) {
    const float term = a[c] * b[c];
    sum += term;
  }
  return sum;
}

void squash(float* z, std::size_t cols) {
  const float squares = dot(z, z, cols);
  const float factor = squares / (1.0f + squares) / std::sqrt(squares + 1e-9f);
  for (std::size_t c = 0; c < cols; ++c) z[c] *= factor;
}

std::size_t interests_of(const Node& node, std::size_t most, std::size_t events) {
  if (node.attributes[kDynamic].integer == 0) return most;
  std::size_t interests = 0;
  while (interests < most && (std::size_t{2} << interests) <= events + 1) ++interests;
  return std::max<std::size_t>(interests, 1);
}

void run(const RunContext& context, const Node& node) {
  const Constant& start = *context.graph.constant_input(node, kLogits);
  const RowsView& x = context.in(node, kX);
  const RowsView& out = context.out(node);
  const History& history = context.history;
  const std::size_t cols = context.graph.input(node, kX).cols, events = history.events;
  const std::size_t row = row_floats(context.graph, node);
  const std::size_t interests = interests_of(node, start.rows, history.length);
  const std::size_t first =
      node.attributes[kRule].integer == kFromRight ? context.graph.slots - history.length : 0;
  float* logits = context.scratch;
  float* weights = logits + events * row;
  float* unused = weights + events * row; // what the kernel makes besides: [events][16] at least
  float* zeros = unused + events * row;
  kernels::Attention args{};
  std::fill_n(zeros, (row + 1) * kernels::kBlock, 0.0f);
  args.q = zeros; // with strides of 0 one for all events
  args.k = args.v = zeros;
  args.bias = logits;
  args.bias_stride = row;
  args.weights = weights;
  args.weights_stride = row;
  args.out = unused;
  args.out_stride = kernels::kBlock;
  args.scratch = zeros + (row + 1) * kernels::kBlock;
  args.queries = events;
  args.keys = interests;
  args.k_stride = args.v_stride = kernels::kBlock;
  args.heads = args.key_heads = args.head_dim = 1;
  args.scale = 1.0f;
  for (std::size_t t = 0; t < events; ++t) {
    std::fill_n(logits + t * row, row, 0.0f);
    for (std::size_t k = 0; k < interests; ++k)
      logits[t * row + k] = start.f32()[k * start.row_stride() + first + history.places[t]];
  }
  for (std::int64_t i = 0; i < node.attributes[kIterations].integer; ++i) {
    context.kernels.attention(args);
    for (std::size_t k = 0; k < interests; ++k) {
      float* capsule = out.data + k * out.stride;
      std::fill_n(capsule, cols, 0.0f);
      for (std::size_t t = 0; t < events; ++t)
        add_weighted(x.data + t * x.stride, weights[t * row + k], cols, capsule);
      squash(capsule, cols);
      for (std::size_t t = 0; t < events; ++t)
        logits[t * row + k] += dot(capsule, x.data + t * x.stride, cols);
    }
  }
  for (std::size_t k = interests; k < start.rows; ++k) std::copy_n(out.data, cols, out.data + k * out.stride);
}

} // namespace

const Operator kCapsuleRouting = {"capsule_routing", 1,  kInputs, kAttributes, infer, no_quantized_input,
                                  scratch_floats,    run};

} // namespace heed::ops
