// The shape that each operator makes, and what it asks of its inputs.
#include "converter/graph/operators.hpp"

#include <map>
#include <stdexcept>

#include <fmt/format.h>

namespace heed::convert {
namespace {

void require(bool condition, const Node& node, const char* what) {
  if (!condition) throw std::logic_error(fmt::format("node {} ({}): {}", node.name, node.op, what));
}

bool is_vector(const Graph& graph, ValueId id, std::int64_t cols) {
  return id == kNone || (graph.constant(id).rows() == 1 && graph.constant(id).cols() == cols);
}

// The input is absent, or [rows, cols], or where `one` one row of them.
bool has_shape(const Graph& graph, ValueId id, std::int64_t rows, std::int64_t cols, bool one = false) {
  if (id == kNone) return true;
  const Constant& c = graph.constant(id);
  return c.cols() == cols && (c.rows() == rows || (one && c.rows() == 1));
}

std::int64_t round_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

Shape embedding_shape(const Graph& graph, const Node& node) {
  const std::int64_t cols = graph.constant(node.input(1)).cols();
  const ValueId positions = node.input(2);
  const std::string& rule = node.choice("position_rule");
  require((positions == kNone) == (rule == "none"), node, "positions and their rule contradict each other");
  require(positions == kNone ||
              (graph.constant(positions).rows() == graph.slots && graph.constant(positions).cols() == cols),
          node, "positions are not [slots, dim]");
  if (graph.form == Form::source) {
    require(rule != (graph.padding == PaddingSide::left ? "from_left" : "from_right"), node,
            "counts positions from the padded side");
    require(is_vector(graph, node.input(3), cols), node, "pad is not a row of the table's columns");
  }
  const GraphValue& ids = graph.value(node.input(0));
  const bool context = ids.feature != kNone &&
                       graph.features[static_cast<std::size_t>(ids.feature)].kind == FeatureKind::context_id;
  return {context ? 1 : kEachPlace, cols};
}

// What only attention over the history's own places can have.
void check_attention_rows(const Graph& graph, const Node& node, std::int64_t heads, std::int64_t key_heads) {
  const GraphValue& q = graph.value(node.input(0));
  const GraphValue& k = graph.value(node.input(1));
  const bool placed = k.each_place() && (q.each_place() || q.single());
  const bool causal = node.choice("mask") == "causal", biased = tells_places_apart(node);
  require(placed || !(causal || biased), node, "its mask or bias needs queries and keys that are places");
  const bool fills = graph.form == Form::source || graph.fill_row != kNone;
  require(q.each_place() || graph.padding == PaddingSide::left || !fills || !(causal || biased), node,
          "a single query stands at the last slot, where padding on the right is");
  require(k.each_place() || graph.form == Form::source || node.choice("padding") == "none", node,
          "its padding needs keys that are places");
  if (node.has("normalise") && node.choice("normalise") == "queries") {
    const bool plain = !node.has("weighting") || node.choice("weighting") == "softmax";
    const bool pads = graph.form == Form::file && node.choice("padding") != "none";
    require(plain && !pads && !biased && key_heads == heads && (!causal || q.each_place()), node,
            "a softmax over queries allows neither padding, bias nor fewer heads of keys, and a mask where "
            "they are places");
  }
  require((node.input(9) == kNone && node.input(10) == kNone) || key_heads == heads, node,
          "intervals need as many heads of keys as of queries");
}

void check_attention_bias(const Graph& graph, const Node& node, std::int64_t heads) {
  const ValueId edges = node.input(7);
  const bool times = node.input(8) != kNone || node.input(9) != kNone || node.input(10) != kNone;
  require((node.input(6) != kNone) == times && (edges != kNone) == times, node,
          "times, their edges and what they bias come together");
  require(has_shape(graph, node.input(5), heads, 2 * graph.slots - 1, true), node,
          "its bias of positions has the wrong shape");
  if (!times) return;
  const std::int64_t buckets = graph.constant(edges).cols() + 1, cols = graph.value(node.input(0)).cols;
  require(is_vector(graph, edges, buckets - 1) && has_shape(graph, node.input(8), heads, buckets, true), node,
          "its edges or bias of times have the wrong shape");
  const bool file = graph.form == Form::file;
  const std::int64_t k_rows = file ? heads * round_up(buckets, 16) : buckets,
                     k_cols = file ? cols / heads : cols;
  const std::int64_t v_rows = file ? heads * round_up(cols / heads, 16) : buckets,
                     v_cols = file ? buckets : cols;
  require(has_shape(graph, node.input(9), k_rows, k_cols) && has_shape(graph, node.input(10), v_rows, v_cols),
          node, "its intervals have the wrong shape");
}

Shape attention_shape(const Graph& graph, const Node& node) {
  const GraphValue& q = graph.value(node.input(0));
  const GraphValue& k = graph.value(node.input(1));
  const GraphValue& v = graph.value(node.input(2));
  require(k.count == v.count, node, "keys and values differ in rows");
  const std::int64_t heads = node.integer("heads");
  const std::int64_t key_heads = node.has("key_heads") ? node.integer("key_heads") : heads;
  require(heads >= 1 && q.cols % heads == 0, node, "heads do not divide the columns");
  require(key_heads >= 1 && heads % key_heads == 0, node, "heads of keys do not divide those of queries");
  require(k.cols == q.cols / heads * key_heads && k.cols == v.cols, node,
          "queries, keys and values differ in columns");
  const std::string& padding = node.choice("padding");
  const bool rows = padding == "constant" || padding == "per_slot";
  for (const std::size_t i : {std::size_t{3}, std::size_t{4}}) {
    require((node.input(i) != kNone) == rows, node, "padding and its rows contradict each other");
    require(has_shape(graph, node.input(i), padding == "constant" ? 1 : graph.slots, k.cols), node,
            "padding rows have the wrong shape");
  }
  check_attention_rows(graph, node, heads, key_heads);
  check_attention_bias(graph, node, heads);
  return {q.count, q.cols};
}

Shape additive_shape(const Graph& graph, const Node& node) {
  const GraphValue& keys = graph.value(node.input(0));
  const GraphValue& values = graph.value(node.input(3));
  require(keys.each_place() && values.each_place(), node, "keys and values are not one row a place");
  if (node.input(1) != kNone) {
    const GraphValue& query = graph.value(node.input(1));
    require(query.single() && query.cols == keys.cols, node, "its query is not one row as wide as the keys");
  }
  require(is_vector(graph, node.input(2), keys.cols), node, "v does not fit the keys");
  const bool pads = node.choice("padding") == "constant";
  require((node.input(4) != kNone) == pads && (node.input(5) != kNone) == pads, node,
          "padding contradicts itself");
  require(is_vector(graph, node.input(4), keys.cols) && is_vector(graph, node.input(5), values.cols), node,
          "its padding rows do not fit");
  return {1, values.cols};
}

Shape combined_shape(const Graph& graph, const Node& node) {
  const GraphValue& a = graph.value(node.input(0));
  const GraphValue& b = graph.value(node.input(1));
  if (node.op == "concat") {
    require(a.count == b.count, node, "its inputs differ in rows");
    return {a.count, a.cols + b.cols};
  }
  require(b.single() || b.count == a.count, node, "its inputs differ in rows");
  require(b.cols == a.cols || (b.cols == 1 && node.op == "multiply"), node, "its inputs differ in columns");
  return {a.count, a.cols};
}

Shape linear_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  const Constant& weight = graph.constant(node.input(1));
  require(weight.cols() == x.cols, node, "weight does not fit x");
  require(is_vector(graph, node.input(2), weight.rows()), node, "bias does not fit the weight");
  if (node.input(3) != kNone) {
    const GraphValue& residual = graph.value(node.input(3));
    require(residual.count == x.count && residual.cols == weight.rows(), node,
            "residual has another shape than the result");
  }
  return {x.count, weight.rows()};
}

Shape gru_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  const Constant& weight = graph.constant(node.input(1));
  require(x.each_place() && weight.rows() == x.cols && weight.rows() == 3 * weight.cols(), node,
          "its weight does not fit x");
  require(is_vector(graph, node.input(2), weight.rows()), node, "its bias does not fit the weight");
  return {kEachPlace, weight.cols()};
}

