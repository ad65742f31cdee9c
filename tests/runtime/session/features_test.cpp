// Features of a request by name: what is refused, what defaults stand for, and how they keep to their events.
#include "tests/runtime/session/session_fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

using Features = std::vector<FeatureValues>;

// x of the session's answer, compared with the plain computation.
void expect_user(const OpenedFeatures& opened, const Request& request, const PlainRequest& plain,
                 UnknownItem unknown = UnknownItem::error) {
  Session session = opened.session();
  expect_near(opened.encode(session, request, unknown), compute(opened.plain, plain).user);
}

Status refused(const OpenedFeatures& opened, const Request& request,
               UnknownItem unknown = UnknownItem::error) {
  Session session = opened.session();
  std::vector<float> vector(opened.plain.options.dim);
  return session.encode(request, unknown, vector);
}

const Ids kHistory = {5, 9, 2}; // rows 4, 8 and 1

TEST(Features, NamesThatTheModelLacksAreRefusedAndTheNearestIsNamed) {
  const OpenedFeatures opened({});
  const Ids values = {100, 100, 100};
  const Status near = refused(opened, {kHistory, Features{{"categroy", values}}});
  EXPECT_EQ(near.code(), StatusCode::unknown_feature);
  EXPECT_NE(near.message().find("'categroy'; did you mean 'category'?"), std::string::npos) << near.message();
  const Status far = refused(opened, {kHistory, Features{{"weather", values}}});
  EXPECT_EQ(far.code(), StatusCode::unknown_feature);
  EXPECT_NE(far.message().find("it has category, user_id, time"), std::string::npos) << far.message();
  // Names that nobody would compare, and the history, which is none.
  EXPECT_EQ(refused(opened, {kHistory, Features{{std::string(100000, 'c').c_str(), values}}}).code(),
            StatusCode::unknown_feature);
  EXPECT_EQ(refused(opened, {kHistory, Features{{"", values}}}).code(), StatusCode::unknown_feature);
  EXPECT_EQ(refused(opened, {kHistory, Features{{"history", values}}}).code(), StatusCode::unknown_feature);
}

TEST(Features, AModelWithoutFeaturesSaysSo) {
  const Opened opened({});
  Session session = opened.session();
  std::vector<float> vector(12);
  const Ids values = {1};
  const Status status =
      session.encode({opened.ids({1}), Features{{"category", values}}}, UnknownItem::error, vector);
  EXPECT_EQ(status.code(), StatusCode::unknown_feature);
  EXPECT_NE(status.message().find("it has none"), std::string::npos) << status.message();
}

TEST(Features, TwiceOrWithoutANameIsRefused) {
  const OpenedFeatures opened({});
  const Ids values = {100, 100, 100};
  const Status twice = refused(opened, {kHistory, Features{{"category", values}, {"category", values}}});
  EXPECT_EQ(twice.code(), StatusCode::invalid_argument);
  EXPECT_NE(twice.message().find("'category' is given twice"), std::string::npos) << twice.message();
  EXPECT_EQ(refused(opened, {kHistory, Features{{nullptr, values}}}).code(), StatusCode::invalid_argument);
}

TEST(Features, LengthsThatDoNotFitAreRefused) {
  const OpenedFeatures opened({});
  for (const char* name : {"category", "user_id", "time"})
    for (const std::size_t length : {0U, 1U, 2U, 3U, 4U, 5U}) {
      const Ids values(length, std::strcmp(name, "user_id") == 0 ? kFirstUser : kFirstCategory);
      const Status status = refused(opened, {kHistory, Features{{name, values}}});
      const std::size_t right = std::strcmp(name, "user_id") == 0 ? 1 : 3;
      EXPECT_EQ(status.code(), length == right ? StatusCode::ok : StatusCode::feature_length)
          << name << " with " << length;
      if (status.ok()) continue;
      EXPECT_NE(status.message().find(name), std::string::npos) << status.message();
      EXPECT_NE(status.message().find("has " + std::to_string(length) + " values"), std::string::npos);
    }
}

