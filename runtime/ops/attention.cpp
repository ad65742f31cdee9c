// attention v1: softmax(scale * q k^T) v for each head (Vaswani et al. 2017, arXiv:1706.03762), over real
// events, with the reference's padding as constants.
//
// Queries stand at the end of the keys: a single query is the newest event. Padding "constant" has one key
// and value that count slots - T times; "per_slot" has one for each padded slot, of which the first slots - T
// count once each; "none" means that queries never see padding.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"

namespace heed::ops {

namespace {

enum Input { kQ, kK, kV, kPadK, kPadV };
enum AttributeIndex { kHeads, kScale, kMask, kPadding };
enum Mask { kMaskNone, kMaskCausal };
enum Padding { kPaddingNone, kPaddingConstant, kPaddingPerSlot };

const InputSpec kInputs[] = {{"q", InputKind::rows, false},
                             {"k", InputKind::rows, false},
                             {"v", InputKind::rows, false},
                             {"pad_k", InputKind::constant, true},
                             {"pad_v", InputKind::constant, true}};
const char* const kMasks[] = {"none", "causal"};
const char* const kPaddings[] = {"none", "constant", "per_slot"};
const AttributeSpec kAttributes[] = {{"heads", AttributeType::integer, 1, 1024, {}},
                                     {"scale", AttributeType::real, -1e6, 1e6, {}},
                                     {"mask", AttributeType::choice, 0, 0, kMasks},
                                     {"padding", AttributeType::choice, 0, 0, kPaddings}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Value& q = graph.input(node, kQ);
  const Value& k = graph.input(node, kK);
  const Value& v = graph.input(node, kV);
  if (!k.events || !v.events) return "its keys and values are not one row an event";
  if (q.cols != k.cols || k.cols != v.cols) return "its queries, keys and values differ in columns";
  if (q.cols % node.attributes[kHeads].integer != 0) return "its heads do not divide the columns";
  const std::int64_t padding = node.attributes[kPadding].integer;
  if (node.has(kPadK) != (padding != kPaddingNone) || node.has(kPadV) != (padding != kPaddingNone))
    return "its padding treatment and its padding rows contradict each other";
  if (padding != kPaddingNone) {
    const std::uint64_t rows = padding == kPaddingConstant ? 1 : graph.slots;
    if (!is_row_major(*graph.constant_input(node, kPadK), rows, q.cols) ||
        !is_row_major(*graph.constant_input(node, kPadV), rows, q.cols))
      return "its padding rows have the wrong shape";
  }
  out->events = q.events;
  out->cols = q.cols;
  return nullptr;
}

std::size_t head_dim(const Graph& graph, const Node& node) {
  return graph.input(node, kQ).cols / static_cast<std::size_t>(node.attributes[kHeads].integer);
}

std::size_t scratch_floats(const Graph& graph, const Node& node, std::size_t events) {
  const bool per_slot = node.attributes[kPadding].integer == kPaddingPerSlot;
  return kernels::attention_scratch_floats(events, per_slot ? graph.slots : 1, head_dim(graph, node));
}

void run(const RunContext& context, const Node& node) {
  const RowsView& q = context.in(node, kQ);
  const RowsView& k = context.in(node, kK);
  const RowsView& v = context.in(node, kV);
  const RowsView& out = context.out(node);
  kernels::Attention args{};
  args.q = q.data;
  args.q_stride = q.stride;
  args.k = k.data;
  args.k_stride = k.stride;
  args.v = v.data;
  args.v_stride = v.stride;
  args.out = out.data;
  args.out_stride = out.stride;
  args.scratch = context.scratch;
  args.queries = context.row_count(context.graph.input(node, kQ));
  args.keys = context.history.events;
  args.heads = static_cast<std::size_t>(node.attributes[kHeads].integer);
  args.head_dim = head_dim(context.graph, node);
  args.scale = static_cast<float>(node.attributes[kScale].real);
  args.causal = node.attributes[kMask].integer == kMaskCausal;
  const std::size_t padded = context.graph.slots - context.history.length;
  const std::int64_t padding = node.attributes[kPadding].integer;
  if (padding != kPaddingNone && padded > 0) {
    args.pad_k = context.graph.constant_input(node, kPadK)->f32();
    args.pad_v = context.graph.constant_input(node, kPadV)->f32();
    args.pad_rows = padding == kPaddingConstant ? 1 : padded;
    args.pad_multiplicity = padding == kPaddingConstant ? static_cast<float>(padded) : 1.0f;
  }
  context.kernels.attention(args);
}

} // namespace

const Operator kAttention = {"attention",    1,  kInputs, kAttributes, infer, no_quantized_input,
                             scratch_floats, run};

} // namespace heed::ops
