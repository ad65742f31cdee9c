#ifndef HEED_RUNTIME_KERNELS_ACTIVATION_ELEMENTWISE_HPP
#define HEED_RUNTIME_KERNELS_ACTIVATION_ELEMENTWISE_HPP

#include "runtime/kernels/activation/math.hpp"

namespace heed::kernels {
namespace {

template <class A>
void activate(Activation activation, const float* x, float* out, size_t rows, size_t cols, size_t x_stride,
              size_t out_stride) {
  for (size_t row = 0; row < rows; ++row)
    for (size_t c = 0; c < cols; c += kBlock)
      apply(activation, F16<A>::load(x + row * x_stride + c)).store(out + row * out_stride + c);
}

template <class A>
void add(const float* a, const float* b, float* out, size_t rows, size_t cols, size_t a_stride,
         size_t b_stride, size_t out_stride) {
  for (size_t row = 0; row < rows; ++row)
    for (size_t c = 0; c < cols; c += kBlock)
      (F16<A>::load(a + row * a_stride + c) + F16<A>::load(b + row * b_stride + c))
          .store(out + row * out_stride + c);
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_ACTIVATION_ELEMENTWISE_HPP
