#include "converter/graph/interpreter.hpp"
#include "converter/graph/passes/passes.hpp"
#include "converter/quantize/int8.hpp"
#include "tests/converter/graph/support.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

constexpr std::size_t kCols = 12;

// Activations that are mixtures of three signals and a little noise: strongly correlated.
std::vector<std::vector<double>> correlated(std::size_t count) {
  std::mt19937 random(4);
  std::normal_distribution<double> normal;
  std::vector<double> mixing(kCols * 3);
  for (double& m : mixing) m = normal(random);
  std::vector<std::vector<double>> rows(count, std::vector<double>(kCols));
  for (auto& row : rows) {
    const double signals[3] = {normal(random), normal(random), normal(random)};
    for (std::size_t c = 0; c < kCols; ++c) {
      for (std::size_t s = 0; s < 3; ++s) row[c] += mixing[c * 3 + s] * signals[s];
      row[c] += 0.05 * normal(random);
    }
  }
  return rows;
}

std::vector<double> moments_of(const std::vector<std::vector<double>>& rows) {
  std::vector<double> moments(kCols * kCols);
  for (const auto& x : rows) {
    for (std::size_t i = 0; i < kCols; ++i) {
      for (std::size_t j = 0; j < kCols; ++j) moments[i * kCols + j] += x[i] * x[j];
    }
  }
  return moments;
}

TEST(SecondOrder, FactorsAreTheCholeskyFactorOfTheInverse) {
  std::vector<double> moments = moments_of(correlated(50));
  const auto order = SecondOrder::from(moments, kCols);
  ASSERT_TRUE(order);
  double trace = 0;
  for (std::size_t i = 0; i < kCols; ++i) trace += moments[i * kCols + i];
  for (std::size_t i = 0; i < kCols; ++i) moments[i * kCols + i] += 0.01 * trace / kCols;
  // (U^T U) times the damped moments is the identity.
  for (std::size_t i = 0; i < kCols; ++i) {
    for (std::size_t j = 0; j < kCols; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < kCols; ++k) {
        double product = 0;
        for (std::size_t m = 0; m <= std::min(i, k); ++m)
          product += order->factor(m, i) * order->factor(m, k);
        sum += product * moments[k * kCols + j];
      }
      EXPECT_NEAR(sum, i == j ? 1.0 : 0.0, 1e-9);
    }
  }
}

TEST(SecondOrder, NothingFromZerosOrInfinities) {
  EXPECT_FALSE(SecondOrder::from(std::vector<double>(4), 2));
  EXPECT_FALSE(SecondOrder::from({INFINITY, 0, 0, 1}, 2));
  EXPECT_FALSE(SecondOrder::from({NAN, 0, 0, 1}, 2));
}

TEST(SecondOrder, UncorrelatedActivationsRoundToTheNearest) {
  std::vector<double> moments(kCols * kCols);
  for (std::size_t i = 0; i < kCols; ++i) moments[i * kCols + i] = 1.0 + static_cast<double>(i);
  const auto order = SecondOrder::from(moments, kCols);
  ASSERT_TRUE(order);
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  for (int round = 0; round < 50; ++round) {
    float row[kCols];
    for (float& w : row) w = normal(random);
    std::int8_t plain[kCols], ordered[kCols];
    EXPECT_EQ(quantize_row(row, kCols, plain), quantize_row(row, kCols, ordered, &*order));
    for (std::size_t c = 0; c < kCols; ++c) EXPECT_EQ(plain[c], ordered[c]);
  }
}

TEST(SecondOrder, ProductsMoveLess) {
  const auto calibration = correlated(400);
  const auto order = SecondOrder::from(moments_of(calibration), kCols);
  ASSERT_TRUE(order);
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  double plain_error = 0, ordered_error = 0;
  for (int round = 0; round < 50; ++round) {
    float row[kCols];
    for (float& w : row) w = normal(random);
    for (const bool with : {false, true}) {
      std::int8_t q[kCols];
      const float scale = quantize_row(row, kCols, q, with ? &*order : nullptr);
      for (std::size_t x = 0; x < 40; ++x) {
        double difference = 0;
        for (std::size_t c = 0; c < kCols; ++c)
          difference +=
              (static_cast<double>(row[c]) - static_cast<double>(q[c]) * static_cast<double>(scale)) *
              calibration[x][c];
        (with ? ordered_error : plain_error) += difference * difference;
      }
    }
  }
  EXPECT_LT(ordered_error, plain_error / 3);
}

TEST(ChooseRounding, MovesUserVectorsLess) {
  test::EncoderOptions options;
  options.dim = 16;
  options.hidden = 24;
  options.slots = 12;
  options.items = 40;
  const Graph source = test::random_encoder(options);
  const auto histories = test::histories_of_all_lengths(source, 1);
  Graph nearest = source;
  quantize(nearest, Precision::int8);
  Graph ordered = nearest;
  choose_rounding(ordered, {histories.begin() + 1, histories.end()});
  const Interpreter truth(source), plain(nearest), better(ordered);
  double plain_error = 0, better_error = 0;
  for (std::uint32_t seed = 20; seed < 26; ++seed) {
    for (const auto& history : test::histories_of_all_lengths(source, seed)) {
      if (history.empty()) continue;
      plain_error += test::difference(truth.run(history), plain.run(history));
      better_error += test::difference(truth.run(history), better.run(history));
    }
  }
  EXPECT_LT(better_error, 0.9 * plain_error);
}

} // namespace
} // namespace heed::convert
