#include "converter/graph/operators.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr ValueKind kIds = ValueKind::ids, kConstant = ValueKind::constant, kRows = ValueKind::rows;

const std::vector<OperatorSpec>& specs() {
  static const std::vector<OperatorSpec> all = {
      // y = table[id] * scale + positions[place]. `pad` is what a padded slot holds before its position (zero
      // when absent); `pad_position` tells whether it gets one.
      {"embedding",
       {{"ids", kIds}, {"table", kConstant}, {"positions", kConstant, true}, {"pad", kConstant, true, true}},
       {{"scale", AttributeType::real, {}},
        {"position_rule", AttributeType::choice, {"none", "from_left", "from_right"}},
        {"pad_position", AttributeType::flag, {}, true}}},
      {"layer_norm",
       {{"x", kRows}, {"gamma", kConstant, true}, {"beta", kConstant, true}},
       {{"eps", AttributeType::real, {}},
        {"unbiased", AttributeType::flag, {}},
        {"eps_outside", AttributeType::flag, {}}}},
      {"linear",
       {{"x", kRows}, {"weight", kConstant}, {"bias", kConstant, true}, {"residual", kRows, true}},
       {{"activation", AttributeType::choice, activation_names()}}},
      // Source form: `fill` is added to the score of every key that a query may not see, because it lies in
      // the future or is padding under "masked"; minus infinity removes the key, and a query that sees no key
      // gets zeros. File form: pad_k and pad_v are the padding's keys and values, [1, cols] counted
      // slots - T times ("constant") or [slots, cols] of which the first slots - T count ("per_slot").
      {"attention",
       {{"q", kRows}, {"k", kRows}, {"v", kRows}, {"pad_k", kConstant, true}, {"pad_v", kConstant, true}},
       {{"heads", AttributeType::integer, {}},
        {"scale", AttributeType::real, {}},
        {"mask", AttributeType::choice, {"none", "causal"}},
        {"padding", AttributeType::choice, {"none", "constant", "per_slot"}, false, {"attended", "masked"}},
        {"fill", AttributeType::real, {}, true}}},
      // A single row b counts for every row of a; in multiply a b of one column counts for every column.
      {"add", {{"a", kRows}, {"b", kRows}}, {}},
      {"multiply", {{"a", kRows}, {"b", kRows}}, {}},
      {"concat", {{"a", kRows}, {"b", kRows}}, {}},
      // x is the input's share of the gates, reset, update and new; weight and bias are the state's. In the
      // source
      // form padding must stand on the right, where no event's state depends on it.
      {"gru", {{"x", kRows}, {"weight", kConstant}, {"bias", kConstant, true}}, {}},
      // One row out of real events and, under "attended", padded slots: their sum, each times its weight (one
      // column); a mean divides it by the number of events. File form: `pad` is what padded slots hold,
      // counted
      // slots - T times.
      {"pool",
       {{"x", kRows}, {"weights", kRows, true}, {"pad", kConstant, true}},
       {{"kind", AttributeType::choice, {"sum", "mean"}},
        {"padding", AttributeType::choice, {"none", "constant"}, false, {"attended", "masked"}}}},
      // The sum over t of (v . act(keys[t] + query)) values[t], with padding as in pool.
      {"additive_attention",
       {{"keys", kRows},
        {"query", kRows, true},
        {"v", kConstant},
        {"values", kRows},
        {"pad_key", kConstant, true},
        {"pad_value", kConstant, true}},
       {{"activation", AttributeType::choice, activation_names()},
        {"padding", AttributeType::choice, {"none", "constant"}, false, {"attended", "masked"}}}},
      {"activation", {{"x", kRows}}, {{"kind", AttributeType::choice, activation_names()}}},
      {"last", {{"x", kRows}}, {}},
      // Rows of padded slots become zero.
      {"mask_padding", {{"x", kRows}}, {}, true},
  };
  return all;
}

[[noreturn]] void broken(const Node& node, const std::string& what) {
  throw std::logic_error(fmt::format("node {} ({}): {}", node.name, node.op, what));
}

void require(bool condition, const Node& node, const char* what) {
  if (!condition) broken(node, what);
}

bool is_vector(const Graph& graph, ValueId id, std::int64_t cols) {
  return id == kNone || (graph.constant(id).rows() == 1 && graph.constant(id).cols() == cols);
}

