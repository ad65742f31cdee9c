// Every operator of this build, one line each.
#ifndef HEED_RUNTIME_OPS_REGISTRY_HPP
#define HEED_RUNTIME_OPS_REGISTRY_HPP

#include "runtime/ops/operator.hpp"

namespace heed::ops {

extern const Operator kActivation;
extern const Operator kAdd;
extern const Operator kAdditiveAttention;
extern const Operator kAttention;
extern const Operator kConcat;
extern const Operator kEmbedding;
extern const Operator kGru;
extern const Operator kLast;
extern const Operator kLayerNorm;
extern const Operator kLinear;
extern const Operator kMultiply;
extern const Operator kPool;

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_REGISTRY_HPP
