#include "runtime/kernels/activation/coefficients.hpp"
#include "runtime/kernels/reference/reference.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace heed::kernels::reference {
namespace {

template <std::size_t N>
float horner(float x, const float (&coefficients)[N]) {
  float y = coefficients[0];
  for (std::size_t i = 1; i < N; ++i) y = std::fmaf(y, x, coefficients[i]);
  return y;
}

std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
float float_of(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

} // namespace

// exp(x) = 2^n * exp(r), n = round(x / ln 2), |r| <= ln(2) / 2 (Cody and Waite, "Software Manual for the
// Elementary Functions", 1980). The power of two goes into the exponent bits: from kExpLowest to kExpHighest
// the result is normal, since exp(r) >= 1 where n = -126 and exp(r) < 1 where n = 128.
float exp(float x) {
  if (x != x) return x;
  if (x < kExpLowest) return 0.0f;
  if (x > kExpHighest) return std::numeric_limits<float>::infinity();
  const float shifted = std::fmaf(x, kLog2E, kRoundMagic);
  const float n = shifted - kRoundMagic;
  const float high = std::fmaf(n, -kLn2High, x);
  const float r = std::fmaf(n, -kLn2Low, high);
  const std::uint32_t power = static_cast<std::uint32_t>(static_cast<std::int32_t>(n)) << 23;
  return float_of(bits_of(horner(r, kExp)) + power);
}

// tanh(x) = (1 - e) / (1 + e), e = exp(-2 |x|); near zero x + x^3 * polynomial(x^2).
float tanh(float x) {
  const float magnitude = std::fabs(x);
  if (magnitude < kTanhSmall) {
    const float z = x * x;
    const float factor = horner(z, kTanh) * z;
    return std::copysign(std::fmaf(factor, magnitude, magnitude), x);
  }
  const float e = exp(magnitude * -2.0f);
  const float numerator = 1.0f - e;
  const float denominator = 1.0f + e;
  return std::copysign(numerator / denominator, x);
}

// erf(x) = 1 - exp(|x| * polynomial(|x|)), a fit of ln(erfc); near zero x + x * polynomial(x^2).
float erf(float x) {
  if (x != x) return x;
  const float magnitude = std::fabs(x);
  if (magnitude < kErfSmallest) {
    const float z = x * x;
    return std::copysign(std::fmaf(horner(z, kErfSmall), magnitude, magnitude), x);
  }
  const float t = magnitude < kErfOne ? magnitude : kErfOne;
  const float exponent = horner(t, kErfLarge) * t;
  return std::copysign(1.0f - exp(exponent), x);
}

float sigmoid(float x) {
  const float denominator = 1.0f + exp(-x);
  return 1.0f / denominator;
}

float silu(float x) {
  const float denominator = 1.0f + exp(-x);
  return x / denominator;
}

float gelu_erf(float x) {
  const float half = 0.5f * x;
  return std::fmaf(half, erf(x * kSqrtHalf), half);
}

float gelu_tanh(float x) {
  const float half = 0.5f * x;
  const float cubic = std::fmaf(x * x, kGeluCubic, 1.0f);
  const float scaled = x * kSqrtTwoOverPi;
  return std::fmaf(half, tanh(scaled * cubic), half);
}

float apply(Activation activation, float x) {
  switch (activation) {
  case Activation::none:
    return x;
  case Activation::relu:
    return x > 0.0f ? x : 0.0f;
  case Activation::gelu_erf:
    return gelu_erf(x);
  case Activation::gelu_tanh:
    return gelu_tanh(x);
  case Activation::silu:
    return silu(x);
  case Activation::sigmoid:
    return sigmoid(x);
  case Activation::tanh:
    return tanh(x);
  }
  return x;
}

} // namespace heed::kernels::reference
