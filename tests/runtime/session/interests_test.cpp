// Several interests of one user: the best of them scores an item, in lists and for candidates alike.
#include "tests/runtime/session/session_fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

const Ids kHistory = {5, 9, 2, 30};
const PlainRequest kPlain = {{{4}, {8}, {1}, {29}}};

struct Scored {
  std::int64_t item;
  float score;
};

// Scores of all items by Session::score, best first, equal ones by the lower row.
std::vector<Scored> ranked(const OpenedFeatures& opened, Session& session, const Request& request) {
  const Ids all = opened.all_ids();
  std::vector<float> scores(all.size());
  EXPECT_TRUE(session.score(request, all, UnknownItem::error, scores).ok());
  std::vector<Scored> order;
  for (std::size_t i = 0; i < all.size(); ++i) order.push_back({all[i], scores[i]});
  std::sort(order.begin(), order.end(), [](const Scored& a, const Scored& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  });
  return order;
}

void expect_bits(const std::vector<Recommendation>& got, std::size_t count,
                 const std::vector<Scored>& expected) {
  ASSERT_EQ(count, std::min(expected.size(), got.size()));
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(got[i].item, expected[i].item) << "place " << i;
    EXPECT_EQ(std::memcmp(&got[i].score, &expected[i].score, sizeof(float)), 0) << "place " << i;
  }
}

bool among(const Ids& ids, std::int64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

class Interests : public testing::TestWithParam<FeatureOptions> {};

TEST_P(Interests, AreScoredByTheBestOfThem) {
  const OpenedFeatures opened(GetParam());
  Session session = opened.session();
  const Rows user = compute(opened.plain, kPlain).user;
  expect_near(opened.encode(session, kHistory), user);
  const Row expected = plain_scores(opened.plain, user);
  const Ids all = opened.all_ids();
  std::vector<float> scores(all.size());
  ASSERT_TRUE(session.score(kHistory, all, UnknownItem::error, scores).ok());
  // int8: half a step of each element of the item's row, and of the user's against all of the item's.
  double step = 0, columns = static_cast<double>(GetParam().dim);
  for (const Row& row : user)
    for (const double value : row) step = std::max(step, std::fabs(value) / 127);
  const double largest = step * 127, bound = GetParam().int8 ? columns * (step / 2 + largest / 254) : 1e-5;
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_NEAR(static_cast<double>(scores[i]), expected[i], bound) << "item " << all[i];
}

TEST_P(Interests, RecommendIsTheBestOfScoreToTheBit) {
  const OpenedFeatures opened(GetParam());
  Session session = opened.session();
  RecommendOptions keep;
  keep.exclude_seen = false;
  for (const Ids& history : {kHistory, Ids{1}, Ids{}, Ids{3, 3, 3, 8, 20, 21, 22, 23, 24}}) {
    const std::vector<Scored> order = ranked(opened, session, history);
    for (const std::size_t k : {1U, 2U, 3U, 5U, 10U, 36U, 37U}) {
      std::vector<Recommendation> out(k);
      Result<std::size_t> count = session.recommend(history, k, keep, out);
      ASSERT_TRUE(count.ok());
      expect_bits(out, *count, order);
    }
  }
}

TEST_P(Interests, EqualScoresRankByTheLowerRow) {
  const OpenedFeatures opened(GetParam());
  Session session = opened.session();
  RecommendOptions keep;
  keep.exclude_seen = false;
  const Ids all = recommended(session, kHistory, 37, keep);
  const auto place = [&](std::int64_t item) { return std::find(all.begin(), all.end(), item) - all.begin(); };
  // Rows 3 and 20, and 4 and 21, are equal.
  EXPECT_EQ(place(4) + 1, place(21));
  EXPECT_EQ(place(5) + 1, place(22));
  // Where the list ends between the two, the lower row is in it.
  const Ids cut = recommended(session, kHistory, static_cast<std::size_t>(place(4)) + 1, keep);
  EXPECT_EQ(cut.back(), 4);
}

TEST_P(Interests, HonourLists) {
  const OpenedFeatures opened(GetParam());
  Session session = opened.session();
  const std::vector<Scored> order = ranked(opened, session, kHistory);
  const Ids deny = {order[0].item, order[3].item, order[3].item};
  Ids allow;
  for (std::size_t i = 0; i < order.size(); i += 2) allow.push_back(order[i].item);
  allow.push_back(allow.front());
  std::reverse(allow.begin(), allow.end());
  for (const bool with_allow : {false, true})
    for (const bool seen : {false, true}) {
      RecommendOptions options;
      options.exclude_seen = !seen;
      options.deny = deny;
      if (with_allow) options.allow = allow;
      std::vector<Scored> expected;
      for (const Scored& s : order)
        if ((!with_allow || among(allow, s.item)) && !among(deny, s.item) &&
            (seen || !among(kHistory, s.item)))
          expected.push_back(s);
      for (const std::size_t k : {4U, 37U}) {
        std::vector<Recommendation> out(k);
        Result<std::size_t> count = session.recommend(kHistory, k, options, out);
        ASSERT_TRUE(count.ok());
        expect_bits(out, *count, expected);
      }
    }
}

TEST_P(Interests, OfAnEmptyHistoryAreTheRecordedOnes) {
  const OpenedFeatures opened(GetParam());
  Session session = opened.session();
  const std::vector<float> vector = opened.encode(session, Ids{});
  EXPECT_EQ(vector, opened.plain.empty.data);
}

std::vector<FeatureOptions> all_options() {
  std::vector<FeatureOptions> all;
  for (const std::size_t interests : {1U, 2U, 4U, 7U})
    for (const bool int8 : {false, true})
      for (const bool bias : {false, true}) {
        FeatureOptions o;
        o.interests = interests;
        o.int8 = int8;
        o.bias = bias;
        o.seed = static_cast<std::uint32_t>(interests) + 1;
        all.push_back(o);
      }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Models, Interests, testing::ValuesIn(all_options()),
                         [](const testing::TestParamInfo<FeatureOptions>& c) {
                           return std::string(c.param.int8 ? "int8_" : "fp32_") +
                                  (c.param.bias ? "bias_" : "") + std::to_string(c.param.interests);
                         });

TEST(InterestVectors, EncodeWantsRoomForAllOfThem) {
  FeatureOptions o;
  o.interests = 3;
  const OpenedFeatures opened(o);
  EXPECT_EQ(opened.model.interests(), 3u);
  EXPECT_EQ(opened.model.info().interests, 3u);
  EXPECT_EQ(opened.model.dim(), 12u);
  Session session = opened.session();
  for (const std::size_t size : {12U, 35U, 37U, 48U}) {
    std::vector<float> vector(size);
    EXPECT_EQ(session.encode(kHistory, UnknownItem::error, vector).code(), StatusCode::invalid_argument);
  }
}

} // namespace
} // namespace heed::test
