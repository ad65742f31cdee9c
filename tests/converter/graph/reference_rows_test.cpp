// Operators over rows and places, and the options of attention, against values worked out by hand.
#include "converter/graph/reference_ops.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace heed::convert::reference {
namespace {

Matrix matrix(std::int64_t rows, std::int64_t cols, const std::vector<double>& values) {
  Matrix m(rows, cols);
  m.values = values;
  return m;
}

void expect_near(const Matrix& m, const std::vector<double>& expected) {
  ASSERT_EQ(m.values.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(m.values[i], expected[i], 1e-14) << i;
}

TEST(ReferenceRows, L2NormOfEachHead) {
  const Matrix x = matrix(2, 4, {3, 4, 0, 0.5, 0, 0, -6, 8});
  expect_near(l2_norm(x, 2, 1.0), {0.6, 0.8, 0, 0.5, 0, 0, -0.6, 0.8}); // 0.5 is shorter than eps
  expect_near(l2_norm(matrix(1, 2, {3, 4}), 1, 1e-12), {0.6, 0.8});
}

TEST(ReferenceRows, UnfoldAndFlatten) {
  const Matrix x = matrix(3, 2, {1, 2, 3, 4, 5, 6});
  expect_near(unfold(x, 2), {0, 0, 1, 2, 1, 2, 3, 4, 3, 4, 5, 6});
  const Matrix flat = flatten(x);
  EXPECT_EQ(flat.rows, 1);
  expect_near(flat, {1, 2, 3, 4, 5, 6});
}

TEST(ReferenceRows, LargestFromTheRowsThatCount) {
  const Matrix x = matrix(3, 2, {9, -9, -1, -2, -3, -1});
  expect_near(largest(x, {1, 1, 1}, 0), {9, -1});
  expect_near(largest(x, {1, 1, 1}, 1), {-1, -1});
  expect_near(largest(x, {0, 1, 0}, 0), {-1, -2});
  expect_near(largest(x, {1, 1, 1}, 3), {0, 0});
}

TEST(ReferenceRows, MixTakesTheColumnsOfSlots) {
  const Matrix x = matrix(2, 2, {1, 10, 2, 20});                                     // at slots 1 and 2 of 3
  const Matrix weights = matrix(4, 3, {100, 1, 2, 100, 3, 4, 100, 5, 6, 100, 7, 8}); // two rows a head
  const Matrix bias = matrix(1, 2, {0.5, 0.25});
  expect_near(mix(x, weights, &bias, 2, {1, 2}, false), {5.5, 170.5, 11.25, 230.25});
  const Matrix square = matrix(3, 3, {0, 0, 0, 100, 1, 2, 100, 3, 4});
  expect_near(mix(x, square, nullptr, 1, {1, 2}, true), {5, 50, 11, 110});
}

// a b a c a b: edges a-b, b-a, a-c, c-a, and a-b again, which counts once.
TEST(ReferenceRows, NeighboursAreDistinct) {
  const std::vector<std::int64_t> items = {0, 1, 0, 2, 0, 1};
  const Matrix x = matrix(6, 1, {1, 10, 1, 100, 1, 10});
  expect_near(neighbours(x, items, true), {55, 1, 55, 1, 55, 1});
  expect_near(neighbours(x, items, false), {55, 1, 55, 1, 55, 1});
  expect_near(neighbours(matrix(3, 1, {1, 2, 4}), {7, 8, 9}, true), {0, 1, 2});
  expect_near(neighbours(matrix(3, 1, {1, 2, 4}), {7, 8, 9}, false), {2, 4, 0});
  expect_near(neighbours(matrix(3, 1, {1, 2, 4}), {-1, 8, 9}, true), {0, 0, 2}); // padding is no neighbour
}

TEST(ReferenceRows, GruCellIsOneStep) {
  // r = z = sigmoid(0) = 1/2, n = tanh(2 + 1/2 * 2), h' = n / 2 + h / 2.
  expect_near(gru_cell(matrix(1, 3, {1, 2, 2}), matrix(1, 3, {-1, -2, 2}), matrix(1, 1, {4})),
              {std::tanh(3.0) / 2 + 2});
}

TEST(ReferenceRows, CapsulesOfOneIterationAreSquashedSums) {
  const Matrix x = matrix(2, 1, {1, 3});
  const Matrix logits = matrix(2, 2, {0, 0, 0, 0}); // each weighs 1/2: z = 2
  const double squash = 2 * (4.0 / 5.0) / std::sqrt(4 + 1e-9);
  expect_near(capsule_routing(x, logits, {1, 1}, 1, 2), {squash, squash});
  // One interest takes all: z = 4, or 3 where the first row does not count. The second repeats the first.
  const double all = 4 * (16.0 / 17.0) / std::sqrt(16 + 1e-9), second = 3 * 0.9 / std::sqrt(9 + 1e-9);
  expect_near(capsule_routing(x, logits, {1, 1}, 1, 1), {all, all});
  expect_near(capsule_routing(x, logits, {0, 1}, 1, 1), {second, second});
}

// One head of one column unless a test says more.
struct Case {
  Matrix q, k, v;
  AttentionArgs args() const {
    AttentionArgs args{q, k, v, 1, 1.0, false};
    args.fill = -std::numeric_limits<double>::infinity();
    for (std::int64_t t = 0; t < k.rows; ++t) args.slots.push_back(t);
    args.slot_count = k.rows;
    return args;
  }
};

TEST(ReferenceAttentionOptions, HardTakesTheFirstOfTheLargest) {
  const Case c{matrix(2, 1, {1, -1}), matrix(3, 1, {0, 5, 5}), matrix(3, 1, {1, 2, 3})};
  AttentionArgs args = c.args();
  args.weighting = "hard";
  args.slots.clear();
  expect_near(attention(args), {2, 1});
}

TEST(ReferenceAttentionOptions, SiluIsNotNormalised) {
  const Case c{matrix(1, 1, {1}), matrix(2, 1, {0, 1}), matrix(2, 1, {100, 4})};
  AttentionArgs args = c.args();
  args.weighting = "silu";
  args.factor = 0.5;
  expect_near(attention(args), {0.5 * 0.73105857863000487925 * 4}); // silu(0) is 0
}

TEST(ReferenceAttentionOptions, WindowsAndStrides) {
  const Case c{matrix(4, 1, {0, 0, 0, 0}), matrix(4, 1, {0, 0, 0, 0}), matrix(4, 1, {1, 2, 4, 8})};
  AttentionArgs args = c.args();
  args.window = 2;
  expect_near(attention(args), {1.5, 7.0 / 3, 14.0 / 3, 6});
  args.causal = true;
  expect_near(attention(args), {1, 1.5, 3, 6});
  args.window = 0;
  args.stride = 2;
  expect_near(attention(args), {1, 2, 2.5, 5});
}

TEST(ReferenceAttentionOptions, PositionBiasGoesByPlacesFromKeyToQuery) {
  const Case c{matrix(2, 1, {0, 0}), matrix(2, 1, {0, 0}), matrix(2, 1, {4, 8})};
  const Matrix bias = matrix(1, 3, {std::log(3.0), 0, std::log(7.0)}); // of -1, 0 and 1
  AttentionArgs args = c.args();
  args.position_bias = &bias;
  expect_near(attention(args), {7, 4.5}); // weights 1/4 and 3/4, then 7/8 and 1/8
}

TEST(ReferenceAttentionOptions, FewerHeadsOfKeys) {
  const Case c{matrix(1, 2, {1, 0}), matrix(2, 1, {0, std::log(3.0)}), matrix(2, 1, {4, 8})};
  AttentionArgs args = c.args();
  args.heads = 2;
  args.key_heads = 1;
  expect_near(attention(args), {7, 6});
}

TEST(ReferenceAttentionOptions, SoftmaxOverTheQueriesThatSeeAKey) {
  const Case c{matrix(2, 1, {0, std::log(3.0)}), matrix(2, 1, {1, 0}), matrix(2, 1, {4, 8})};
  AttentionArgs args = c.args();
  args.by_queries = true;
  expect_near(attention(args), {1 + 4, 3 + 4}); // key 0: 1/4 and 3/4; key 1: 1/2 each
  args.causal = true;
  expect_near(attention(args), {1, 3 + 8}); // key 1 is seen by the second query alone
}

TEST(ReferenceAttentionOptions, TimesChooseBucketsOfBiasKeysAndValues) {
  const Case c{matrix(1, 1, {1}), matrix(2, 1, {0, 0}), matrix(2, 1, {4, 8})};
  const Matrix edges = matrix(1, 2, {5, 10}); // up to 4, 5 to 9, from 10 on
  AttentionArgs args = c.args();
  args.slots.clear();
  args.times.queries = {20};
  args.times.keys = {10, 15};
  args.times.edges = &edges;
  const Matrix bias = matrix(1, 3, {50, std::log(3.0), 0});
  args.times.bias = &bias;
  expect_near(attention(args), {7}); // gaps 10 and 5
  args.times.bias = nullptr;
  const Matrix keys = matrix(3, 1, {50, std::log(3.0), 0});
  args.times.k = &keys;
  expect_near(attention(args), {7}); // q is 1
  const Matrix values = matrix(3, 1, {50, 400, 0});
  args.times.v = &values;
  EXPECT_NEAR(attention(args).values[0], 307, 1e-12);
}

} // namespace
} // namespace heed::convert::reference
