#ifndef HEED_RUNTIME_KERNELS_LAYER_NORM_LAYER_NORM_HPP
#define HEED_RUNTIME_KERNELS_LAYER_NORM_LAYER_NORM_HPP

#include "runtime/kernels/simd/f16.hpp"

namespace heed::kernels {
namespace {

template <class A>
HEED_INLINE float row_sum(const float* x, size_t cols) {
  F16<A> sum = F16<A>::broadcast(0.0f);
  size_t c = 0;
  for (; c + kBlock <= cols; c += kBlock) sum = sum + F16<A>::load(x + c);
  if (c < cols) sum = sum + select(first_lanes<A>(cols - c), F16<A>::load(x + c), F16<A>::broadcast(0.0f));
  return sum_tree(sum);
}
template <class A>
HEED_INLINE float squared_deviations(const float* x, size_t cols, F16<A> mean) {
  F16<A> sum = F16<A>::broadcast(0.0f);
  size_t c = 0;
  for (; c + kBlock <= cols; c += kBlock) {
    const F16<A> d = F16<A>::load(x + c) - mean;
    sum = fma(d, d, sum);
  }
  if (c < cols) {
    const F16<A> d = select(first_lanes<A>(cols - c), F16<A>::load(x + c) - mean, F16<A>::broadcast(0.0f));
    sum = fma(d, d, sum);
  }
  return sum_tree(sum);
}

template <class A>
void layer_norm(const LayerNorm& args) {
  const float count = static_cast<float>(args.cols);
  const float divisor = args.unbiased ? static_cast<float>(args.cols - 1) : count;
  for (size_t row = 0; row < args.rows; ++row) {
    const float* x = args.x + row * args.x_stride;
    float* out = args.out + row * args.out_stride;
    const F16<A> mean = F16<A>::broadcast(row_sum<A>(x, args.cols) / count);
    const float variance = squared_deviations(x, args.cols, mean) / divisor;
    const float deviation =
        args.eps_outside ? __builtin_sqrtf(variance) + args.eps : __builtin_sqrtf(variance + args.eps);
    const F16<A> factor = F16<A>::broadcast(1.0f / deviation);
    for (size_t c = 0; c < args.cols; c += kBlock) {
      F16<A> y = (F16<A>::load(x + c) - mean) * factor;
      if (args.gamma) y = fma(y, F16<A>::load(args.gamma + c), F16<A>::load(args.beta + c));
      y.store(out + c);
    }
  }
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_LAYER_NORM_LAYER_NORM_HPP
