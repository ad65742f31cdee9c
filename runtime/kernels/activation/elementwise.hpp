#ifndef HEED_RUNTIME_KERNELS_ACTIVATION_ELEMENTWISE_HPP
#define HEED_RUNTIME_KERNELS_ACTIVATION_ELEMENTWISE_HPP

#include "runtime/kernels/activation/math.hpp"

namespace heed::kernels {
namespace {

template <class A, F16<A> (*function)(F16<A>)>
HEED_INLINE void for_blocks(const float* x, float* out, size_t blocks) {
  for (size_t i = 0; i < blocks * kBlock; i += F16<A>::lanes) function(F16<A>::load(x + i)).store(out + i);
}

// out = act(x) on whole blocks; in place allowed. Out of line: the only place that has the polynomials, but
// for the softmax.
template <class A>
HEED_NOINLINE void apply_blocks(Activation activation, const float* x, float* out, size_t blocks) {
  using L = typename Compact<A>::Arch;
  switch (activation) {
  case Activation::none:
    return x == out ? void() : for_blocks<L, unchanged<L>>(x, out, blocks);
  case Activation::relu:
    return for_blocks<L, relu<L>>(x, out, blocks);
  case Activation::gelu_erf:
    return for_blocks<L, gelu_erf<L>>(x, out, blocks);
  case Activation::gelu_tanh:
    return for_blocks<L, gelu_tanh<L>>(x, out, blocks);
  case Activation::silu:
    return for_blocks<L, silu<L>>(x, out, blocks);
  case Activation::sigmoid:
    return for_blocks<L, sigmoid<L>>(x, out, blocks);
  case Activation::tanh:
    return for_blocks<L, tanh<L>>(x, out, blocks);
  }
}

// In place. An extension has no polynomials of its own.
template <class A>
HEED_INLINE void activate_blocks(Activation activation, float* x, size_t blocks) {
  if constexpr (A::extends)
    A::float_table->activate(activation, x, x, 1, blocks * kBlock, 0, 0);
  else
    apply_blocks<A>(activation, x, x, blocks);
}

template <class A>
void activate(Activation activation, const float* x, float* out, size_t rows, size_t cols, size_t x_stride,
              size_t out_stride) {
  for (size_t row = 0; row < rows; ++row)
    apply_blocks<A>(activation, x + row * x_stride, out + row * out_stride, block_count(cols));
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
