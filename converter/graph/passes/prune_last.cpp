#include "converter/graph/operators.hpp"
#include "converter/graph/passes/passes.hpp"

#include <map>
#include <stdexcept>
#include <utility>

namespace heed::convert {
namespace {

class Pruner {
 public:
  explicit Pruner(Graph& graph) : graph_(graph), full_(graph.values.size()) {
    for (const Node& node : graph.nodes) {
      if (node.op == "gru" || node.op == "pool") need_all_rows(node.input(0));
      if (node.op == "attention" || node.op == "pool") need_all_rows(node.input(1));
      if (node.op == "attention") need_all_rows(node.input(2));
      if (node.op == "additive_attention") {
        need_all_rows(node.input(0));
        need_all_rows(node.input(3));
      }
    }
  }

  // The value that holds the last row of `id`, made once.
  ValueId last(ValueId id) {
    if (graph_.value(id).single) return id;
    const auto known = last_.find(id);
    if (known != last_.end()) return known->second;
    Node node = graph_.nodes[static_cast<std::size_t>(graph_.producer(id))];
    if (full_[static_cast<std::size_t>(id)] || node.op == "embedding" || node.op == "gru") {
      node = Node{"last", graph_.value(id).name + ".last", {id}, kNone, {}};
    } else if (node.op == "attention") {
      node.inputs[0] = last(node.inputs[0]); // queries stand at the end of the keys
    } else {
      for (ValueId& input : node.inputs) {
        if (input != kNone && graph_.value(input).kind == ValueKind::rows) input = last(input);
      }
    }
    node.output = graph_.add_rows(node.name, true, graph_.value(id).cols);
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
  remove_unused(graph); // dead attention would keep rows alive
  Pruner pruner(graph);
  // What follows a `last` node takes the pushed-up value instead.
  const std::size_t count = graph.nodes.size();
  std::map<ValueId, ValueId> replaced;
  for (std::size_t i = 0; i < count; ++i) {
    if (graph.nodes[i].op != "last") continue;
    const ValueId output = graph.nodes[i].output;
    replaced[output] = pruner.last(graph.nodes[i].input(0));
  }
  for (std::size_t i = 0; i < count; ++i) {
    for (ValueId& input : graph.nodes[i].inputs) {
      const auto found = replaced.find(input);
      if (found != replaced.end()) input = found->second;
    }
  }
  const auto found = replaced.find(graph.output);
  if (found != replaced.end()) graph.output = found->second;
  remove_unused(graph);
  check(graph);
}

} // namespace heed::convert
