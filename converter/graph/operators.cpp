#include "converter/graph/operators.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr ValueKind kIds = ValueKind::ids, kTimes = ValueKind::times, kConstant = ValueKind::constant,
                    kRows = ValueKind::rows;

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
       // Options: fewer heads of keys; silu(score) * factor, or 1 for the largest score, as weights; windows
       // and
       // strides of places; softmax over queries. Biases: position_bias [heads or 1, 2 slots - 1] by the
       // places from key to query; by bucket of |t_i - t_j|, which is the number of time_edges [1, n] that
       // are
       // at most that: time_bias [heads or 1, n + 1], interval_k and interval_v [n + 1, columns] added to
       // keys
       // and values (file form: laid out for matmuls). query_time "next": t_i is that of the next event.
       {{"q", kRows},
        {"k", kRows},
        {"v", kRows},
        {"pad_k", kConstant, true},
        {"pad_v", kConstant, true},
        {"position_bias", kConstant, true},
        {"times", kTimes, true},
        {"time_edges", kConstant, true},
        {"time_bias", kConstant, true},
        {"interval_k", kConstant, true},
        {"interval_v", kConstant, true}},
       {{"heads", AttributeType::integer, {}},
        {"scale", AttributeType::real, {}},
        {"mask", AttributeType::choice, {"none", "causal"}},
        {"padding", AttributeType::choice, {"none", "constant", "per_slot"}, false, {"attended", "masked"}},
        {"fill", AttributeType::real, {}, true},
        {"key_heads", AttributeType::integer, {}, false, {}, true},
        {"weighting", AttributeType::choice, {"softmax", "silu", "hard"}, false, {}, true},
        {"factor", AttributeType::real, {}, false, {}, true},
        {"window", AttributeType::integer, {}, false, {}, true},
        {"stride", AttributeType::integer, {}, false, {}, true},
        {"normalise", AttributeType::choice, {"keys", "queries"}, false, {}, true},
        {"query_time", AttributeType::choice, {"own", "next"}, false, {}, true}}},
      // A single row b counts for every row of a; in multiply a b of one column counts for every column.
      {"add", {{"a", kRows}, {"b", kRows}}, {}},
      {"multiply", {{"a", kRows}, {"b", kRows}}, {}},
      {"concat", {{"a", kRows}, {"b", kRows}}, {}},
      // x is the input's share of the gates, reset, update and new; weight and bias are the state's. In the
      // source form padding must stand on the right, where no event's state depends on it, or be computed.
      {"gru", {{"x", kRows}, {"weight", kConstant}, {"bias", kConstant, true}}, {}},
      // One step of a GRU for each row by itself: x and state are both shares of the gates.
      {"gru_cell", {{"x", kRows}, {"state", kRows}, {"h", kRows}}, {}},
      // The mean of x over the distinct items that come before ("in") or after ("out") each event's item
      // anywhere in the history; zeros where there is none. Padding is no neighbour.
      {"neighbours", {{"x", kRows}}, {{"direction", AttributeType::choice, {"in", "out"}}}},
      // Each place beside the width - 1 before it, oldest first, zeros before the first.
      {"unfold", {{"x", kRows}}, {{"width", AttributeType::integer, {}}}},
      {"flatten", {{"x", kRows}}, {}},
      // Sums over places with fixed weights [heads * R, slots], each head for its share of the columns: R
      // rows,
      // or one for each place (R = slots). Source form: over all slots.
      {"mix",
       {{"x", kRows}, {"weights", kConstant}, {"bias", kConstant, true}},
       {{"heads", AttributeType::integer, {}}, {"per_event", AttributeType::flag, {}}}},
      // Interests by dynamic routing over real events, from logits [interests, slots] by position; `dynamic`:
      // fewer for short histories.
      {"capsule_routing",
       {{"x", kRows}, {"logits", kConstant}},
       {{"iterations", AttributeType::integer, {}},
        {"position_rule", AttributeType::choice, {"from_left", "from_right"}},
        {"dynamic", AttributeType::flag, {}}}},
      {"l2_norm", {{"x", kRows}}, {{"heads", AttributeType::integer, {}}, {"eps", AttributeType::real, {}}}},
      // The rows of a constant; the row of each slot's position.
      {"parameter", {{"table", kConstant}}, {}},
      {"position",
       {{"table", kConstant}},
       {{"position_rule", AttributeType::choice, {"from_left", "from_right"}}}},
      // One row out of real events and, under "attended", padded slots: their sum, each times its weight (one
      // column); a mean divides it by the number of events. File form: `pad` is what padded slots hold,
      // counted slots - T times. "max" is each column's largest from place `skip` on, 0 where there is none.
      {"pool",
       {{"x", kRows}, {"weights", kRows, true}, {"pad", kConstant, true}},
       {{"kind", AttributeType::choice, {"sum", "mean", "max"}},
        {"padding", AttributeType::choice, {"none", "constant"}, false, {"attended", "masked"}},
        {"skip", AttributeType::integer, {}, false, {}, true}}},
      // The sum over t of w[t] values[t], w[t] = v . act(keys[t] + query) or their softmax; padding as in
      // pool.
      {"additive_attention",
       {{"keys", kRows},
        {"query", kRows, true},
        {"v", kConstant},
        {"values", kRows},
        {"pad_key", kConstant, true},
        {"pad_value", kConstant, true}},
       {{"activation", AttributeType::choice, activation_names()},
        {"padding", AttributeType::choice, {"none", "constant"}, false, {"attended", "masked"}},
        {"weighting", AttributeType::choice, {"none", "softmax"}, false, {}, true}}},
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
    if (attribute.optional && !node.has(attribute.name)) continue;
    check_attribute(graph, node, attribute);
    ++expected;
  }
  require(node.attributes.size() == expected, node, "has attributes too many");
  const Shape shape = infer_shape(graph, node);
  const GraphValue& out = graph.value(node.output);
  require(out.kind == kRows && out.count == shape.count && out.cols == shape.cols, node,
          "makes another shape than recorded");
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

