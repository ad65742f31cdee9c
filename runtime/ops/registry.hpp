// Every operator of this build, one line each.
#ifndef HEED_RUNTIME_OPS_REGISTRY_HPP
#define HEED_RUNTIME_OPS_REGISTRY_HPP

#include "runtime/ops/operator.hpp"

namespace heed::ops {

extern const Operator kActivation;
extern const Operator kAdd;
extern const Operator kAdditiveAttention;
extern const Operator kAttention;
extern const Operator kCapsuleRouting;
extern const Operator kConcat;
extern const Operator kEmbedding;
extern const Operator kFlatten;
extern const Operator kGru;
extern const Operator kGruCell;
extern const Operator kL2Norm;
extern const Operator kLast;
extern const Operator kLayerNorm;
extern const Operator kLinear;
extern const Operator kMix;
extern const Operator kMultiply;
extern const Operator kNeighbours;
extern const Operator kParameter;
extern const Operator kPool;
extern const Operator kPosition;
extern const Operator kUnfold;

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_REGISTRY_HPP
