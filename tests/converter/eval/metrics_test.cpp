#include "converter/eval/metrics.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace heed::eval {
namespace {

TEST(MetricsAt, FirstRankIsPerfectButForPrecision) {
  const MetricsAtK m = metrics_at(1, 10);
  EXPECT_EQ(m.ndcg, 1.0);
  EXPECT_EQ(m.recall, 1.0);
  EXPECT_EQ(m.hr, 1.0);
  EXPECT_EQ(m.mrr, 1.0);
  EXPECT_EQ(m.precision, 0.1);
}

TEST(MetricsAt, HandComputedRanks) {
  EXPECT_DOUBLE_EQ(metrics_at(2, 5).ndcg, 0.63092975357145743); // 1 / log2(3)
  EXPECT_DOUBLE_EQ(metrics_at(3, 5).ndcg, 0.5);                 // 1 / log2(4)
  EXPECT_DOUBLE_EQ(metrics_at(4, 5).mrr, 0.25);
  EXPECT_DOUBLE_EQ(metrics_at(5, 5).precision, 0.2);
  EXPECT_DOUBLE_EQ(metrics_at(7, 10).ndcg, 1.0 / 3.0); // 1 / log2(8)
}

TEST(MetricsAt, TheCutOffItselfCountsAndTheNextRankDoesNot) {
  EXPECT_EQ(metrics_at(10, 10).hr, 1.0);
  const MetricsAtK m = metrics_at(11, 10);
  EXPECT_EQ(m.hr, 0.0);
  EXPECT_EQ(m.recall, 0.0);
  EXPECT_EQ(m.ndcg, 0.0);
  EXPECT_EQ(m.mrr, 0.0);
  EXPECT_EQ(m.precision, 0.0);
}

TEST(MeanMetrics, NoRanksGiveZero) {
  const std::vector<std::uint32_t> ks = {5};
  const auto means = mean_metrics({}, ks);
  ASSERT_EQ(means.size(), 1u);
  EXPECT_EQ(means[0].k, 5u);
  EXPECT_EQ(means[0].ndcg, 0.0);
  EXPECT_EQ(means[0].precision, 0.0);
}

TEST(MeanMetrics, HandComputedMean) {
  const std::vector<std::uint64_t> ranks = {1, 3, 6};
  const std::vector<std::uint32_t> ks = {5, 10};
  const auto means = mean_metrics(ranks, ks);
  ASSERT_EQ(means.size(), 2u);
  EXPECT_DOUBLE_EQ(means[0].ndcg, (1.0 + 0.5) / 3);
  EXPECT_DOUBLE_EQ(means[0].hr, 2.0 / 3);
  EXPECT_DOUBLE_EQ(means[0].recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(means[0].precision, 2.0 / 15);
  EXPECT_DOUBLE_EQ(means[0].mrr, (1.0 + 1.0 / 3) / 3);
  EXPECT_DOUBLE_EQ(means[1].hr, 1.0);
  EXPECT_DOUBLE_EQ(means[1].mrr, (1.0 + 1.0 / 3 + 1.0 / 6) / 3);
}

// The numbers of metrics_reference.py, which works from general definitions.
TEST(MeanMetrics, AgreesWithNumPy) {
  std::ifstream file(HEED_METRICS_REFERENCE);
  std::string line, word;
  ASSERT_TRUE(std::getline(file, line));
  std::istringstream first(line);
  first >> word;
  ASSERT_EQ(word, "ranks");
  std::vector<std::uint64_t> ranks;
  for (std::uint64_t rank = 0; first >> rank;) ranks.push_back(rank);
  ASSERT_EQ(ranks.size(), 61u);

  int cutoffs = 0;
  while (std::getline(file, line)) {
    std::istringstream row(line);
    std::uint32_t k = 0;
    double ndcg = 0, recall = 0, hr = 0, precision = 0, mrr = 0;
    ASSERT_TRUE(row >> k >> ndcg >> recall >> hr >> precision >> mrr);
    const std::vector<std::uint32_t> ks = {k};
    const MetricsAtK got = mean_metrics(ranks, ks)[0];
    EXPECT_NEAR(got.ndcg, ndcg, 1e-14) << k;
    EXPECT_NEAR(got.recall, recall, 1e-14) << k;
    EXPECT_NEAR(got.hr, hr, 1e-14) << k;
    EXPECT_NEAR(got.precision, precision, 1e-14) << k;
    EXPECT_NEAR(got.mrr, mrr, 1e-14) << k;
    ++cutoffs;
  }
  EXPECT_EQ(cutoffs, 6);
}

TEST(RanksBefore, ScoreThenIndexThenNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(ranks_before(2, 9, 1, 0));
  EXPECT_FALSE(ranks_before(1, 0, 2, 9));
  EXPECT_TRUE(ranks_before(1, 0, 1, 1));
  EXPECT_FALSE(ranks_before(1, 1, 1, 0));
  EXPECT_FALSE(ranks_before(1, 1, 1, 1)); // never before itself
  EXPECT_TRUE(ranks_before(0.0f, 0, -0.0f, 1));
  EXPECT_FALSE(ranks_before(-0.0f, 1, 0.0f, 0));
  EXPECT_TRUE(ranks_before(-inf, 9, nan, 0));
  EXPECT_FALSE(ranks_before(nan, 0, -inf, 9));
  EXPECT_TRUE(ranks_before(nan, 0, nan, 1));
  EXPECT_FALSE(ranks_before(nan, 1, nan, 0));
}

} // namespace
} // namespace heed::eval
