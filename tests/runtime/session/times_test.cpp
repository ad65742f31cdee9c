// Times of events: their order, the rule of gaps, and the request's own time.
#include "tests/runtime/session/session_fixture.hpp"

namespace heed::test {
namespace {

using Features = std::vector<FeatureValues>;

const Ids kHistory = {5, 9, 2, 7}; // rows 4, 8, 1 and 6
const std::size_t kItems[] = {4, 8, 1, 6};

PlainRequest at_times(const std::vector<double>& times, double request_time = 0) {
  PlainRequest plain;
  for (std::size_t i = 0; i < times.size(); ++i) plain.events.push_back({kItems[i], 2, times[i]});
  plain.request_time = request_time;
  return plain;
}

double distance(const std::vector<float>& got, const Rows& expected) {
  double most = 0;
  for (std::size_t c = 0; c < got.size(); ++c)
    most = std::max(most, std::fabs(static_cast<double>(got[c]) - expected[0][c]));
  return most;
}

struct Timed : OpenedFeatures {
  explicit Timed(const FeatureOptions& options) : OpenedFeatures(options), running(session()) {}
  std::vector<float> encode_at(const Ids& times) {
    return encode(running, {kHistory, Features{{"time", times}}});
  }
  Status refusal(const Ids& times) {
    std::vector<float> vector(12);
    return running.encode({kHistory, Features{{"time", times}}}, UnknownItem::error, vector);
  }
  void expect(const Ids& times, const PlainRequest& request) {
    expect_near(encode_at(times), compute(plain, request).user);
  }
  void expect_not(const Ids& times, const PlainRequest& request) {
    EXPECT_GT(distance(encode_at(times), compute(plain, request).user), 1e-3);
  }
  Session running;
};

FeatureOptions with_gaps() {
  FeatureOptions o;
  o.gaps = true;
  return o;
}
FeatureOptions with_request() {
  FeatureOptions o;
  o.and_request = true;
  return o;
}

TEST(Times, BackwardsAreRefused) {
  for (const FeatureOptions& o : {FeatureOptions(), with_gaps(), with_request()}) {
    Timed timed(o);
    const Status status = timed.refusal({5, 7, 6, 8});
    EXPECT_EQ(status.code(), StatusCode::times_backwards);
    EXPECT_NE(status.message().find("'time' of event 2 is 6, before 7"), std::string::npos)
        << status.message();
    EXPECT_EQ(timed.refusal({5, 4, 6, 8}).code(), StatusCode::times_backwards);
    EXPECT_TRUE(timed.refusal({5, 5, 5, 5}).ok()); // equal times are in order
    EXPECT_TRUE(timed.refusal({INT64_MIN, -1, 0, INT64_MAX}).ok());
  }
}

// The order of all events counts, also of those beyond the most recent ones.
TEST(Times, OfEventsThatDoNotCountAreCheckedToo) {
  const OpenedFeatures opened({});
  Session session = opened.session();
  const Ids history(10, 3), times = {9, 8, 10, 11, 12, 13, 14, 15, 16, 17};
  std::vector<float> vector(12);
  const Features features = {{"time", times}};
  EXPECT_EQ(session.encode({history, features}, UnknownItem::error, vector).code(),
            StatusCode::times_backwards);
}

TEST(Times, AreSeenAsTheyAre) {
  Timed timed({});
  timed.expect({100, 102, 105, 5000}, at_times({100, 102, 105, 5000}));
  timed.expect({-9, -9, 0, 1}, at_times({-9, -9, 0, 1}));
  timed.expect_not({100, 102, 105, 5000}, at_times({100, 100, 105, 5000}));
  // Differences that no 64-bit integer holds.
  timed.expect({INT64_MIN, -1, 0, INT64_MAX}, at_times({-9.3e18, -1, 0, 9.3e18}));
}

// round((t - oldest) / smallest gap above zero) + 1, halves to even: steps of 0, 1, 2.5 and 3.5.
TEST(Times, GapsAreCountedInTheSmallestOneAndHalvesGoToEven) {
  Timed timed(with_gaps());
  timed.expect({10, 12, 15, 17}, at_times({1, 2, 3, 5}));
  timed.expect_not({10, 12, 15, 17}, at_times({1, 2, 4, 5}));
  timed.expect({10, 10, 14, 18}, at_times({1, 1, 2, 3})); // a gap of zero is none
  timed.expect({10, 10, 10, 10}, at_times({1, 1, 1, 1}));
  timed.expect({-5, -4, 0, 1}, at_times({1, 2, 6, 7}));
  timed.expect({INT64_MIN, INT64_MIN + 1, 0, INT64_MAX}, at_times({1, 2, 9e15, 9e15}));
}

TEST(Times, GapsThatAreNotPassedAreOneStepEach) {
  Timed timed(with_gaps());
  expect_near(timed.encode(timed.running, kHistory), compute(timed.plain, at_times({1, 1, 1, 1})).user);
}

// The smallest gap and the oldest time are those of the whole history, not of the events that count.
TEST(Times, GapsAreOfAllEventsThatAreThere) {
  const OpenedFeatures opened(with_gaps());
  SessionOptions options;
  options.max_history = 2;
  Session session = opened.session(options);
  const Ids times = {0, 2, 5, 25};
  const Features features = {{"time", times}};
  expect_near(opened.encode(session, {kHistory, features}),
              compute(opened.plain, {{{1, 2, 3}, {6, 2, 13}}}).user); // 2.5 and 12.5 steps
}

TEST(Times, TheRequestsOwnMayFollow) {
  Timed timed(with_request());
  timed.expect({1, 2, 4, 8, 13}, at_times({1, 2, 4, 8}, 13));
  timed.expect_not({1, 2, 4, 8, 13}, at_times({1, 2, 4, 8}, 8));
  timed.expect({1, 2, 4, 8}, at_times({1, 2, 4, 8}, 8)); // else it is the newest event's
  const Status status = timed.refusal({1, 2, 4, 8, 7});
  EXPECT_EQ(status.code(), StatusCode::times_backwards);
  EXPECT_EQ(timed.refusal({1, 2, 4, 8, 9, 10}).code(), StatusCode::feature_length);
  EXPECT_NE(timed.refusal({1, 2, 4}).message().find("the request's own time may follow"), std::string::npos);
}

TEST(Times, TheRequestsOwnIsRefusedWhereTheModelHasNone) {
  Timed timed({});
  EXPECT_EQ(timed.refusal({1, 2, 4, 8, 9}).code(), StatusCode::feature_length);
}

TEST(Times, OfARequestWithoutEventsMayBeItsOwn) {
  const OpenedFeatures opened(with_request());
  Session session = opened.session();
  const Ids own = {5};
  const Features features = {{"time", own}};
  const std::vector<float> vector = opened.encode(session, {Ids{}, features});
  for (std::size_t c = 0; c < vector.size(); ++c) EXPECT_EQ(vector[c], opened.plain.empty.at(0, c));
}

} // namespace
} // namespace heed::test