void check_attribute(const Graph& graph, const Node& node, const AttributeSpec& spec) {
  switch (spec.type) {
  case AttributeType::flag:
    node.flag(spec.name);
    return;
  case AttributeType::integer:
    node.integer(spec.name);
    return;
  case AttributeType::real:
    node.real(spec.name);
    return;
  case AttributeType::choice: {
    const bool source = graph.form == Form::source && !spec.source_choices.empty();
    const auto& choices = source ? spec.source_choices : spec.choices;
    const std::string& value = node.choice(spec.name);
    if (std::find(choices.begin(), choices.end(), value) == choices.end())
      broken(node, fmt::format("{} cannot be {}", spec.name, value));
  }
  }
}

void check_node(const Graph& graph, const Node& node, const std::vector<bool>& known) {
  const OperatorSpec& spec = find_operator(node.op);
  const bool source = graph.form == Form::source;
  require(source || !spec.source_only, node, "belongs to the source form");
  for (std::size_t i = 0; i < std::max(spec.inputs.size(), node.inputs.size()); ++i) {
    const ValueId id = node.input(i);
    const bool allowed = i < spec.inputs.size() && (source || !spec.inputs[i].source_only);
    if (!allowed) {
      require(id == kNone, node, "has an input too many");
      continue;
    }
    if (id == kNone) {
      require(spec.inputs[i].optional, node, "lacks an input");
      continue;
    }
    require(graph.value(id).kind == spec.inputs[i].kind, node, "has an input of the wrong kind");
    require(known[static_cast<std::size_t>(id)], node, "uses a value before it is made");
  }
  std::size_t expected = 0;
  for (const AttributeSpec& attribute : spec.attributes) {
    if (!source && attribute.source_only) continue;
    check_attribute(graph, node, attribute);
    ++expected;
  }
  require(node.attributes.size() == expected, node, "has attributes too many");
  const Shape shape = infer_shape(graph, node);
  const GraphValue& out = graph.value(node.output);
  require(out.kind == kRows && out.single == shape.single && out.cols == shape.cols, node,
          "makes another shape than recorded");
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
  return {false, cols};
}

Shape attention_shape(const Graph& graph, const Node& node) {
  const GraphValue& q = graph.value(node.input(0));
  const GraphValue& k = graph.value(node.input(1));
  const GraphValue& v = graph.value(node.input(2));
  require(!k.single && !v.single, node, "keys and values are not one row a place");
  require(q.cols == k.cols && k.cols == v.cols, node, "queries, keys and values differ in columns");
  const std::int64_t heads = node.integer("heads");
  require(heads >= 1 && q.cols % heads == 0, node, "heads do not divide the columns");
  const std::string& padding = node.choice("padding");
  const bool rows = padding == "constant" || padding == "per_slot";
  for (const std::size_t i : {std::size_t{3}, std::size_t{4}}) {
    require((node.input(i) != kNone) == rows, node, "padding and its rows contradict each other");
    if (!rows) continue;
    const Constant& pad = graph.constant(node.input(i));
    require(pad.rows() == (padding == "constant" ? 1 : graph.slots) && pad.cols() == q.cols, node,
            "padding rows have the wrong shape");
  }
  return {q.single, q.cols};
}

Shape additive_shape(const Graph& graph, const Node& node) {
  const GraphValue& keys = graph.value(node.input(0));
  const GraphValue& values = graph.value(node.input(3));
  require(!keys.single && !values.single, node, "keys and values are not one row a place");
  if (node.input(1) != kNone) {
    const GraphValue& query = graph.value(node.input(1));
    require(query.single && query.cols == keys.cols, node, "its query is not one row as wide as the keys");
  }
  require(is_vector(graph, node.input(2), keys.cols), node, "v does not fit the keys");
  const bool pads = node.choice("padding") == "constant";
  require((node.input(4) != kNone) == pads && (node.input(5) != kNone) == pads, node,
          "padding contradicts itself");
  require(is_vector(graph, node.input(4), keys.cols) && is_vector(graph, node.input(5), values.cols), node,
          "its padding rows do not fit");
  return {true, values.cols};
}

Shape combined_shape(const Graph& graph, const Node& node) {
  const GraphValue& a = graph.value(node.input(0));
  const GraphValue& b = graph.value(node.input(1));
  if (node.op == "concat") {
    require(a.single == b.single, node, "its inputs differ in rows");
    return {a.single, a.cols + b.cols};
  }
  require(b.single || !a.single, node, "its inputs differ in rows");
  require(b.cols == a.cols || (b.cols == 1 && node.op == "multiply"), node, "its inputs differ in columns");
  return {a.single, a.cols};
}

