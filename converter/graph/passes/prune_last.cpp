#include "converter/graph/operators.hpp"
#include "converter/graph/passes/passes.hpp"

#include <map>
#include <stdexcept>
#include <utility>

namespace heed::convert {
namespace {

// The inputs of which a node needs every row to make one.
std::vector<std::size_t> whole_inputs(const Node& node) {
  if (node.op == "attention") {
    if (node.has("normalise") && node.choice("normalise") == "queries") return {0, 1, 2};
    return {1, 2};
  }
  if (node.op == "additive_attention") return {0, 3};
  if (node.op == "pool") return {0, 1};
  const bool whole = node.op == "gru" || node.op == "neighbours" || node.op == "unfold" || node.op == "mix" ||
                     node.op == "capsule_routing";
  return whole ? std::vector<std::size_t>{0} : std::vector<std::size_t>{};
}

// Whether the last row of what a node makes follows from the last rows of its inputs.
bool row_by_row(const Node& node) {
  if (node.op == "attention") return whole_inputs(node).size() == 2; // queries stand at the end of the keys
  return whole_inputs(node).empty() && node.op != "embedding" && node.op != "position";
}

class Pruner {
 public:
  explicit Pruner(Graph& graph) : graph_(graph), full_(graph.values.size()) {
    for (const Node& node : graph.nodes)
      for (const std::size_t input : whole_inputs(node)) need_all_rows(node.input(input));
    for (const GraphOutput& output : graph.outputs)
      if (graph.value(output.value).each_place()) need_all_rows(output.value);
  }

  // The value that holds the last row of `id`, made once.
  ValueId last(ValueId id) {
    if (!graph_.value(id).each_place()) return id;
    const auto known = last_.find(id);
    if (known != last_.end()) return known->second;
    Node node = graph_.nodes[static_cast<std::size_t>(graph_.producer(id))];
    if (full_[static_cast<std::size_t>(id)] || !row_by_row(node)) {
      node = Node{"last", graph_.value(id).name + ".last", {id}, kNone, {}};
    } else if (node.op == "attention") {
      node.inputs[0] = last(node.inputs[0]);
    } else {
      for (ValueId& input : node.inputs) {
        if (input != kNone && graph_.value(input).kind == ValueKind::rows) input = last(input);
      }
    }
    node.output = graph_.add_rows(node.name, 1, graph_.value(id).cols);
    const ValueId output = node.output;
    graph_.nodes.push_back(std::move(node));
    last_[id] = output;
    return output;
  }

 private:
  // Marks what keys, values, recurrences and pools are made from: it is computed for all events in any case.
  void need_all_rows(ValueId id) {
    if (id == kNone || graph_.value(id).kind != ValueKind::rows || full_[static_cast<std::size_t>(id)])
      return;
    full_[static_cast<std::size_t>(id)] = true;
    const Node& node = graph_.nodes[static_cast<std::size_t>(graph_.producer(id))];
    for (const ValueId input : node.inputs) need_all_rows(input);
  }

  Graph& graph_;
  std::vector<bool> full_;
  std::map<ValueId, ValueId> last_;
};

} // namespace

void prune_last(Graph& graph) {
  if (graph.form != Form::file) throw std::logic_error("prune_last works on the file form");
  remove_unused(graph);                // dead attention would keep rows alive
  if (graph.fill_row != kNone) return; // the newest event is not the last row
  Pruner pruner(graph);
  // What follows a `last` node takes the pushed-up value instead.
  const std::size_t count = graph.nodes.size();
  std::map<ValueId, ValueId> replaced;
  for (std::size_t i = 0; i < count; ++i) {
    if (graph.nodes[i].op != "last") continue;
    const ValueId output = graph.nodes[i].output;
    replaced[output] = pruner.last(graph.nodes[i].input(0));
  }
  const auto replace = [&](ValueId& id) {
    const auto found = replaced.find(id);
    if (found != replaced.end()) id = found->second;
  };
  for (std::size_t i = 0; i < count; ++i) {
    for (ValueId& input : graph.nodes[i].inputs) replace(input);
  }
  replace(graph.output);
  for (GraphOutput& output : graph.outputs) replace(output.value);
  remove_unused(graph);
  check(graph);
}

} // namespace heed::convert
