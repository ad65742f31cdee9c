// attention v1: weights(scale * q k^T + biases) v for each head (Vaswani et al. 2017, arXiv:1706.03762), over
// real events, with the reference's padding as constants.
//
// Queries stand at the end of the keys: a single query is the newest event. Padding "constant" has one key
// and value that count slots - T times; "per_slot" has one for each padded slot, of which the first slots - T
// count once each; "none" means that queries never see padding.
//
// Keys and values may have fewer heads than queries (Ainslie et al. 2023, arXiv:2305.13245), and several rows
// instead of one an event (latent keys, as cross attention has them). What scores are biased by is in
// attention_bias.hpp. With "normalise" queries, the softmax of a key runs over the queries that see it: all,
// or under a causal mask, where both are events, those from its own event on.
#include "runtime/ops/attention_bias.hpp"
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"
#include "runtime/ops/sums.hpp"

#include <algorithm>

namespace heed::ops {

namespace {

using namespace attention;

const InputSpec kInputs[] = {{"q", InputKind::rows, false},
                             {"k", InputKind::rows, false},
                             {"v", InputKind::rows, false},
                             {"pad_k", InputKind::constant, true},
                             {"pad_v", InputKind::constant, true},
                             {"position_bias", InputKind::constant, true},
                             {"times", InputKind::times, true},
                             {"time_edges", InputKind::constant, true},
                             {"time_bias", InputKind::constant, true},
                             {"interval_k", InputKind::constant, true},
                             {"interval_v", InputKind::constant, true}};
const char* const kMasks[] = {"none", "causal"};
const char* const kPaddings[] = {"none", "constant", "per_slot"};
const char* const kWeightings[] = {"softmax", "silu", "hard"};
const char* const kAxes[] = {"keys", "queries"};
const char* const kQueryTimes[] = {"own", "next"};
const AttributeSpec kAttributes[] = {
    {"heads", AttributeType::integer, 1, 1024, {}},
    {"scale", AttributeType::real, -1e6, 1e6, {}},
    {"mask", AttributeType::choice, 0, 0, kMasks},
    {"padding", AttributeType::choice, 0, 0, kPaddings},
    {"key_heads", AttributeType::integer, 1, 1024, {}, true, 0}, // absent: as many as queries have
    {"weighting", AttributeType::choice, 0, 0, kWeightings, true, 0},
    {"factor", AttributeType::real, -1e6, 1e6, {}, true, 1},
    {"window", AttributeType::integer, 1, 1 << 20, {}, true, 0}, // absent: all keys
    {"stride", AttributeType::integer, 1, 1 << 20, {}, true, 1},
    {"normalise", AttributeType::choice, 0, 0, kAxes, true, 0},
    {"query_time", AttributeType::choice, 0, 0, kQueryTimes, true, 0}};

// What only attention over the history's own events can have.
const char* check_events_alone(const Graph& graph, const Node& node) {
  const Value& k = graph.input(node, kK);
  const bool several = !graph.input(node, kQ).events && !graph.input(node, kQ).single();
  const bool biased = needs_more(node);
  if (!k.events && (node.attributes[kPadding].integer != kPaddingNone || biased))
    return "its padding or bias needs keys that are events";
  if ((!k.events || several) && node.attributes[kMask].integer == kMaskCausal)
    return "its causal mask needs queries and keys that are events";
  if (several && biased) return "its bias needs queries that are events";
  if (node.attributes[kNormalise].integer != kByQueries) return nullptr;
  if (node.attributes[kPadding].integer != kPaddingNone || biased ||
      node.attributes[kWeighting].integer != kSoftmax)
    return "its softmax over queries allows neither padding, bias nor other weights";
  if (key_heads_of(node) != static_cast<std::size_t>(node.attributes[kHeads].integer))
    return "its softmax over queries needs as many heads of keys as of queries";
  if (node.attributes[kMask].integer == kMaskCausal && !graph.input(node, kQ).events)
    return "its causal softmax over queries needs all of them";
  if (too_many_scores(graph, node)) return "its heads and slots make more scores than a reader must hold";
  return nullptr;
}

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& q = graph.input(node, kQ);
  const Value& k = graph.input(node, kK);
  const Value& v = graph.input(node, kV);
  const std::int64_t heads = node.attributes[kHeads].integer;
  if (!equal_rows(k, v)) return "its keys and values differ in rows";
  if (q.cols % heads != 0) return "its heads do not divide the columns";
  const auto key_heads = static_cast<std::int64_t>(key_heads_of(node));
  if (heads % key_heads != 0) return "its heads of keys do not divide the heads of queries";
  if (k.cols != q.cols / heads * key_heads || k.cols != v.cols)
    return "its queries, keys and values differ in columns";
  const std::int64_t padding = node.attributes[kPadding].integer;
  if (node.has(kPadK) != (padding != kPaddingNone) || node.has(kPadV) != (padding != kPaddingNone))
    return "its padding treatment and its padding rows contradict each other";
  if (padding != kPaddingNone) {
    const std::uint64_t rows = padding == kPaddingConstant ? 1 : graph.slots;
    if (!is_row_major(*graph.constant_input(node, kPadK), rows, k.cols) ||
        !is_row_major(*graph.constant_input(node, kPadV), rows, k.cols))
      return "its padding rows have the wrong shape";
  }
  if (const char* problem = check_events_alone(graph, node); problem != nullptr) return problem;
  if (const char* problem = check_bias(graph, node); problem != nullptr) return problem;
  same_rows(q, out);
  out->cols = q.cols;
  return nullptr;
}

// Scratch, in floats: the kernel's own, then bias and weights (attention_bias.hpp).
std::size_t kernel_scratch(const Graph& graph, const Node& node, std::size_t events) {
  const Value& k = graph.input(node, kK);
  const bool per_slot = node.attributes[kPadding].integer == kPaddingPerSlot;
  const std::size_t keys =
      (node.attributes[kNormalise].integer == kByQueries ? graph.input(node, kQ) : k).row_count(events);
  return kernels::attention_scratch_floats(keys, per_slot ? graph.slots : 1, head_dim(graph, node));
}

std::size_t scratch_floats(const Graph& graph, const Node& node, std::size_t events) {
  const std::size_t own = base::round_up(kernel_scratch(graph, node, events), kernels::kBlock);
  if (node.attributes[kNormalise].integer != kByQueries) return own + bias_floats(graph, node, events);
  const std::size_t queries = graph.input(node, kQ).row_count(events);
  const std::size_t keys = graph.input(node, kK).row_count(events);
  const std::size_t heads = static_cast<std::size_t>(node.attributes[kHeads].integer);
  const bool causal = node.attributes[kMask].integer == kMaskCausal;
  return own + keys * base::round_up(graph.input(node, kQ).cols, kernels::kBlock) +
         heads * keys * base::round_up(queries, kernels::kBlock) +
         (causal ? keys * kernels::attention_bias_stride(queries, 0) : 0);
}

kernels::Attention common(const RunContext& context, const Node& node) {
  kernels::Attention args{};
  args.scratch = context.scratch;
  args.heads = static_cast<std::size_t>(node.attributes[kHeads].integer);
  args.key_heads = key_heads_of(node);
  args.head_dim = head_dim(context.graph, node);
  args.scale = static_cast<float>(node.attributes[kScale].real);
  args.factor = static_cast<float>(node.attributes[kFactor].real);
  args.weighting = static_cast<kernels::Weighting>(node.attributes[kWeighting].integer);
  return args;
}

// Hides from each key the queries before it.
void hide_past(kernels::Attention& args, float* bias) {
  args.bias = bias;
  args.bias_stride = kernels::attention_bias_stride(args.keys, 0);
  for (std::size_t j = 0; j < args.queries; ++j) {
    std::fill_n(bias + j * args.bias_stride, args.bias_stride, 0.0f);
    std::fill_n(bias + j * args.bias_stride, j, kHidden);
  }
}

// Softmax over queries: with queries and keys exchanged the kernel gives each key's weights, and each query's
// sum runs over the keys.
void run_by_queries(const RunContext& context, const Node& node) {
  const RowsView& q = context.in(node, kQ);
  const RowsView& k = context.in(node, kK);
  const RowsView& v = context.in(node, kV);
  const RowsView& out = context.out(node);
  const std::size_t cols = context.graph.input(node, kQ).cols;
  kernels::Attention args = common(context, node);
  args.q = k.data;
  args.q_stride = k.stride;
  args.k = args.v = q.data;
  args.k_stride = args.v_stride = q.stride;
  args.queries = context.row_count(context.graph.input(node, kK));
  args.keys = context.row_count(context.graph.input(node, kQ));
  args.out = context.scratch +
             base::round_up(kernels::attention_scratch_floats(args.keys, 1, args.head_dim), kernels::kBlock);
  args.out_stride = base::round_up(cols, kernels::kBlock);
  args.weights = args.out + args.queries * args.out_stride;
  args.weights_stride = base::round_up(args.keys, kernels::kBlock);
  const bool causal = node.attributes[kMask].integer == kMaskCausal;
  if (causal) hide_past(args, args.weights + args.heads * args.queries * args.weights_stride);
  context.kernels.attention(args);
  for (std::size_t i = 0; i < args.keys; ++i) {
    float* y = out.data + i * out.stride;
    std::fill_n(y, cols, 0.0f);
    for (std::size_t h = 0; h < args.heads; ++h)
      for (std::size_t j = 0; j < (causal ? i + 1 : args.queries); ++j)
        add_weighted(v.data + j * v.stride + h * args.head_dim,
                     args.weights[(h * args.queries + j) * args.weights_stride + i], args.head_dim,
                     y + h * args.head_dim);
  }
}

void run(const RunContext& context, const Node& node) {
  if (node.attributes[kNormalise].integer == kByQueries) return run_by_queries(context, node);
  const RowsView q = context.in(node, kQ);
  const RowsView& k = context.whole_in(node, kK);
  const RowsView& v = context.whole_in(node, kV);
  const RowsView out = context.out(node);
  kernels::Attention args = common(context, node);
  args.q = q.data;
  args.q_stride = q.stride;
  args.k = k.data;
  args.k_stride = k.stride;
  args.v = v.data;
  args.v_stride = v.stride;
  args.out = out.data;
  args.out_stride = out.stride;
  args.queries = context.row_count(context.graph.input(node, kQ));
  args.keys = context.graph.input(node, kK).row_count(context.history.events);
  args.causal = node.attributes[kMask].integer == kMaskCausal;
  const std::size_t padded = context.graph.slots - context.history.length;
  const std::int64_t padding = node.attributes[kPadding].integer;
  if (padding != kPaddingNone && padded > 0) {
    args.pad_k = context.graph.constant_input(node, kPadK)->f32();
    args.pad_v = context.graph.constant_input(node, kPadV)->f32();
    args.pad_rows = padding == kPaddingConstant ? 1 : padded;
    args.pad_multiplicity = padding == kPaddingConstant ? static_cast<float>(padded) : 1.0f;
  }
  if (!needs_more(node)) return context.kernels.attention(args);
  const std::size_t own = kernels::attention_scratch_floats(args.keys, args.pad_rows, args.head_dim);
  BiasedAttention(context, node, args, context.scratch + base::round_up(own, kernels::kBlock)).run();
}

// Earlier queries must not see what is new: events after them, or less padding.
Growth growth(const Graph& graph, const Node& node) {
  const bool blind = node.attributes[kMask].integer == kMaskCausal &&
                     node.attributes[kPadding].integer == kPaddingNone && !node.has(kTimes);
  const bool possible =
      node.attributes[kNormalise].integer == kByKeys && (!graph.input(node, kQ).events || blind);
  return {possible, 1u << kK | 1u << kV, false};
}

} // namespace

const Operator kAttention = {"attention",    1,   kInputs, kAttributes, infer, no_quantized_input,
                             scratch_floats, run, growth};

} // namespace heed::ops
