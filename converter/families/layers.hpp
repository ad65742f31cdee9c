// Layers as PyTorch names their weights: NAME.weight and NAME.bias.
#ifndef HEED_CONVERTER_FAMILIES_LAYERS_HPP
#define HEED_CONVERTER_FAMILIES_LAYERS_HPP

#include "converter/families/weights.hpp"
#include "converter/graph/builder.hpp"

#include <string>

namespace heed::convert {

Norm take_norm(Weights& weights, const std::string& name, double eps);

// Appends torch.nn.Linear `name`, an activation and a residual as the node `node`.
ValueId linear_layer(Builder& graph, Weights& weights, const std::string& node, ValueId x,
                     const std::string& name, const std::string& activation = "none",
                     ValueId residual = kNone);

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_LAYERS_HPP
