// The formulas against values worked out by hand (or, for transcendental functions, by an arbitrary-precision
// calculator).
#include "converter/graph/reference_ops.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

namespace heed::convert::reference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Matrix matrix(std::int64_t rows, std::int64_t cols, const std::vector<double>& values) {
  Matrix m(rows, cols);
  m.values = values;
  return m;
}

void expect_near(const Matrix& m, const std::vector<double>& expected) {
  ASSERT_EQ(m.values.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(m.values[i], expected[i], 1e-14) << i;
}

TEST(ReferenceActivation, KnownValues) {
  EXPECT_EQ(find_activation("none")(-2.5), -2.5);
  EXPECT_EQ(find_activation("relu")(-2.5), 0.0);
  EXPECT_EQ(find_activation("relu")(2.5), 2.5);
  EXPECT_NEAR(find_activation("gelu_erf")(1.0), 0.84134474606854294859, 1e-15);
  EXPECT_NEAR(find_activation("gelu_tanh")(1.0), 0.84119199060827670478, 1e-15);
  EXPECT_NEAR(find_activation("silu")(1.0), 0.73105857863000487925, 1e-15);
  EXPECT_NEAR(find_activation("sigmoid")(-1.0), 0.26894142136999512074, 1e-15);
  EXPECT_NEAR(find_activation("tanh")(0.5), 0.46211715726000975850, 1e-15);
  EXPECT_THROW(find_activation("rleu"), std::logic_error);
}

TEST(ReferenceLinear, BiasActivationThenResidual) {
  const Matrix x = matrix(2, 2, {1, 2, -3, 4});
  const Matrix weight_t = matrix(2, 3, {1, 0, -1, 0, 1, 1}); // W = [[1, 0], [0, 1], [-1, 1]]
  const Matrix bias = matrix(1, 3, {0.5, 0, -10});
  const Matrix residual = matrix(2, 3, {100, 200, 300, 400, 500, 600});
  expect_near(linear(x, weight_t, nullptr, nullptr, "none"), {1, 2, 1, -3, 4, 7});
  expect_near(linear(x, weight_t, &bias, &residual, "relu"), {101.5, 202, 300, 400, 504, 600});
}

TEST(ReferenceLayerNorm, FourForms) {
  const Matrix x = matrix(1, 2, {1, 3}); // mean 2, squares 2
  expect_near(layer_norm(x, nullptr, nullptr, 0, false, false), {-1, 1});
  expect_near(layer_norm(x, nullptr, nullptr, 3, false, false), {-0.5, 0.5});
  expect_near(layer_norm(x, nullptr, nullptr, 3, false, true), {-0.25, 0.25});
  expect_near(layer_norm(x, nullptr, nullptr, 0, true, false), {-std::sqrt(0.5), std::sqrt(0.5)});
  const Matrix gamma = matrix(1, 2, {2, 3}), beta = matrix(1, 2, {10, 20});
  expect_near(layer_norm(x, &gamma, &beta, 0, false, false), {8, 23});
}

// One head of one column; scores are q * k, so weights are exp(k) for q = 1.
struct Case {
  Matrix q, k, v;
  AttentionArgs args() const { return {q, k, v, 1, 1.0, false}; }
};

TEST(ReferenceAttention, SoftmaxOverKeys) {
  const Case c{matrix(1, 1, {1}), matrix(2, 1, {0, std::log(3.0)}), matrix(2, 1, {4, 8})};
  expect_near(attention(c.args()), {7}); // weights 1/4 and 3/4
}

TEST(ReferenceAttention, ScaleMultipliesScores) {
  const Case c{matrix(1, 1, {1}), matrix(2, 1, {0, std::log(9.0)}), matrix(2, 1, {4, 8})};
  AttentionArgs args = c.args();
  args.scale = 0.5;
  expect_near(attention(args), {7});
}

TEST(ReferenceAttention, QueriesStandAtTheEnd) {
  const Case c{matrix(2, 1, {0, 0}), matrix(3, 1, {0, 0, 0}), matrix(3, 1, {3, 6, 12})};
  AttentionArgs args = c.args();
  args.causal = true;
  args.fill = -kInfinity;
  expect_near(attention(args), {4.5, 7});
}

TEST(ReferenceAttention, HeadsAreApart) {
  const Case c{matrix(1, 2, {1, 0}), matrix(2, 2, {0, 5, std::log(3.0), 7}), matrix(2, 2, {4, 1, 8, 3})};
  AttentionArgs args = c.args();
  args.heads = 2;
  expect_near(attention(args), {7, 2});
}

TEST(ReferenceAttention, HiddenKeysWithFiniteAndInfiniteFill) {
  const Case c{matrix(1, 1, {0}), matrix(2, 1, {0, 0}), matrix(2, 1, {4, 8})};
  AttentionArgs args = c.args();
  args.hidden = {true, false};
  args.fill = std::log(1.0 / 3.0); // weighs a third
  expect_near(attention(args), {7});
  args.fill = -10000;
  expect_near(attention(args), {8});
  args.fill = -kInfinity;
  expect_near(attention(args), {8});
  args.hidden = {true, true};
  expect_near(attention(args), {0}); // sees nothing
  args.fill = -10000;
  expect_near(attention(args), {6}); // all equally hidden: no difference
}

TEST(ReferenceAttention, PaddingRowsCountOften) {
  const Case c{matrix(1, 1, {0}), matrix(1, 1, {0}), matrix(1, 1, {8})};
  const Matrix pad_k = matrix(2, 1, {0, 0}), pad_v = matrix(2, 1, {4, 6});
  AttentionArgs args = c.args();
  args.pad_k = &pad_k;
  args.pad_v = &pad_v;
  args.pad_rows = 1;
  args.multiplicity = 3;
  expect_near(attention(args), {5});
  args.pad_rows = 2;
  args.multiplicity = 1;
  expect_near(attention(args), {6});
}

} // namespace
} // namespace heed::convert::reference
