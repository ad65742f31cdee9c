// What values a graph computes, for passes that calibrate.
#ifndef HEED_CONVERTER_GRAPH_PASSES_ACTIVATIONS_HPP
#define HEED_CONVERTER_GRAPH_PASSES_ACTIVATIONS_HPP

#include "converter/graph/interpreter.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace heed::convert {

// Calls see(value id, row) for the rows of real events of every value, over all histories. Source form.
template <class See>
void for_each_activation(const Graph& graph, const std::vector<std::vector<std::int64_t>>& histories,
                         See see) {
  const Interpreter interpreter(graph);
  for (const std::vector<std::int64_t>& history : histories) {
    const std::vector<Matrix> values = interpreter.run_all(history);
    const auto size = static_cast<std::int64_t>(history.size());
    const std::int64_t length = graph.length_of(std::min(size, graph.max_history));
    for (std::size_t v = 0; v < values.size(); ++v) {
      const Matrix& value = values[v];
      const bool left = graph.padding == PaddingSide::left && value.rows == graph.slots;
      const std::int64_t first = left ? graph.slots - length : 0;
      for (std::int64_t r = first; r < std::min(value.rows, first + length); ++r)
        see(static_cast<ValueId>(v), value.row(r));
    }
  }
}

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_PASSES_ACTIVATIONS_HPP
