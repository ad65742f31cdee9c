#include "runtime/ops/registry.hpp"

#include <cstring>

namespace heed::ops {

namespace {

const Operator* const kOperators[] = {
    &kActivation, &kAdd,      &kAdditiveAttention, &kAttention, &kCapsuleRouting, &kConcat,    &kEmbedding,
    &kFlatten,    &kGru,      &kGruCell,           &kL2Norm,    &kLast,           &kLayerNorm, &kLinear,
    &kMix,        &kMultiply, &kNeighbours,        &kParameter, &kPool,           &kPosition,  &kUnfold};

} // namespace

const char* const kActivationNames[7] = {"none", "relu", "gelu_erf", "gelu_tanh", "silu", "sigmoid", "tanh"};

const Operator* find_operator(const char* name) noexcept {
  for (const Operator* op : kOperators)
    if (std::strcmp(op->name, name) == 0) return op;
  return nullptr;
}

int no_quantized_input(const Graph&, const Node&) {
  return -1;
}
std::size_t no_scratch(const Graph&, const Node&, std::size_t) {
  return 0;
}
Growth no_growth(const Graph&, const Node&) {
  return {};
}
Growth row_by_row(const Graph&, const Node&) {
  return {true, 0, false};
}

} // namespace heed::ops
