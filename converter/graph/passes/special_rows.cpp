#include "converter/graph/passes/passes.hpp"

#include <numeric>
#include <utility>

namespace heed::convert {
namespace {

void add_mean_row(Constant& table, std::int64_t items) {
  const auto cols = static_cast<std::size_t>(table.cols());
  std::vector<double> mean(cols), row(cols);
  for (std::int64_t r = 0; r < items; ++r) {
    table.read_row(r, row.data());
    for (std::size_t c = 0; c < cols; ++c) mean[c] += row[c];
  }
  for (double& m : mean) m /= static_cast<double>(items);
  table.source = with_extra_row(table.source, std::move(mean));
}

void add_element(Constant& bias, double element) {
  Matrix row = bias.read();
  row.values.push_back(element);
  ++row.cols;
  bias.source = computed_rows(std::move(row));
}

double mean_of(const Constant& bias) {
  const Matrix row = bias.read();
  return std::accumulate(row.values.begin(), row.values.end(), 0.0) / static_cast<double>(row.cols);
}

} // namespace

void add_special_rows(Graph& graph) {
  const auto constant = [&](ConstantId id) -> Constant& {
    return graph.constants[static_cast<std::size_t>(id)];
  };
  Constant& input = constant(graph.input_table);
  add_mean_row(input, graph.items);
  if (graph.table != graph.input_table) add_mean_row(constant(graph.table), graph.items);
  if (graph.bias != kNone) add_element(constant(graph.bias), mean_of(constant(graph.bias)));
  graph.unknown_row = graph.items;
  ConstantId& special = graph.computes_padding ? graph.filler : graph.appended;
  if (special == kNone) return;
  // The bias has an element for each row of a table that serves both ends, also for one that is never scored.
  if (graph.bias != kNone && graph.table == graph.input_table) add_element(constant(graph.bias), 0.0);
  input.source = with_extra_row(input.source, constant(special).read().values);
  (graph.computes_padding ? graph.fill_row : graph.append_row) = graph.items + 1;
  special = kNone;
}

} // namespace heed::convert
