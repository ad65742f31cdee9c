#include "runtime/ops/top_k.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace heed::ops {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// What TopK keeps of these scores (row = position), against sorting all of them.
void expect_top(const std::vector<float>& scores, std::size_t k) {
  std::vector<ScoredRow> all, storage(k);
  TopK best(storage.data(), k);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    all.push_back({scores[i], i});
    if (scores[i] <= best.threshold()) continue; // as the scan does
    best.offer({scores[i], i});
  }
  std::stable_sort(all.begin(), all.end(), [](const ScoredRow& a, const ScoredRow& b) {
    if (std::isnan(a.score) || std::isnan(b.score)) return !std::isnan(a.score) && std::isnan(b.score);
    return a.score > b.score;
  });
  best.finish();
  const std::size_t count = best.size();
  ASSERT_EQ(count, std::min(k, scores.size()));
  for (std::size_t i = 0; i < count; ++i)
    EXPECT_EQ(storage[i].row, all[i].row) << "place " << i << " of " << k;
}

TEST(TopK, KeepsTheBestInOrder) {
  expect_top({3, 1, 4, 1, 5, 9, 2, 6}, 3);
}
TEST(TopK, GivesTiesToTheLowerRow) {
  expect_top({1, 2, 2, 2, 1, 2}, 3);
}
TEST(TopK, ReturnsFewerWhenThereAreFewer) {
  expect_top({2, 1}, 5);
}
TEST(TopK, RanksNanLast) {
  expect_top({kNan, 1, kNan, -INFINITY, 2, kNan}, 5);
}
TEST(TopK, KeepsNothingButNanWhenThatIsAll) {
  expect_top({kNan, kNan, kNan}, 2);
}
TEST(TopK, KeepsInfinities) {
  expect_top({-INFINITY, INFINITY, 0, -INFINITY}, 4);
}

TEST(TopK, AgreesWithSortingRandomScores) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> scores(1 + random() % 300);
    for (float& s : scores) s = random() % 10 == 0 ? kNan : static_cast<float>(random() % 50); // many ties
    expect_top(scores, 1 + random() % 60);
  }
}

} // namespace
} // namespace heed::ops
