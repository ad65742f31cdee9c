#include "converter/graph/passes/foldable.hpp"

#include "converter/error.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace heed::convert {
namespace {

// exp(x) is 0 in double precision from x = -746 on; the rest is room for what scores may add.
constexpr double kHidden = -1000;

bool is_any(const Node& node, const std::set<std::string>& ops) {
  return ops.count(node.op) > 0;
}

// Attention, pools and the like that take padded slots, too.
bool attends_padding(const Graph& graph, const Node& node) {
  if (node.op == "attention" && !graph.value(node.input(1)).each_place()) return false; // latent keys
  return is_any(node, {"attention", "pool", "additive_attention"}) && node.choice("padding") == "attended";
}

bool by_queries(const Node& node) {
  return node.has("normalise") && node.choice("normalise") == "queries";
}

bool asks_next_time(const Node& node) {
  return node.has("query_time") && node.choice("query_time") == "next";
}

// Whether a value, or where it has a row for each place its padded rows, is the same for every request. Holds
// for padding on the left, where causal queries of padded slots see padded slots alone.
bool is_fixed(const Graph& graph, ValueId id) {
  const int producer = graph.producer(id);
  if (producer == kNone) return true;
  const Node& node = graph.nodes[static_cast<std::size_t>(producer)];
  const bool each_place = graph.value(id).each_place();
  if (node.op == "embedding") return each_place; // a single row is the request's own
  if (is_any(node, {"gru", "unfold", "mix"}) || asks_next_time(node)) return false;
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
    if (input == kNone || graph.value(input).kind != ValueKind::rows) return true;
    return (each_place || !graph.value(input).each_place()) && is_fixed(graph, input);
  });
}

// A softmax over queries runs over padded ones, too, unless none of them sees a real key.
void check_by_queries(const Graph& graph, const Node& node) {
  const bool queries = graph.value(node.input(0)).each_place(),
             keys = graph.value(node.input(1)).each_place();
  const bool causal = node.choice("mask") == "causal" && graph.padding == PaddingSide::left;
  if (queries && !causal)
    unsupported(node, "its softmax runs over padded queries, too; padding must be computed");
  if (keys && (node.choice("padding") != "masked" || !std::isinf(node.real("fill"))))
    unsupported(node, "its softmax over queries sees padded keys; padding must be computed");
}

// An event of the hidden row keeps its place in the source and is not computed in the file: nothing but its
// place may count.
void check_hidden_row(const Graph& graph, const Node& node) {
  if (graph.hidden_row == kNone) return;
  const bool skips = node.op == "pool" && node.has("skip");
  const bool asks = by_queries(node) && graph.value(node.input(0)).each_place();
  if (is_any(node, {"gru", "unfold", "neighbours", "capsule_routing"}) || attends_padding(graph, node) ||
      skips || asks || asks_next_time(node))
    unsupported(node, "it does not hide the item that padding's mask hides");
  if (node.op == "last" && !graph.appends() && graph.value(node.input(0)).each_place())
    unsupported(node, "the newest event may be the item that padding's mask hides");
}

void check_node(const Graph& graph, const Node& node) {
  const bool left = graph.padding == PaddingSide::left;
  if (is_any(node, {"gru", "unfold"}) && left) unsupported(node, "it starts at padding on the left");
  if (node.op == "mix") unsupported(node, "it sums over padded slots; padding must be computed");
  if (node.op == "pool" && node.choice("kind") == "max") {
    if (attends_padding(graph, node))
      unsupported(node, "its maximum is over padded slots, too; padding must be computed");
    if (left && node.has("skip")) unsupported(node, "it skips padding on the left instead of events");
  }
  if (node.op == "neighbours" && graph.appends())
    unsupported(node, "the row that follows every history is no item");
  check_hidden_row(graph, node);
}

} // namespace

void unsupported(const Node& node, const char* why) {
  throw Error(StatusCode::not_supported, fmt::format("padding cannot be folded at {}: {}", node.name, why));
}

bool check_foldable(const Graph& graph) {
  bool attended = false;
  const Node* spilling = nullptr; // its padded queries see real events
  for (const Node& node : graph.nodes) {
    check_node(graph, node);
    if (node.op != "attention") continue;
    const bool places = graph.value(node.input(1)).each_place(); // latent keys are never padding
    const double fill = node.real("fill");
    if (places && fill > kHidden) unsupported(node, "what it adds to hidden scores does not hide them");
    const bool causal = node.choice("mask") == "causal";
    const bool masked = node.choice("padding") == "masked";
    if (by_queries(node)) check_by_queries(graph, node);
    if (places && !masked && !causal)
      unsupported(node, "it attends to padding without a causal mask, so padding depends on the events");
    if (places && masked && (!causal || !std::isinf(fill))) spilling = &node;
    attended = attended || (places && !masked && graph.padding == PaddingSide::left);
  }
  if (attended && graph.appends())
    throw Error(StatusCode::not_supported,
                "padding cannot be folded: a row that follows every history, and padding "
                "that is attended to, are not combined");
  if (attended && spilling != nullptr)
    unsupported(*spilling, "its padded slots see real events, and another block attends to padding");
  for (const Node& node : graph.nodes) {
    if (!attended || node.op != "attention" || !attends_padding(graph, node)) continue;
    if (!is_fixed(graph, node.input(1)) || !is_fixed(graph, node.input(2)))
      unsupported(node, "it attends to padding that depends on the request");
  }
  return attended;
}

void check_fillable(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    const bool latent = node.op == "attention" && !graph.value(node.input(1)).each_place();
    const bool masks = is_any(node, {"mask_padding", "neighbours", "capsule_routing"}) ||
                       (is_any(node, {"attention", "pool", "additive_attention"}) && !latent &&
                        node.choice("padding") == "masked");
    if (masks) unsupported(node, "it hides padding, which is computed");
    if (node.op == "pool" && node.choice("kind") == "mean")
      unsupported(node, "its mean divides by the number of events, but padding is computed like events");
    if (node.op == "embedding" && node.input(2) != kNone && !node.flag("pad_position"))
      unsupported(node, "padding that is computed must have positions");
  }
}

bool row_by_row(const Graph& graph, ValueId id) {
  const int producer = graph.producer(id);
  if (producer == kNone) return true;
  const Node& node = graph.nodes[static_cast<std::size_t>(producer)];
  if (is_any(node, {"attention", "gru", "unfold", "neighbours", "mix"})) return false;
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
    if (input == kNone || graph.value(input).kind != ValueKind::rows) return true;
    return graph.value(input).each_place() && row_by_row(graph, input);
  });
}

} // namespace heed::convert
