#include "converter/graph/passes/passes.hpp"

#include <utility>

namespace heed::convert {

void add_unknown_row(Graph& graph) {
  Constant& table = graph.constants[static_cast<std::size_t>(graph.table)];
  const auto cols = static_cast<std::size_t>(table.cols());
  std::vector<double> mean(cols), row(cols);
  for (std::int64_t r = 0; r < graph.items; ++r) {
    table.read_row(r, row.data());
    for (std::size_t c = 0; c < cols; ++c) mean[c] += row[c];
  }
  for (double& m : mean) m /= static_cast<double>(graph.items);
  table.source = with_extra_row(table.source, std::move(mean));
  graph.unknown_row = graph.items;
}

} // namespace heed::convert
