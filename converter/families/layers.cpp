#include "converter/families/layers.hpp"

namespace heed::convert {

Norm take_norm(Weights& weights, const std::string& name, double eps) {
  return {weights.matrix(name + ".weight"), weights.matrix(name + ".bias"), eps};
}

ValueId linear_layer(Builder& graph, Weights& weights, const std::string& node, ValueId x,
                     const std::string& name, const std::string& activation, ValueId residual) {
  return graph.linear(node, x, weights.matrix(name + ".weight"), weights.matrix(name + ".bias"), activation,
                      residual);
}

} // namespace heed::convert
