// exp, tanh, erf and what is made of them, on sixteen lanes. The same operations in the same order as
// reference/math.cpp, which explains them and names their accuracy; the coefficients are in
// activation/coefficients.hpp.
#ifndef HEED_RUNTIME_KERNELS_ACTIVATION_MATH_HPP
#define HEED_RUNTIME_KERNELS_ACTIVATION_MATH_HPP

#include "runtime/kernels/activation/coefficients.hpp"
#include "runtime/kernels/simd/f16.hpp"

namespace heed::kernels {
namespace {

// Horner's rule, highest power first: one fma a coefficient.
template <class A, size_t N>
HEED_INLINE F16<A> polynomial(F16<A> x, const float (&coefficients)[N]) {
  F16<A> y = F16<A>::broadcast(coefficients[0]);
  for (size_t i = 1; i < N; ++i) y = fma(y, x, F16<A>::broadcast(coefficients[i]));
  return y;
}

// For x that are not above kExpHighest, and NaN.
template <class A>
HEED_INLINE F16<A> exp_below(F16<A> x) {
  using F = F16<A>;
  const F t = fma(x, F::broadcast(kLog2E), F::broadcast(kRoundMagic));
  const F n = t - F::broadcast(kRoundMagic);
  const F r = fma(n, F::broadcast(-kLn2Low), fma(n, F::broadcast(-kLn2High), x));
  const F y = add_exponent(polynomial(r, kExp), t);
  return select(x == x, select(x < F::broadcast(kExpLowest), F::broadcast(0.0f), y), x);
}
template <class A>
HEED_INLINE F16<A> exp(F16<A> x) {
  return select(x > F16<A>::broadcast(kExpHighest), F16<A>::broadcast(kInfinity), exp_below(x));
}

// exp_below() on the registers one by one where Compact says so.
template <class A>
HEED_INLINE F16<A> compact_exp_below(F16<A> x) {
  if constexpr (F16<typename Compact<A>::Arch>::lanes == F16<A>::lanes) return exp_below(x);
  alignas(64) float values[F16<A>::lanes];
  x.store(values);
  using Part = F16<typename Compact<A>::Arch>;
  for (size_t i = 0; i < F16<A>::lanes; i += Part::lanes) exp_below(Part::load(values + i)).store(values + i);
  return F16<A>::load(values);
}

template <class A>
HEED_INLINE F16<A> tanh(F16<A> x) {
  using F = F16<A>;
  const F magnitude = abs(x), one = F::broadcast(1.0f);
  const F z = x * x;
  const F small = fma(polynomial(z, kTanh) * z, magnitude, magnitude);
  const F e = exp(magnitude * F::broadcast(-2.0f));
  const F large = divide(one - e, one + e);
  return or_sign(select(magnitude < F::broadcast(kTanhSmall), small, large), x);
}

template <class A>
HEED_INLINE F16<A> erf(F16<A> x) {
  using F = F16<A>;
  const F magnitude = abs(x);
  const F small = fma(polynomial(x * x, kErfSmall), magnitude, magnitude);
  const F t = select(magnitude < F::broadcast(kErfOne), magnitude, F::broadcast(kErfOne));
  const F large = F::broadcast(1.0f) - exp(polynomial(t, kErfLarge) * t);
  const F y = or_sign(select(magnitude < F::broadcast(kErfSmallest), small, large), x);
  return select(x == x, y, x);
}

template <class A>
HEED_INLINE F16<A> unchanged(F16<A> x) {
  return x;
}
template <class A>
HEED_INLINE F16<A> sigmoid(F16<A> x) {
  const F16<A> one = F16<A>::broadcast(1.0f);
  return divide(one, one + exp(F16<A>::broadcast(-0.0f) - x));
}
template <class A>
HEED_INLINE F16<A> silu(F16<A> x) {
  return divide(x, F16<A>::broadcast(1.0f) + exp(F16<A>::broadcast(-0.0f) - x));
}
template <class A>
HEED_INLINE F16<A> gelu_erf(F16<A> x) {
  const F16<A> half = F16<A>::broadcast(0.5f) * x;
  return fma(half, erf(x * F16<A>::broadcast(kSqrtHalf)), half);
}
template <class A>
HEED_INLINE F16<A> gelu_tanh(F16<A> x) {
  const F16<A> half = F16<A>::broadcast(0.5f) * x;
  const F16<A> cubic = fma(x * x, F16<A>::broadcast(kGeluCubic), F16<A>::broadcast(1.0f));
  return fma(half, tanh(x * F16<A>::broadcast(kSqrtTwoOverPi) * cubic), half);
}
template <class A>
HEED_INLINE F16<A> relu(F16<A> x) {
  const F16<A> zero = F16<A>::broadcast(0.0f);
  return select(x > zero, x, zero);
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_ACTIVATION_MATH_HPP
