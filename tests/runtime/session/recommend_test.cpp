#include "tests/runtime/session/session_fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

// Ids of all items by descending reference score, without those of `without`.
Ids reference_order(const Opened& opened, const std::vector<std::size_t>& rows, const Ids& without) {
  const std::vector<double> scores = opened.reference_scores(rows);
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
  Ids ids;
  for (std::size_t r : order)
    if (std::find(without.begin(), without.end(), opened.encoder.ids[r]) == without.end())
      ids.push_back(opened.encoder.ids[r]);
  return ids;
}

Ids first(Ids ids, std::size_t k) {
  ids.resize(std::min(k, ids.size()));
  return ids;
}

TEST(Recommend, ReturnsTheBestUnseenItemsInOrder) {
  for (bool shuffled : {false, true}) {
    EncoderOptions o;
    o.shuffled_ids = shuffled;
    o.bias = shuffled;
    const Opened opened(o);
    Session session = opened.session();
    const auto rows = some_rows(6, o.items);
    const Ids history = opened.ids(rows);
    EXPECT_EQ(recommended(session, history, 10), first(reference_order(opened, rows, history), 10));
  }
}

TEST(Recommend, KeepsSeenItemsOnRequest) {
  const Opened opened({});
  Session session = opened.session();
  const auto rows = some_rows(6, 37);
  RecommendOptions keep;
  keep.exclude_seen = false;
  EXPECT_EQ(recommended(session, opened.ids(rows), 37, keep), reference_order(opened, rows, {}));
}

TEST(Recommend, SeenIsTheWholeHistoryAndNotOnlyTheEventsThatCount) {
  const Opened opened({});
  Session session = opened.session();
  const auto rows = some_rows(20, 37); // the model takes 7
  const Ids history = opened.ids(rows);
  const Ids got = recommended(session, history, 37);
  EXPECT_EQ(got.size(), 17u);
  for (std::int64_t id : got) EXPECT_EQ(std::count(history.begin(), history.end(), id), 0);
}

TEST(Recommend, HonoursAllowAndDenyLists) {
  const Opened opened({});
  Session session = opened.session();
  const auto rows = some_rows(4, 37);
  const Ids history = opened.ids(rows);
  const Ids order = reference_order(opened, rows, history);

  const Ids deny = {order[0], order[2]};
  RecommendOptions options;
  options.deny = deny;
  EXPECT_EQ(recommended(session, history, 2, options), (Ids{order[1], order[3]}));

  const Ids allow = {order[5], order[2], order[9], order[5], history[0]}; // a repeat, a denied and a seen one
  options.allow = allow;
  EXPECT_EQ(recommended(session, history, 10, options), (Ids{order[5], order[9]}));
  options.exclude_seen = false;
  EXPECT_EQ(recommended(session, history, 10, options).size(), 3u);
}

TEST(Recommend, AllowListAndFullScanGiveTheSameBits) {
  for (bool int8 : {false, true}) {
    EncoderOptions o;
    o.int8 = int8;
    const Opened opened(o);
    Session session = opened.session();
    const Ids history = opened.ids({3, 9});
    std::vector<Recommendation> scan(37), list(37);
    RecommendOptions options;
    ASSERT_EQ(*session.recommend(history, 37, options, scan), 35u);
    options.allow = opened.encoder.ids;
    ASSERT_EQ(*session.recommend(history, 37, options, list), 35u);
    for (std::size_t i = 0; i < 35; ++i) {
      EXPECT_EQ(scan[i].item, list[i].item);
      EXPECT_EQ(std::memcmp(&scan[i].score, &list[i].score, sizeof(float)), 0);
    }
  }
}

TEST(Recommend, NeverReturnsRowsThatAreNotItems) {
  for (std::size_t items : {15u, 16u, 17u, 31u}) { // the row for unknown items ends or starts a block
    EncoderOptions o;
    o.items = items;
    const Opened opened(o);
    Session session = opened.session();
    Ids got = recommended(session, {}, items);
    std::sort(got.begin(), got.end());
    Ids all(items);
    std::iota(all.begin(), all.end(), 1);
    EXPECT_EQ(got, all);
  }
}

