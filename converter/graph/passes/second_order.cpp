#include "converter/graph/passes/activations.hpp"
#include "converter/graph/passes/passes.hpp"

#include <map>
#include <memory>
#include <utility>

namespace heed::convert {
namespace {

// Columns beyond which the factorisation, cubic in them, would take minutes.
constexpr std::int64_t kMostColumns = 1024;

// Adds x x^T.
void add_moments(const double* x, std::size_t cols, std::vector<double>& moments) {
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = 0; j < cols; ++j) moments[i * cols + j] += x[i] * x[j];
  }
}

// What item rows are multiplied with: user vectors, and where the graph takes the last of many rows all of
// them, for a handful of histories says little about so many columns.
ValueId user_vectors(const Graph& graph) {
  const Node& node = graph.nodes[static_cast<std::size_t>(graph.producer(graph.output))];
  return node.op == "last" ? node.input(0) : graph.output;
}

} // namespace

void choose_rounding(Graph& graph, const std::vector<Request>& histories) {
  // Constants by the value that they are multiplied with.
  std::multimap<ValueId, ConstantId> readers = {{user_vectors(graph), graph.table}};
  for (const Node& node : graph.nodes) {
    if (node.op == "linear") readers.emplace(node.input(0), graph.value(node.input(1)).constant);
  }
  std::map<ValueId, std::vector<double>> moments;
  for (const auto& [id, constant] : readers) {
    const std::int64_t cols = graph.value(id).cols;
    if (cols <= kMostColumns) moments[id].resize(static_cast<std::size_t>(cols * cols));
  }
  for_each_activation(graph, histories, [&](ValueId id, const double* row) {
    const auto found = moments.find(id);
    if (found != moments.end())
      add_moments(row, static_cast<std::size_t>(graph.value(id).cols), found->second);
  });
  for (auto& [id, sum] : moments) {
    auto order = SecondOrder::from(std::move(sum), static_cast<std::size_t>(graph.value(id).cols));
    if (!order) continue;
    const auto shared = std::make_shared<const SecondOrder>(std::move(*order));
    for (auto [at, end] = readers.equal_range(id); at != end; ++at)
      graph.constants[static_cast<std::size_t>(at->second)].rounding = shared;
  }
}

} // namespace heed::convert