Shape cell_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  const GraphValue& state = graph.value(node.input(1));
  const GraphValue& h = graph.value(node.input(2));
  require(x.count == h.count && state.count == h.count, node, "its inputs differ in rows");
  require(x.cols == 3 * h.cols && state.cols == 3 * h.cols, node, "its gates are not three for each column");
  return {h.count, h.cols};
}

Shape norm_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  require((node.input(1) == kNone) == (node.input(2) == kNone), node, "gamma and beta come together");
  require(is_vector(graph, node.input(1), x.cols) && is_vector(graph, node.input(2), x.cols), node,
          "gamma or beta does not fit x");
  return {x.count, x.cols};
}

Shape pool_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  require(x.each_place(), node, "x is not one row a place");
  if (node.input(1) != kNone) {
    const GraphValue& weights = graph.value(node.input(1));
    require(weights.each_place() && weights.cols == 1, node, "its weights are not one number a place");
  }
  require((node.input(2) != kNone) == (node.choice("padding") == "constant"), node,
          "padding contradicts itself");
  require(is_vector(graph, node.input(2), x.cols), node, "its padding row does not fit");
  return {1, x.cols};
}

Shape mix_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  const Constant& weights = graph.constant(node.input(1));
  const std::int64_t heads = node.integer("heads");
  require(x.each_place() && x.cols % heads == 0, node, "its heads do not divide the columns");
  require(weights.cols() == graph.slots && weights.rows() % heads == 0, node, "its weights do not fit");
  const std::int64_t rows = weights.rows() / heads;
  const bool per_event = node.flag("per_event");
  require(!per_event || (rows == graph.slots && node.input(2) == kNone), node, "its weights do not fit");
  require(is_vector(graph, node.input(2), rows), node, "its bias does not fit");
  return {per_event ? kEachPlace : rows, x.cols};
}

