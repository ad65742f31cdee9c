// A file whose item rows are in planes answers as the one in n16k4 does, to the bit.
#include "tests/runtime/session/session_fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

constexpr std::size_t kItems = 3001; // several spans of blocks, and a block that rows do not fill

EncoderOptions encoder(bool planes, bool bias) {
  EncoderOptions o;
  o.items = kItems;
  o.dim = 20;
  o.int8 = true;
  o.planes = planes;
  o.bias = bias;
  o.shuffled_ids = bias;
  return o;
}

void expect_same(const std::vector<Recommendation>& a, const std::vector<Recommendation>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].item, b[i].item) << "rank " << i;
    EXPECT_EQ(std::memcmp(&a[i].score, &b[i].score, sizeof(float)), 0) << "rank " << i;
  }
}

std::vector<Recommendation> recommend(Session& session, const Ids& history, std::size_t k,
                                      const RecommendOptions& options = {}) {
  std::vector<Recommendation> out(k);
  Result<std::size_t> count = session.recommend(history, k, options, out);
  EXPECT_TRUE(count.ok()) << count.status().message();
  out.resize(count.ok() ? *count : 0);
  return out;
}

class PlanesFile : public testing::TestWithParam<bool> {
 protected:
  PlanesFile() : plain(encoder(false, GetParam())), planes(encoder(true, GetParam())) {}
  const Opened plain, planes;
};
INSTANTIATE_TEST_SUITE_P(Bias, PlanesFile, testing::Bool());

TEST_P(PlanesFile, Recommends) {
  for (const std::uint32_t threads : {1u, 3u}) {
    SessionOptions options;
    options.threads = threads;
    options.max_k = kItems;
    Session a = plain.session(options), b = planes.session(options);
    for (const std::size_t length : {0U, 1U, 4U, 7U, 11U}) {
      const Ids history = plain.ids(some_rows(length, kItems)), some = plain.ids(some_rows(300, kItems));
      for (const std::size_t k : {1U, 10U, 100U, 2500U})
        expect_same(recommend(a, history, k), recommend(b, history, k));
      RecommendOptions denied, allowed;
      denied.deny = some;
      allowed.allow = some;
      expect_same(recommend(a, history, 10, denied), recommend(b, history, 10, denied));
      expect_same(recommend(a, history, 10, allowed), recommend(b, history, 10, allowed));
    }
  }
}
TEST_P(PlanesFile, RecommendsToABatch) {
  constexpr std::size_t users = 40; // more than are scored at once
  SessionOptions options;
  options.max_batch = users;
  Session a = plain.session(options), b = planes.session(options);
  std::vector<Ids> histories;
  for (std::size_t u = 0; u < users; ++u) histories.push_back(plain.ids(some_rows(u % 8, 2000 + u)));
  const std::vector<Request> requests(histories.begin(), histories.end());
  std::vector<Recommendation> from_a(users * 10), from_b(users * 10);
  std::vector<std::size_t> counts(users);
  ASSERT_TRUE(a.recommend_batch(requests, 10, {}, from_a, counts).ok());
  ASSERT_TRUE(b.recommend_batch(requests, 10, {}, from_b, counts).ok());
  expect_same(from_a, from_b);
}
TEST_P(PlanesFile, ScoresAndEncodes) {
  const Ids history = plain.ids({5, 2999, 17}), candidates = plain.ids(some_rows(500, kItems));
  std::vector<float> scores[2], vectors[2];
  for (const std::size_t file : {0U, 1U}) {
    Session session = (file == 0 ? plain : planes).session();
    scores[file].resize(candidates.size());
    vectors[file].resize(plain.model.dim());
    ASSERT_TRUE(session.score(history, candidates, UnknownItem::error, scores[file]).ok());
    ASSERT_TRUE(session.encode(history, UnknownItem::error, vectors[file]).ok());
  }
  EXPECT_EQ(std::memcmp(scores[0].data(), scores[1].data(), scores[0].size() * sizeof(float)), 0);
  EXPECT_EQ(std::memcmp(vectors[0].data(), vectors[1].data(), vectors[0].size() * sizeof(float)), 0);
}
TEST_P(PlanesFile, HasARowForUnknownItems) {
  Session a = plain.session(), b = planes.session();
  RecommendOptions rules;
  rules.unknown = UnknownItem::substitute;
  const Ids history = {-123456789, plain.ids({7})[0]};
  expect_same(recommend(a, history, 10, rules), recommend(b, history, 10, rules));
}
TEST_P(PlanesFile, SaysSoAndIsSound) {
  for (const TensorInfo& info : planes.model.info().tensors) {
    if (info.name != "item_rows") continue;
    EXPECT_EQ(info.layout, "planes");
    EXPECT_EQ(info.dtype, "i8");
    // 20 columns fill 24; a row has a scale of 4 bytes, 16 of them a bound.
    EXPECT_NEAR(info.bits_per_weight, 8 * (24 + 4 + 0.25) / 20, 0.05);
  }
  EXPECT_TRUE(planes.model.verify().ok()) << planes.model.verify().message();
}
TEST_P(PlanesFile, TellsTheBytesThatAScanRead) {
  Session a = plain.session(), b = planes.session();
  EXPECT_EQ(a.scanned_bytes(), 0u);
  const Ids history = plain.ids({5, 2999, 17});
  recommend(a, history, 1);
  recommend(b, history, 1);
  const std::uint64_t blocks = 188, beside = 64 + (GetParam() ? 64 : 0);
  EXPECT_EQ(a.scanned_bytes(), blocks * (16 * 20 + beside));
  EXPECT_GE(b.scanned_bytes(), blocks * (16 * 12 + 4 + beside));
  EXPECT_LE(b.scanned_bytes(), blocks * (16 * 24 + 4 + beside));
}

TEST(PlanesInterests, TheBestOfThemScores) {
  FeatureOptions options;
  options.int8 = true;
  options.interests = 3;
  const OpenedFeatures plain(options);
  options.planes = true;
  const OpenedFeatures planes(options);
  Session a = plain.session(), b = planes.session();
  const Ids history = {plain.all_ids()[3], plain.all_ids()[1]};
  expect_same(recommend(a, history, 9), recommend(b, history, 9));
  EXPECT_EQ(plain.encode(a, history), planes.encode(b, history));
}

} // namespace
} // namespace heed::test
