// A history that a session remembers: what is refused, forgotten and excluded. That its results have the bits
// of whole requests is tested on random graphs (tests/converter/emit/random_appends_test.cpp).
#include "tests/runtime/session/counting_allocator.hpp"
#include "tests/runtime/session/session_fixture.hpp"

#include <string>

namespace heed::test {
namespace {

using Features = std::vector<FeatureValues>;

SessionOptions remembering(std::uint32_t events, std::uint32_t drop_at_once = 1) {
  SessionOptions options;
  options.running_history = events;
  options.drop_at_once = drop_at_once;
  return options;
}

bool contains(const Status& status, StatusCode code, const char* text) {
  return status.code() == code && status.message().find(text) != std::string::npos;
}

// Ids recommended for the running history.
Ids recommended(Session& session, std::size_t k, bool exclude_seen = true) {
  std::vector<Recommendation> best(k);
  RecommendOptions options;
  options.exclude_seen = exclude_seen;
  const auto count = session.recommend(Request::of_session(), k, options, best);
  EXPECT_TRUE(count.ok()) << count.status().message();
  Ids ids;
  for (std::size_t i = 0; i < *count; ++i) ids.push_back(best[i].item);
  return ids;
}

TEST(RunningHistory, NeedsRoom) {
  const Opened opened({});
  Session session = opened.session();
  const Ids history = opened.ids({1, 2});
  std::vector<float> vector(12);
  EXPECT_TRUE(contains(session.begin(history), StatusCode::invalid_argument, "running_history"));
  EXPECT_TRUE(contains(session.append(history[0]), StatusCode::invalid_argument, "running_history"));
  EXPECT_TRUE(contains(session.encode(Request::of_session(), UnknownItem::error, vector),
                       StatusCode::invalid_argument, "running_history"));
  EXPECT_FALSE(session.keeps_events());
}

TEST(RunningHistory, OptionsAreChecked) {
  const Opened opened({});
  const auto refused = [&](const SessionOptions& options) {
    return Session::create(opened.model, options).status().code() == StatusCode::invalid_argument;
  };
  EXPECT_TRUE(refused(remembering(6))); // seven count
  EXPECT_FALSE(refused(remembering(7)));
  EXPECT_TRUE(refused(remembering(7, 0)));
  EXPECT_FALSE(refused(remembering(7, 7)));
  EXPECT_TRUE(refused(remembering(7, 8)));
  EXPECT_TRUE(refused(remembering(0xffffffff)));
}

// Places counted from the left and attention without padding: events stay. Padding that shrinks, places from
// the right, attention both ways: they do not.
TEST(RunningHistory, KeepsEventsWhereNothingBeforeThemChanges) {
  const auto keeps = [](const char* padding, const char* positions, bool causal) {
    EncoderOptions o;
    o.padding = padding;
    o.positions = positions;
    o.causal = causal;
    const Opened opened(o);
    return opened.session(remembering(7)).keeps_events();
  };
  EXPECT_TRUE(keeps("none", "from_left", true));
  EXPECT_FALSE(keeps("none", "from_right", true));
  EncoderOptions o;
  o.padding = "none";
  const Opened opened(o);
  EXPECT_FALSE(opened.session().keeps_events()); // nobody asked
}

TEST(RunningHistory, AnEventThatIsRefusedChangesNothing) {
  const OpenedFeatures opened({});
  Session session = opened.session(remembering(7));
  const Ids history = {5, 9}, category = {105, 100}, times = {10, 12};
  ASSERT_TRUE(session.begin({history, Features{{"category", category}, {"time", times}}}).ok());
  const std::vector<float> before = opened.encode(session, Request::of_session());
  const Ids one_category = {103}, later = {12}, earlier = {11}, two = {1, 2}, none = {99};
  const auto append = [&](std::int64_t item, const Features& features) {
    return session.append(item, features);
  };
  const FeatureValues good = {"category", one_category}, time = {"time", later};
  EXPECT_TRUE(contains(append(38, {good, time}), StatusCode::unknown_item, "no item 38"));
  EXPECT_TRUE(contains(append(2, {good}), StatusCode::feature_length, "'time' is missing"));
  EXPECT_TRUE(contains(append(2, {good, time, {"user_id", two}}), StatusCode::feature_length, "'user_id'"));
  EXPECT_TRUE(contains(append(2, {good, {"time", earlier}}), StatusCode::times_backwards, "11, before 12"));
  EXPECT_TRUE(contains(append(2, {{"category", none}, time}), StatusCode::unknown_id, "'category'"));
  EXPECT_TRUE(contains(append(2, {good, {"tiem", later}}), StatusCode::unknown_feature, "'time'"));
  EXPECT_EQ(opened.encode(session, Request::of_session()), before);
  EXPECT_TRUE(append(2, {good, time}).ok());
  const Ids all = {5, 9, 2}, categories = {105, 100, 103}, all_times = {10, 12, 12};
  Session whole = opened.session();
  EXPECT_EQ(opened.encode(session, Request::of_session()),
            opened.encode(whole, {all, Features{{"category", categories}, {"time", all_times}}}));
}

TEST(RunningHistory, AFeatureThatEarlierEventsLackIsRefused) {
  const OpenedFeatures opened({});
  Session session = opened.session(remembering(7));
  const Ids history = {5}, category = {103};
  ASSERT_TRUE(session.begin(history).ok());
  EXPECT_TRUE(contains(session.append(2, Features{{"category", category}}), StatusCode::feature_length,
                       "'category' is given"));
  // The first event of all decides.
  ASSERT_TRUE(session.begin(Request()).ok());
  EXPECT_TRUE(session.append(2, Features{{"category", category}}).ok());
  EXPECT_TRUE(contains(session.append(2), StatusCode::feature_length, "'category' is missing"));
}

TEST(RunningHistory, ARequestOfItHasNothingElse) {
  const Opened opened({});
  Session session = opened.session(remembering(7));
  Request request = Request::of_session();
  const Ids history = opened.ids({1});
  request.history = history;
  std::vector<float> vector(12);
  EXPECT_EQ(session.encode(request, UnknownItem::error, vector).code(), StatusCode::invalid_argument);
  EXPECT_EQ(session.begin(Request::of_session()).code(), StatusCode::invalid_argument);
}

TEST(RunningHistory, AllThatIsRememberedIsExcludedAndTheForgottenIsNot) {
  const Opened opened({});
  Session session = opened.session(remembering(10));
  ASSERT_TRUE(session.begin(Request()).ok());
  for (const std::int64_t id : opened.ids({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}))
    ASSERT_TRUE(session.append(id).ok());
  EXPECT_EQ(recommended(session, 37).size(), 27u); // of seven that count and three before them
  ASSERT_TRUE(session.append(opened.ids({10})[0]).ok());
  Ids best = recommended(session, 37);
  EXPECT_EQ(best.size(), 27u);
  EXPECT_EQ(std::count(best.begin(), best.end(), opened.ids({0})[0]), 1);
}

TEST(RunningHistory, DoesNotAllocate) {
  for (const char* padding : {"none", "constant"}) {
    EncoderOptions o;
    o.padding = padding;
    o.int8 = true;
    const Opened opened(o);
    Session session = opened.session(remembering(8, 3));
    const Ids ids = opened.ids({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    std::vector<Recommendation> best(5);
    const std::size_t before = allocations();
    bool ok = session.begin(Request()).ok();
    for (const std::int64_t id : ids) {
      ok = ok && session.append(id).ok();
      ok = ok && session.recommend(Request::of_session(), 5, {}, best).ok();
    }
    const std::size_t after = allocations();
    EXPECT_TRUE(ok);
    EXPECT_EQ(after, before);
  }
}

} // namespace
} // namespace heed::test