Shape routing_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  require(x.each_place() && graph.constant(node.input(1)).cols() == graph.slots, node,
          "its logits are not one a slot");
  return {graph.constant(node.input(1)).rows(), x.cols};
}

Shape flatten_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  require(!x.each_place(), node, "its x has a row for each place");
  return {1, x.count * x.cols};
}

Shape unfold_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  require(x.each_place() && node.integer("width") >= 1, node, "its x is not one row a place");
  return {kEachPlace, x.cols * node.integer("width")};
}

Shape neighbours_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  require(x.each_place(), node, "its x is not one row a place");
  return {kEachPlace, x.cols};
}

Shape parameter_shape(const Graph& graph, const Node& node) {
  const Constant& table = graph.constant(node.input(0));
  return {table.rows(), table.cols()};
}

Shape position_shape(const Graph& graph, const Node& node) {
  const Constant& table = graph.constant(node.input(0));
  require(table.rows() == graph.slots, node, "its table is not one row a slot");
  return {kEachPlace, table.cols()};
}

Shape last_shape(const Graph& graph, const Node& node) {
  return {1, graph.value(node.input(0)).cols};
}

Shape same_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  return {x.count, x.cols};
}

} // namespace

bool tells_places_apart(const Node& node) {
  if (node.has("window") || node.has("stride")) return true;
  for (std::size_t i = 5; i < node.inputs.size(); ++i)
    if (node.inputs[i] != kNone) return true;
  return false;
}

Shape infer_shape(const Graph& graph, const Node& node) {
  using Rule = Shape (*)(const Graph&, const Node&);
  static const std::map<std::string, Rule> rules = {{"add", combined_shape},
                                                    {"additive_attention", additive_shape},
                                                    {"attention", attention_shape},
                                                    {"capsule_routing", routing_shape},
                                                    {"concat", combined_shape},
                                                    {"embedding", embedding_shape},
                                                    {"flatten", flatten_shape},
                                                    {"gru", gru_shape},
                                                    {"gru_cell", cell_shape},
                                                    {"last", last_shape},
                                                    {"layer_norm", norm_shape},
                                                    {"linear", linear_shape},
                                                    {"mix", mix_shape},
                                                    {"multiply", combined_shape},
                                                    {"neighbours", neighbours_shape},
                                                    {"parameter", parameter_shape},
                                                    {"pool", pool_shape},
                                                    {"position", position_shape},
                                                    {"unfold", unfold_shape}};
  const auto rule = rules.find(node.op);
  return rule == rules.end() ? same_shape(graph, node) : rule->second(graph, node);
}

} // namespace heed::convert