void check(const Graph& graph) {
  std::vector<bool> known(graph.values.size());
  for (std::size_t i = 0; i < graph.values.size(); ++i) known[i] = graph.values[i].kind != kRows;
  for (const Node& node : graph.nodes) {
    check_node(graph, node, known);
    require(!known[static_cast<std::size_t>(node.output)], node, "makes a value a second time");
    known[static_cast<std::size_t>(node.output)] = true;
  }
  const auto fail = [](const char* what) { throw std::logic_error(what); };
  const auto made = [&](ValueId id) {
    return id != kNone && known[static_cast<std::size_t>(id)] && graph.value(id).kind == kRows;
  };
  if (!made(graph.output) || graph.value(graph.output).each_place())
    fail("the graph's output is not a single row, nor several interests");
  for (const GraphOutput& output : graph.outputs)
    if (!made(output.value)) fail("an output is not made by the graph");
  for (const GraphValue& value : graph.values) {
    const bool feature = value.kind == kTimes || (value.kind == kIds && value.feature != kNone);
    if (feature && (value.feature < 0 || static_cast<std::size_t>(value.feature) >= graph.features.size()))
      fail("a value is of a feature that does not exist");
  }
  if (graph.max_history < 1 || graph.length_of(graph.max_history) > graph.slots)
    fail("max_history does not fit the slots");
  const auto fits = [&](ConstantId table, std::int64_t further) {
    return table != kNone && graph.constants[static_cast<std::size_t>(table)].rows() == graph.items + further;
  };
  const std::int64_t unknown = graph.unknown_row == kNone ? 0 : 1;
  const std::int64_t input =
      unknown + (graph.append_row == kNone ? 0 : 1) + (graph.fill_row == kNone ? 0 : 1);
  if (graph.items < 1 || !fits(graph.input_table, input) ||
      !fits(graph.table, graph.table == graph.input_table ? input : unknown) ||
      graph.constants[static_cast<std::size_t>(graph.table)].cols() != graph.dim())
    fail("the item table does not fit the graph");
  if (graph.computes_padding && (graph.appends() || graph.hidden_row != kNone))
    fail("a graph that computes padding neither appends nor hides rows");
  if (graph.bias != kNone) {
    const Constant& bias = graph.constants[static_cast<std::size_t>(graph.bias)];
    if (bias.rows() != 1 || bias.cols() != graph.constants[static_cast<std::size_t>(graph.table)].rows())
      fail("the scores' bias is not one for each row");
  }
}

} // namespace heed::convert
