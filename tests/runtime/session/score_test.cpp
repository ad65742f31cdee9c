#include "tests/runtime/session/session_fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

std::vector<float> scored(Session& session, const Ids& history, const Ids& candidates,
                          UnknownItem unknown = UnknownItem::error) {
  std::vector<float> scores(candidates.size());
  const Status status = session.score(history, candidates, unknown, scores);
  EXPECT_TRUE(status.ok()) << status.message();
  return scores;
}

void expect_reference(const EncoderOptions& options) {
  const Opened opened(options);
  Session session = opened.session();
  const auto rows = some_rows(5, options.items);
  const std::vector<double> expected = opened.reference_scores(rows);
  const std::vector<float> got = scored(session, opened.ids(rows), opened.encoder.ids);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(static_cast<double>(got[i]), expected[i], 1e-5);
}

TEST(Score, IsTheDotProductWithTheUserVector) {
  expect_reference({});
}
TEST(Score, AddsTheItemBias) {
  EncoderOptions o;
  o.bias = true;
  expect_reference(o);
}
TEST(Score, FindsItemsByTheirOwnIds) {
  EncoderOptions o;
  o.shuffled_ids = true;
  expect_reference(o);
}

// recommend and score promise the same bits.
void expect_bits_of_recommend(const EncoderOptions& options) {
  const Opened opened(options);
  Session session = opened.session();
  const Ids history = opened.ids(some_rows(6, options.items));
  std::vector<Recommendation> best(options.items);
  RecommendOptions keep;
  keep.exclude_seen = false;
  ASSERT_TRUE(session.recommend(history, best.size(), keep, best).ok());
  Ids candidates;
  for (const Recommendation& r : best) candidates.push_back(r.item);
  const std::vector<float> scores = scored(session, history, candidates);
  for (std::size_t i = 0; i < best.size(); ++i)
    EXPECT_EQ(std::memcmp(&scores[i], &best[i].score, sizeof(float)), 0) << "item " << best[i].item;
}

TEST(Score, EqualsRecommendToTheBit) {
  for (bool int8 : {false, true})
    for (bool bias : {false, true}) {
      EncoderOptions o;
      o.int8 = int8;
      o.bias = bias;
      expect_bits_of_recommend(o);
    }
}

TEST(Score, RepeatedCandidatesAreLegal) {
  const Opened opened({});
  Session session = opened.session();
  const Ids a = {opened.encoder.ids[3]};
  const std::vector<float> scores = scored(session, a, opened.ids({5, 6, 5, 5}));
  EXPECT_EQ(scores[0], scores[2]);
  EXPECT_EQ(scores[0], scores[3]);
  EXPECT_NE(scores[0], scores[1]);
}

TEST(Score, NoCandidatesAreLegal) {
  const Opened opened({});
  Session session = opened.session();
  EXPECT_TRUE(scored(session, opened.ids({1}), {}).empty());
}

TEST(Score, UnknownCandidatesAreRefusedSkippedOrSubstituted) {
  const Opened opened({});
  Session session = opened.session();
  const Ids history = opened.ids({1, 2});
  const Ids candidates = {-5, opened.encoder.ids[8], 4711};
  std::vector<float> scores(3);
  EXPECT_EQ(session.score(history, candidates, UnknownItem::error, scores).code(), StatusCode::unknown_item);
  scores = scored(session, history, candidates, UnknownItem::skip);
  EXPECT_TRUE(std::isnan(scores[0]));
  EXPECT_EQ(scores[1], scored(session, history, opened.ids({8}))[0]);
  EXPECT_TRUE(std::isnan(scores[2]));

  scores = scored(session, history, candidates, UnknownItem::substitute);
  const std::vector<double> user = reference_vector(opened.encoder, {1, 2});
  double expected = 0;
  for (std::size_t c = 0; c < user.size(); ++c)
    expected += user[c] * static_cast<double>(opened.encoder.items.at(37, c));
  EXPECT_NEAR(static_cast<double>(scores[0]), expected, 1e-5);
  EXPECT_EQ(scores[0], scores[2]);
}

TEST(Score, ChecksSizesAndLimits) {
  const Opened opened({});
  SessionOptions options;
  options.max_candidates = 4;
  Session session = opened.session(options);
  std::vector<float> scores(5);
  EXPECT_EQ(session.score({}, opened.ids({1, 2}), UnknownItem::error, scores).code(),
            StatusCode::invalid_argument);
  EXPECT_EQ(session.score({}, opened.ids({1, 2, 3, 4, 5}), UnknownItem::error, scores).code(),
            StatusCode::limit_exceeded);
}

} // namespace
} // namespace heed::test
