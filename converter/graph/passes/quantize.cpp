#include "converter/graph/passes/passes.hpp"

namespace heed::convert {

void quantize(Graph& graph, Precision precision) {
  for (Constant& constant : graph.constants) constant.stored = Stored::f32;
  if (precision == Precision::fp32) return;
  for (const ConstantId table : {graph.table, graph.input_table})
    graph.constants[static_cast<std::size_t>(table)].stored = Stored::i8;
  for (const Node& node : graph.nodes) {
    if (node.op != "linear" && node.op != "gru" && node.op != "embedding") continue;
    graph.constants[static_cast<std::size_t>(graph.value(node.input(1)).constant)].stored = Stored::i8;
  }
}

std::vector<QuantizationError> quantization_errors(const Graph& graph) {
  std::vector<QuantizationError> errors;
  for (const Constant& constant : graph.constants) {
    if (constant.stored != Stored::i8) continue;
    QuantizationError error{constant.name, {}};
    const auto cols = static_cast<std::size_t>(constant.cols());
    std::vector<double> original(cols), stored(cols);
    for (std::int64_t r = 0; r < constant.rows(); ++r) {
      constant.source->read_row(r, original.data());
      constant.read_row(r, stored.data());
      error.stats.add(original.data(), stored.data(), cols);
    }
    errors.push_back(error);
  }
  return errors;
}

} // namespace heed::convert