TEST(Recommend, EmptyHistoryRanksByTheRecordedVector) {
  const Opened opened({});
  Session session = opened.session();
  EXPECT_EQ(recommended(session, {}, 5), first(reference_order(opened, {}, {}), 5));
}

TEST(Recommend, ChecksK) {
  const Opened opened({});
  SessionOptions options;
  options.max_k = 8;
  Session session = opened.session(options);
  std::vector<Recommendation> out(64);
  const auto code = [&](std::size_t k) { return session.recommend({}, k, {}, out).status().code(); };
  EXPECT_EQ(code(0), StatusCode::invalid_argument);
  EXPECT_EQ(code(38), StatusCode::invalid_argument);
  EXPECT_EQ(code(9), StatusCode::limit_exceeded);
  EXPECT_EQ(code(8), StatusCode::ok);
  EXPECT_EQ(session.recommend({}, 8, {}, Span<Recommendation>(out.data(), 7)).status().code(),
            StatusCode::invalid_argument);
}

TEST(Recommend, ChecksListsAndIds) {
  const Opened opened({});
  SessionOptions options;
  options.max_excluded = 3;
  options.max_candidates = 2;
  Session session = opened.session(options);
  std::vector<Recommendation> out(5);
  RecommendOptions request;
  EXPECT_EQ(session.recommend(opened.ids({1, 2, 3, 4}), 5, request, out).status().code(),
            StatusCode::limit_exceeded);
  const Ids three = opened.ids({1, 2, 3}), unknown = {-1};
  request.allow = three;
  EXPECT_EQ(session.recommend({}, 5, request, out).status().code(), StatusCode::limit_exceeded);
  request.allow = {};
  request.deny = unknown;
  EXPECT_EQ(session.recommend({}, 5, request, out).status().code(), StatusCode::unknown_item);
  request.unknown = UnknownItem::skip;
  EXPECT_TRUE(session.recommend({}, 5, request, out).ok());
  // An allow list of unknown ids alone allows nothing; it does not fall back to everything.
  request.allow = unknown;
  EXPECT_EQ(*session.recommend({}, 5, request, out), 0u);
}

TEST(RecommendBatch, GivesEveryUserWhatTheyGetAlone) {
  for (bool int8 : {false, true}) {
    EncoderOptions o;
    o.int8 = int8;
    const Opened opened(o);
    SessionOptions options;
    options.max_batch = 4;
    Session session = opened.session(options);
    const std::vector<Ids> users = {opened.ids({1, 2, 3}), {}, opened.ids(some_rows(9, 37)), opened.ids({5})};
    const std::vector<Request> views(users.begin(), users.end());
    std::vector<Recommendation> out(4 * 6), alone(6);
    std::vector<std::size_t> counts(4);
    ASSERT_TRUE(session.recommend_batch(views, 6, {}, out, counts).ok());
    for (std::size_t u = 0; u < users.size(); ++u) {
      ASSERT_EQ(*session.recommend(users[u], 6, {}, alone), counts[u]);
      for (std::size_t i = 0; i < counts[u]; ++i) {
        EXPECT_EQ(out[u * 6 + i].item, alone[i].item);
        EXPECT_EQ(std::memcmp(&out[u * 6 + i].score, &alone[i].score, sizeof(float)), 0);
      }
    }
  }
}

TEST(RecommendBatch, ChecksItsLimitsAndNamesTheUser) {
  const Opened opened({});
  SessionOptions options;
  options.max_batch = 2;
  Session session = opened.session(options);
  const Ids good = {1}, bad = {999};
  const std::vector<Request> three = {good, good, good}, two = {good, bad};
  std::vector<Recommendation> out(6);
  std::vector<std::size_t> counts(3);
  EXPECT_EQ(session.recommend_batch(three, 2, {}, out, counts).code(), StatusCode::limit_exceeded);
  EXPECT_EQ(session.recommend_batch(two, 2, {}, out, counts).code(), StatusCode::invalid_argument); // counts
  counts.resize(2);
  EXPECT_EQ(session.recommend_batch(two, 4, {}, out, counts).code(), StatusCode::invalid_argument); // room
  const Status status = session.recommend_batch(two, 3, {}, out, counts);
  EXPECT_EQ(status.code(), StatusCode::unknown_item);
  EXPECT_NE(status.message().find("user 1"), std::string::npos);
}

} // namespace
} // namespace heed::test