Shape linear_shape(const Graph& graph, const Node& node) {
  const GraphValue& x = graph.value(node.input(0));
  const Constant& weight = graph.constant(node.input(1));
  require(weight.cols() == x.cols, node, "weight does not fit x");
  require(is_vector(graph, node.input(2), weight.rows()), node, "bias does not fit the weight");
  if (node.input(3) != kNone) {
    const GraphValue& residual = graph.value(node.input(3));
    require(residual.single == x.single && residual.cols == weight.rows(), node,
            "residual has another shape than the result");
  }
  return {x.single, weight.rows()};
}

} // namespace

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names = {"none", "relu",    "gelu_erf", "gelu_tanh",
                                                 "silu", "sigmoid", "tanh"};
  return names;
}

const OperatorSpec& find_operator(const std::string& name) {
  for (const OperatorSpec& spec : specs()) {
    if (spec.name == name) return spec;
  }
  throw std::logic_error("no operator is called " + name);
}

Shape infer_shape(const Graph& graph, const Node& node) {
  if (node.op == "embedding") return embedding_shape(graph, node);
  if (node.op == "attention") return attention_shape(graph, node);
  if (node.op == "linear") return linear_shape(graph, node);
  const GraphValue& x = graph.value(node.input(0));
  if (node.op == "layer_norm") {
    require((node.input(1) == kNone) == (node.input(2) == kNone), node, "gamma and beta come together");
    require(is_vector(graph, node.input(1), x.cols) && is_vector(graph, node.input(2), x.cols), node,
            "gamma or beta does not fit x");
  }
  if (node.op == "add" || node.op == "multiply" || node.op == "concat") return combined_shape(graph, node);
  if (node.op == "gru") {
    const Constant& weight = graph.constant(node.input(1));
    require(!x.single && weight.rows() == x.cols && weight.rows() == 3 * weight.cols(), node,
            "its weight does not fit x");
    require(is_vector(graph, node.input(2), weight.rows()), node, "its bias does not fit the weight");
    return {false, weight.cols()};
  }
  if (node.op == "pool") {
    require(!x.single, node, "x is not one row a place");
    if (node.input(1) != kNone) {
      const GraphValue& weights = graph.value(node.input(1));
      require(!weights.single && weights.cols == 1, node, "its weights are not one number a place");
    }
    require((node.input(2) != kNone) == (node.choice("padding") == "constant"), node,
            "padding contradicts itself");
    require(is_vector(graph, node.input(2), x.cols), node, "its padding row does not fit");
    return {true, x.cols};
  }
  if (node.op == "additive_attention") return additive_shape(graph, node);
  return {node.op == "last" || x.single, x.cols};
}

void check(const Graph& graph) {
  std::vector<bool> known(graph.values.size());
  for (std::size_t i = 0; i < graph.values.size(); ++i) known[i] = graph.values[i].kind != kRows;
  for (const Node& node : graph.nodes) {
    check_node(graph, node, known);
    require(!known[static_cast<std::size_t>(node.output)], node, "makes a value a second time");
    known[static_cast<std::size_t>(node.output)] = true;
  }
  const auto fail = [](const char* what) { throw std::logic_error(what); };
  if (graph.output == kNone || !known[static_cast<std::size_t>(graph.output)] ||
      !graph.value(graph.output).single)
    fail("the graph's output is not a single row");
  if (graph.max_history < 1 || graph.length_of(graph.max_history) > graph.slots)
    fail("max_history does not fit the slots");
  const auto fits = [&](ConstantId table, std::int64_t further) {
    return table != kNone && graph.constants[static_cast<std::size_t>(table)].rows() == graph.items + further;
  };
  const std::int64_t unknown = graph.unknown_row == kNone ? 0 : 1;
  const std::int64_t input = unknown + (graph.append_row == kNone ? 0 : 1);
  if (graph.items < 1 || !fits(graph.input_table, input) ||
      !fits(graph.table, graph.table == graph.input_table ? input : unknown) ||
      graph.constants[static_cast<std::size_t>(graph.table)].cols() != graph.dim())
    fail("the item table does not fit the graph");
  if (graph.bias != kNone) {
    const Constant& bias = graph.constants[static_cast<std::size_t>(graph.bias)];
    if (bias.rows() != 1 || bias.cols() != graph.constants[static_cast<std::size_t>(graph.table)].rows())
      fail("the scores' bias is not one for each row");
  }
}

} // namespace heed::convert
