// What values a graph computes, for passes that calibrate.
#ifndef HEED_CONVERTER_GRAPH_PASSES_ACTIVATIONS_HPP
#define HEED_CONVERTER_GRAPH_PASSES_ACTIVATIONS_HPP

#include "converter/graph/interpreter.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace heed::convert {

// Calls see(value id, row) for the rows of every value that the file form computes, too, over all requests.
// Source form.
template <class See>
void for_each_activation(const Graph& graph, const std::vector<Request>& requests, See see) {
  const Interpreter interpreter(graph);
  for (const Request& request : requests) {
    const std::vector<Matrix> values = interpreter.run_all(request);
    const auto size = static_cast<std::int64_t>(request.history.size());
    const std::int64_t length = graph.length_of(std::min(size, graph.max_history));
    for (std::size_t v = 0; v < values.size(); ++v) {
      const Matrix& value = values[v];
      // All rows are computed where padding is, or where they are not one a place.
      const bool all = graph.computes_padding || !graph.values[v].each_place();
      const bool left = graph.padding == PaddingSide::left && !all;
      const std::int64_t first = left ? graph.slots - length : 0;
      const std::int64_t end = all ? value.rows : first + length;
      for (std::int64_t r = first; r < end; ++r) see(static_cast<ValueId>(v), value.row(r));
    }
  }
}

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_PASSES_ACTIVATIONS_HPP
