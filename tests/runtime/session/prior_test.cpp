// A prior ranks items for histories without events, and no others.
#include "tests/runtime/session/session_fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

std::vector<FeatureOptions> all_options() {
  std::vector<FeatureOptions> all;
  for (const std::size_t interests : {1U, 3U})
    for (const bool int8 : {false, true})
      for (const bool bias : {false, true}) {
        FeatureOptions o;
        o.prior = true;
        o.interests = interests;
        o.int8 = int8;
        o.bias = bias;
        all.push_back(o);
      }
  return all;
}

class Prior : public testing::TestWithParam<FeatureOptions> {};

TEST_P(Prior, ScoresAnEmptyHistoryExactly) {
  const OpenedFeatures opened(GetParam());
  EXPECT_TRUE(opened.model.info().has_prior);
  Session session = opened.session();
  const Ids all = opened.all_ids();
  std::vector<float> scores(all.size());
  ASSERT_TRUE(session.score(Ids{}, all, UnknownItem::error, scores).ok());
  EXPECT_EQ(std::memcmp(scores.data(), opened.plain.prior.data.data(), scores.size() * sizeof(float)), 0);
}

TEST_P(Prior, RanksForAnEmptyHistory) {
  const OpenedFeatures opened(GetParam());
  Session session = opened.session();
  std::vector<std::size_t> rows(37);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const std::vector<float>& prior = opened.plain.prior.data;
  std::stable_sort(rows.begin(), rows.end(), [&](auto a, auto b) { return prior[a] > prior[b]; });
  std::vector<Recommendation> out(37);
  const Ids unknown = {-1, 4711};
  RecommendOptions skip;
  skip.unknown = UnknownItem::skip;
  // A history whose events are all skipped has none.
  for (const Ids& history : {Ids{}, unknown}) {
    ASSERT_EQ(*session.recommend(history, 37, skip, out), 37u);
    for (std::size_t i = 0; i < 37; ++i) {
      EXPECT_EQ(out[i].item, static_cast<std::int64_t>(rows[i]) + kFirstItem);
      EXPECT_EQ(out[i].score, prior[rows[i]]);
    }
  }
  const Ids allow = {7, 8, 9, 30};
  skip.allow = allow;
  ASSERT_EQ(*session.recommend(Ids{}, 10, skip, out), 4u);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(out[i].score, prior[static_cast<std::size_t>(out[i].item - kFirstItem)]);
}

TEST_P(Prior, IsNotUsedForAHistoryWithEvents) {
  const OpenedFeatures opened(GetParam());
  FeatureOptions without = GetParam();
  without.prior = false;
  const OpenedFeatures same(without);
  Session session = opened.session(), other = same.session();
  const Ids all = opened.all_ids(), history = {5};
  std::vector<float> scores(all.size()), expected(all.size());
  ASSERT_TRUE(session.score(history, all, UnknownItem::error, scores).ok());
  ASSERT_TRUE(other.score(history, all, UnknownItem::error, expected).ok());
  EXPECT_EQ(scores, expected);
}

TEST_P(Prior, LeavesTheRecordedVectorToEncode) {
  const OpenedFeatures opened(GetParam());
  Session session = opened.session();
  EXPECT_EQ(opened.encode(session, Ids{}), opened.plain.empty.data);
}

INSTANTIATE_TEST_SUITE_P(Models, Prior, testing::ValuesIn(all_options()),
                         [](const testing::TestParamInfo<FeatureOptions>& c) {
                           return std::string(c.param.int8 ? "int8_" : "fp32_") +
                                  (c.param.bias ? "bias_" : "") + std::to_string(c.param.interests);
                         });

} // namespace
} // namespace heed::test
