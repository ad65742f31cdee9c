// The scalar functions against double precision. The bounds are those that reference.hpp documents; a sweep
// over every float gave the figures behind them.
#include "runtime/kernels/reference/reference.hpp"
#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

// The distance of float neighbours at a double.
double ulp_at(double x) {
  int exponent;
  std::frexp(x, &exponent);
  return std::ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

// Calls check(x) for floats of [low, high]: every 1009th bit pattern.
template <class Check>
void sweep(double low, double high, const Check& check) {
  for (std::uint64_t pattern = 0; pattern <= 0xffffffffu; pattern += 1009) {
    const std::uint32_t bits = static_cast<std::uint32_t>(pattern);
    float x;
    std::memcpy(&x, &bits, sizeof x);
    if (x >= low && x <= high) check(x);
  }
}

double worst_in_ulp(float (*f)(float), double (*exact)(double), double low, double high) {
  double worst = 0;
  sweep(low, high, [&](float x) {
    const double y = exact(static_cast<double>(x));
    worst = std::fmax(worst, std::fabs(static_cast<double>(f(x)) - y) / ulp_at(y));
  });
  return worst;
}
double worst_relative_to_x(float (*f)(float), double (*exact)(double), double low, double high) {
  double worst = 0;
  sweep(low, high, [&](float x) {
    if (std::fabs(x) < 1e-30f) return;
    const double y = exact(static_cast<double>(x));
    worst = std::fmax(worst, std::fabs((static_cast<double>(f(x)) - y) / static_cast<double>(x)));
  });
  return worst;
}

double exact_sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double exact_silu(double x) {
  return x / (1 + std::exp(-x));
}
double exact_gelu_erf(double x) {
  return x / 2 * (1 + std::erf(x * std::sqrt(0.5)));
}
double exact_gelu_tanh(double x) {
  return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
}

TEST(ReferenceMath, Exp) {
  EXPECT_LT(worst_in_ulp(reference::exp, std::exp, -87.336544, 88.722832), 1.0);
}
TEST(ReferenceMath, Tanh) {
  EXPECT_LT(worst_in_ulp(reference::tanh, std::tanh, -1e9, 1e9), 2.0);
}
TEST(ReferenceMath, Erf) {
  EXPECT_LT(worst_in_ulp(reference::erf, std::erf, -1e9, 1e9), 2.0);
}
TEST(ReferenceMath, Sigmoid) {
  EXPECT_LT(worst_in_ulp(reference::sigmoid, exact_sigmoid, -87.3, 1e9), 3.0);
}
TEST(ReferenceMath, Silu) {
  EXPECT_LT(worst_in_ulp(reference::silu, exact_silu, -87.3, 1e9), 3.0);
}
TEST(ReferenceMath, GeluErf) {
  EXPECT_LT(worst_relative_to_x(reference::gelu_erf, exact_gelu_erf, -1e9, 1e9), 1.2e-7);
}
TEST(ReferenceMath, GeluTanh) {
  EXPECT_LT(worst_relative_to_x(reference::gelu_tanh, exact_gelu_tanh, -1e9, 1e9), 1.2e-7);
}

TEST(ReferenceMath, ExpAtItsEdges) {
  EXPECT_EQ(reference::exp(0.0f), 1.0f);
  EXPECT_EQ(reference::exp(-0.0f), 1.0f);
  EXPECT_EQ(reference::exp(-10000.0f), 0.0f);
  EXPECT_EQ(reference::exp(-kInf), 0.0f);
  EXPECT_EQ(reference::exp(kInf), kInf);
  EXPECT_TRUE(std::isnan(reference::exp(kNan)));
  const float lowest = -0x1.5d589ep+6f, highest = 0x1.62e42ep+6f;
  EXPECT_GE(reference::exp(lowest), std::numeric_limits<float>::min());
  EXPECT_EQ(bits_of(reference::exp(std::nextafter(lowest, -100.0f))), bits_of(0.0f));
  EXPECT_LT(reference::exp(highest), kInf);
  EXPECT_EQ(reference::exp(std::nextafter(highest, 100.0f)), kInf);
}

TEST(ReferenceMath, FunctionsAtInfinityAndNan) {
  EXPECT_EQ(reference::tanh(kInf), 1.0f);
  EXPECT_EQ(reference::tanh(-kInf), -1.0f);
  EXPECT_EQ(reference::erf(kInf), 1.0f);
  EXPECT_EQ(reference::erf(-kInf), -1.0f);
  EXPECT_EQ(reference::sigmoid(kInf), 1.0f);
  EXPECT_EQ(reference::sigmoid(-kInf), 0.0f);
  for (const Activation a : {Activation::none, Activation::gelu_erf, Activation::gelu_tanh, Activation::silu,
                             Activation::sigmoid, Activation::tanh})
    EXPECT_TRUE(std::isnan(reference::apply(a, kNan)));
}

TEST(ReferenceMath, OddFunctionsKeepTheSignOfZero) {
  EXPECT_EQ(bits_of(reference::tanh(-0.0f)), bits_of(-0.0f));
  EXPECT_EQ(bits_of(reference::erf(-0.0f)), bits_of(-0.0f));
}

TEST(ReferenceMath, ReluGivesPlusZero) {
  EXPECT_EQ(bits_of(reference::apply(Activation::relu, -0.0f)), bits_of(0.0f));
  EXPECT_EQ(bits_of(reference::apply(Activation::relu, -3.0f)), bits_of(0.0f));
  EXPECT_EQ(bits_of(reference::apply(Activation::relu, kNan)), bits_of(0.0f));
}

} // namespace
} // namespace heed::kernels::test