TEST(Features, EveryEventHasItsOwnAndTheRequestHasOne) {
  const OpenedFeatures opened({});
  const Ids category = {105, 100, 103}, user = {0}, time = {10, 12, 30};
  const Features features = {{"time", time}, {"user_id", user}, {"category", category}}; // in any order
  expect_user(opened, {kHistory, features}, {{{4, 5, 10}, {8, 0, 12}, {1, 3, 30}}, 0, 3});
}

TEST(Features, WhatIsNotPassedHasItsDefault) {
  FeatureOptions o;
  o.default_time = 7;
  const OpenedFeatures opened(o);
  expect_user(opened, kHistory, {{{4, 2, 7}, {8, 2, 7}, {1, 2, 7}}, 0, 1});
  const Ids user = {1};
  expect_user(opened, {kHistory, Features{{"user_id", user}}}, {{{4, 2, 7}, {8, 2, 7}, {1, 2, 7}}, 0, 4});
}

TEST(Features, IdsOutsideTheVocabularyAreRefusedOrCountAsTheDefault) {
  const OpenedFeatures opened({});
  for (const std::int64_t id :
       {std::int64_t{99}, std::int64_t{106}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    const Ids category = {100, id, 105}, user = {1};
    const Features features = {{"category", category}, {"user_id", user}};
    const Status status = refused(opened, {kHistory, features});
    EXPECT_EQ(status.code(), StatusCode::unknown_id);
    EXPECT_NE(status.message().find("of event 1 has the id " + std::to_string(id) + "; legal are 100 to 105"),
              std::string::npos)
        << status.message();
    for (const UnknownItem unknown : {UnknownItem::skip, UnknownItem::substitute})
      expect_user(opened, {kHistory, features}, {{{4, 0}, {8, 2}, {1, 5}}, 0, 4}, unknown);
  }
  for (const std::int64_t id : {-4, 2}) {
    const Ids user = {id};
    const Features features = {{"user_id", user}};
    const Status status = refused(opened, {kHistory, features});
    EXPECT_EQ(status.code(), StatusCode::unknown_id);
    EXPECT_NE(status.message().find("legal are -3 to 1"), std::string::npos) << status.message();
    expect_user(opened, {kHistory, features}, {{{4}, {8}, {1}}, 0, 1}, UnknownItem::skip);
  }
}

TEST(Features, OfALongHistoryTheNewestEventsCount) {
  const OpenedFeatures opened({});
  Ids history, category, time;
  PlainRequest plain;
  for (std::size_t i = 0; i < 20; ++i) {
    history.push_back(static_cast<std::int64_t>(i) + kFirstItem);
    category.push_back(kFirstCategory + static_cast<std::int64_t>(i % kCategories));
    time.push_back(static_cast<std::int64_t>(i * i));
    if (i >= 13) plain.events.push_back({i, i % kCategories, static_cast<double>(i * i)});
  }
  expect_user(opened, {history, Features{{"category", category}, {"time", time}}}, plain);
  // What does not count is not looked up: an illegal id among it goes unnoticed.
  category[2] = 1;
  expect_user(opened, {history, Features{{"category", category}, {"time", time}}}, plain);
}

TEST(Features, KeepToTheirEventsWhereUnknownItemsAreSkipped) {
  const OpenedFeatures opened({});
  const Ids history = {5, 999, 9, -7, 2, 1000}, category = {105, 104, 100, 104, 103, 104},
            time = {10, 11, 12, 20, 30, 40};
  const Features features = {{"category", category}, {"time", time}};
  EXPECT_EQ(refused(opened, {history, features}).code(), StatusCode::unknown_item);
  expect_user(opened, {history, features}, {{{4, 5, 10}, {8, 0, 12}, {1, 3, 30}}}, UnknownItem::skip);
  expect_user(opened, {history, features},
              {{{4, 5, 10}, {37, 4, 11}, {8, 0, 12}, {37, 4, 20}, {1, 3, 30}, {37, 4, 40}}},
              UnknownItem::substitute);
}

TEST(Features, KeepToTheirEventsWhereOthersAreHiddenOrDropped) {
  FeatureOptions o;
  o.hidden_row = 8;
  const OpenedFeatures hiding(o);
  const Ids history = {5, 9, 2, 9, 7}, category = {105, 100, 103, 101, 104}, time = {10, 12, 30, 31, 35};
  const Features features = {{"category", category}, {"time", time}};
  expect_user(hiding, {history, features}, {{{4, 5, 10, 0}, {1, 3, 30, 2}, {6, 4, 35, 4}}});
  o.hidden_row = -1;
  o.drop_oldest = 2;
  const OpenedFeatures dropping(o);
  expect_user(dropping, {history, features}, {{{1, 3, 30}, {8, 1, 31}, {6, 4, 35}}});
  o.hidden_row = 1;
  o.append = true;
  const OpenedFeatures both(o);
  expect_user(both, {history, features}, {{{8, 1, 31, 1}, {6, 4, 35, 2}, {38, 2, 35, 3}}});
}

TEST(Features, AnAppendedRowHasDefaultsAndTheNewestTime) {
  FeatureOptions o;
  o.append = true;
  const OpenedFeatures opened(o);
  const Ids category = {105, 100, 103}, time = {10, 12, 30};
  const Features features = {{"category", category}, {"time", time}};
  expect_user(opened, {kHistory, features}, {{{4, 5, 10}, {8, 0, 12}, {1, 3, 30}, {38, 2, 30}}});
}

TEST(Features, OfAnEmptyHistoryAreCheckedToo) {
  const OpenedFeatures opened({});
  const Ids none, one = {100}, user = {1};
  Session session = opened.session();
  const Features legal = {{"category", none}, {"user_id", user}};
  const std::vector<float> vector = opened.encode(session, {Ids{}, legal});
  for (std::size_t c = 0; c < vector.size(); ++c) EXPECT_EQ(vector[c], opened.plain.empty.at(0, c));
  EXPECT_EQ(refused(opened, {Ids{}, Features{{"category", one}}}).code(), StatusCode::feature_length);
}

// A call that fails leaves nothing behind that the next one would see.
TEST(Features, DoNotOutliveTheirCall) {
  const OpenedFeatures opened({});
  Session session = opened.session();
  const std::vector<float> before = opened.encode(session, kHistory);
  const Ids category = {105, 100, 103}, user = {0}, time = {10, 12, 30}, bad = {5};
  const Features features = {{"category", category}, {"user_id", user}, {"time", time}};
  EXPECT_NE(opened.encode(session, {kHistory, features}), before);
  std::vector<float> vector(12);
  const Features illegal = {{"category", category}, {"user_id", bad}, {"time", time}};
  EXPECT_FALSE(session.encode({kHistory, illegal}, UnknownItem::error, vector).ok());
  EXPECT_EQ(opened.encode(session, kHistory), before);
}

TEST(Features, OfEveryUserOfABatch) {
  const OpenedFeatures opened({});
  SessionOptions options;
  options.max_batch = 3;
  Session session = opened.session(options);
  const Ids category = {105, 100, 103}, user = {0}, other_user = {1};
  const Features first = {{"category", category}, {"user_id", user}}, second = {{"user_id", other_user}},
                 wrong = {{"colour", user}};
  std::vector<Request> users = {{kHistory, first}, {kHistory, second}, kHistory};
  std::vector<Recommendation> out(3 * 5), alone(5);
  std::vector<std::size_t> counts(3);
  ASSERT_TRUE(session.recommend_batch(users, 5, {}, out, counts).ok());
  for (std::size_t u = 0; u < 3; ++u) {
    ASSERT_EQ(*session.recommend(users[u], 5, {}, alone), counts[u]);
    for (std::size_t i = 0; i < counts[u]; ++i) {
      EXPECT_EQ(out[u * 5 + i].item, alone[i].item);
      EXPECT_EQ(std::memcmp(&out[u * 5 + i].score, &alone[i].score, sizeof(float)), 0);
    }
  }
  users[1].features = wrong;
  const Status status = session.recommend_batch(users, 5, {}, out, counts);
  EXPECT_EQ(status.code(), StatusCode::unknown_feature);
  EXPECT_NE(status.message().find("user 1"), std::string::npos) << status.message();
}

} // namespace
} // namespace heed::test
