#include "runtime/plan/growth.hpp"

#include "runtime/ops/operator.hpp"

namespace heed::plan {

namespace {

// Whether earlier events keep their places and rows when one more follows.
bool events_stay(const ops::Graph& graph) {
  return !graph.filled() && graph.append_row < 0 && graph.hidden_row < 0 && graph.features.empty();
}

} // namespace

Growing find_growing(const ops::Graph& graph, const std::vector<int>& outputs) {
  Growing growing;
  growing.nodes.resize(graph.nodes.size());
  growing.kept.resize(graph.values.size());
  growing.quantized.resize(graph.values.size());
  if (!events_stay(graph)) return growing;
  // Whether what is there does not change: rows of earlier events, or all of a value that has no row an
  // event.
  std::vector<bool> stable(graph.values.size());
  for (std::size_t v = 0; v < graph.values.size(); ++v)
    stable[v] = graph.values[v].kind != ops::ValueKind::rows;

  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const ops::Node& node = graph.nodes[n];
    const ops::Value& made = graph.values[static_cast<std::size_t>(node.output)];
    bool stable_inputs = true, reads_events = false;
    for (int i = 0; i < ops::kMaxInputs; ++i) {
      if (!node.has(i)) continue;
      const ops::Value& value = graph.input(node, i);
      stable_inputs = stable_inputs && stable[static_cast<std::size_t>(node.inputs[i])];
      reads_events = reads_events || value.kind == ops::ValueKind::ids || value.events;
    }
    const ops::Growth growth = node.op->growth(graph, node);
    const bool grows = growth.possible && stable_inputs;
    growing.nodes[n] = grows;
    stable[static_cast<std::size_t>(node.output)] = made.events ? grows : stable_inputs && !reads_events;
    growing.any = growing.any || (grows && made.events);
    for (int i = 0; i < ops::kMaxInputs; ++i) {
      if (!node.has(i) || !graph.input(node, i).events) continue;
      if (!grows || (growth.kept_inputs >> i & 1u) != 0)
        growing.kept[static_cast<std::size_t>(node.inputs[i])] = true;
    }
    if (grows && growth.kept_output) growing.kept[static_cast<std::size_t>(node.output)] = true;
  }
  for (const int output : outputs)
    if (graph.values[static_cast<std::size_t>(output)].events)
      growing.kept[static_cast<std::size_t>(output)] = true;
  for (std::size_t v = 0; v < graph.values.size(); ++v) {
    growing.kept[v] = growing.kept[v] && stable[v];
    growing.quantized[v] = stable[v];
  }
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int wanted = graph.nodes[n].op->quantized_input(graph, graph.nodes[n]);
    if (wanted >= 0 && !growing.nodes[n])
      growing.quantized[static_cast<std::size_t>(graph.nodes[n].inputs[wanted])] = false;
  }
  return growing;
}

} // namespace heed::plan
