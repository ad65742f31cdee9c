#include "converter/graph/passes/passes.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

namespace heed::convert {
namespace {

// Nodes that the output needs, each after its inputs. Inputs come in the order in which nodes name them.
std::vector<Node> needed_nodes(const Graph& graph) {
  std::vector<Node> nodes;
  std::vector<bool> done(graph.values.size());
  const std::function<void(ValueId)> visit = [&](ValueId id) {
    if (id == kNone || graph.value(id).kind != ValueKind::rows || done[static_cast<std::size_t>(id)]) return;
    done[static_cast<std::size_t>(id)] = true;
    const int producer = graph.producer(id);
    if (producer == kNone) throw std::logic_error("nothing makes " + graph.value(id).name);
    const Node& node = graph.nodes[static_cast<std::size_t>(producer)];
    for (const ValueId input : node.inputs) visit(input);
    nodes.push_back(node);
  };
  visit(graph.output);
  for (const GraphOutput& output : graph.outputs) visit(output.value);
  return nodes;
}

} // namespace

void remove_unused(Graph& graph) {
  std::vector<Node> nodes = needed_nodes(graph);
  std::vector<bool> used(graph.values.size());
  for (const Node& node : nodes) {
    for (const ValueId input : node.inputs) {
      if (input != kNone) used[static_cast<std::size_t>(input)] = true;
    }
    used[static_cast<std::size_t>(node.output)] = true;
  }
  const auto is_table = [&](ConstantId id) {
    return id == graph.table || id == graph.bias || id == graph.appended || id == graph.filler;
  };
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].kind == ValueKind::constant && is_table(graph.values[i].constant)) used[i] = true;
  }
  std::vector<ValueId> renumbered(graph.values.size(), kNone);
  std::vector<ConstantId> moved(graph.constants.size(), kNone);
  std::vector<GraphValue> values;
  std::vector<Constant> constants;
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    if (!used[i]) continue;
    renumbered[i] = static_cast<ValueId>(values.size());
    GraphValue value = std::move(graph.values[i]);
    if (value.kind == ValueKind::constant) {
      const auto from = static_cast<std::size_t>(value.constant);
      value.constant = moved[from] = static_cast<ConstantId>(constants.size());
      constants.push_back(std::move(graph.constants[from]));
    }
    values.push_back(std::move(value));
  }
  for (Node& node : nodes) {
    for (ValueId& input : node.inputs) {
      if (input != kNone) input = renumbered[static_cast<std::size_t>(input)];
    }
    node.output = renumbered[static_cast<std::size_t>(node.output)];
  }
  graph.values = std::move(values);
  graph.constants = std::move(constants);
  graph.nodes = std::move(nodes);
  for (ConstantId* id : {&graph.table, &graph.bias, &graph.input_table, &graph.appended, &graph.filler}) {
    if (*id != kNone) *id = moved[static_cast<std::size_t>(*id)];
  }
  graph.output = renumbered[static_cast<std::size_t>(graph.output)];
  for (GraphOutput& output : graph.outputs) output.value = renumbered[static_cast<std::size_t>(output.value)];
}

} // namespace heed::convert
