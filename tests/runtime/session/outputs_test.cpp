// Intermediate results by name.
#include "tests/runtime/session/session_fixture.hpp"

namespace heed::test {
namespace {

using Features = std::vector<FeatureValues>;

const Ids kHistory = {5, 9, 2};
const PlainRequest kPlain = {{{4}, {8}, {1}}};
constexpr float kUntouched = -77.0f;

FeatureOptions two_interests() {
  FeatureOptions o;
  o.interests = 2;
  return o;
}

// The rows of an output with room to spare, which stays untouched.
std::vector<float> output(Session& session, const char* name, const Request& request,
                          std::size_t expected_rows) {
  std::vector<float> values(20 * 12, kUntouched);
  Result<std::size_t> rows = session.output(name, request, UnknownItem::skip, values);
  EXPECT_TRUE(rows.ok()) << rows.status().message();
  if (!rows.ok()) return {};
  EXPECT_EQ(*rows, expected_rows);
  for (std::size_t i = *rows * 12; i < values.size(); ++i) EXPECT_EQ(values[i], kUntouched);
  values.resize(*rows * 12);
  return values;
}

TEST(Outputs, AreListed) {
  const OpenedFeatures opened(two_interests());
  const std::vector<OutputInfo> outputs = opened.model.info().outputs;
  ASSERT_EQ(outputs.size(), 3u);
  EXPECT_EQ(outputs[0].name, "hidden");
  EXPECT_EQ(outputs[0].rows, 0u);
  EXPECT_EQ(outputs[1].name, "user");
  EXPECT_EQ(outputs[1].rows, 2u);
  EXPECT_EQ(outputs[2].name, "profile");
  EXPECT_EQ(outputs[2].rows, 1u);
  for (const OutputInfo& info : outputs) EXPECT_EQ(info.cols, 12u);
}

TEST(Outputs, HoldWhatThePlainComputationHolds) {
  const OpenedFeatures opened(two_interests());
  Session session = opened.session();
  const PlainResult expected = compute(opened.plain, kPlain);
  expect_near(output(session, "hidden", kHistory, 3), expected.hidden);
  expect_near(output(session, "user", kHistory, 2), expected.user);
  EXPECT_EQ(output(session, "user", kHistory, 2), opened.encode(session, kHistory));
  const Ids user = {1}; // row 4
  const Features features = {{"user_id", user}};
  const std::vector<float> profile = output(session, "profile", {kHistory, features}, 1);
  for (std::size_t c = 0; c < 12; ++c) EXPECT_EQ(profile[c], opened.plain.users.at(4, c));
}

TEST(Outputs, OfEventsHaveTheRowsOfThoseThatCount) {
  const OpenedFeatures opened({});
  Session session = opened.session();
  output(session, "hidden", Ids(20, 3), 7);
  output(session, "hidden", Ids{1, -1, 2}, 2); // one is skipped
  FeatureOptions o;
  o.append = true;
  const OpenedFeatures appending(o);
  Session longer = appending.session();
  PlainRequest plain = kPlain;
  plain.events.push_back({38});
  expect_near(output(longer, "hidden", kHistory, 4), compute(appending.plain, plain).hidden);
}

TEST(Outputs, OfAnEmptyHistoryAreTheRecordedOnes) {
  const OpenedFeatures opened(two_interests());
  Session session = opened.session();
  EXPECT_TRUE(output(session, "hidden", Ids{}, 0).empty());
  EXPECT_EQ(output(session, "user", Ids{}, 2), opened.plain.empty.data);
  EXPECT_EQ(output(session, "profile", Ids{}, 1), opened.plain.empty_profile.data);
  // The last history's results do not shine through.
  output(session, "hidden", kHistory, 3);
  EXPECT_TRUE(output(session, "hidden", Ids{}, 0).empty());
  EXPECT_EQ(output(session, "user", Ids{}, 2), opened.plain.empty.data);
}

TEST(Outputs, UnknownNamesAreRefusedAndTheNearestIsNamed) {
  const OpenedFeatures opened({});
  Session session = opened.session();
  std::vector<float> values(100);
  const Status near = session.output("hiden", kHistory, UnknownItem::error, values).status();
  EXPECT_EQ(near.code(), StatusCode::unknown_feature);
  EXPECT_NE(near.message().find("did you mean 'hidden'?"), std::string::npos) << near.message();
  const Status far = session.output("attention_weights", kHistory, UnknownItem::error, values).status();
  EXPECT_NE(far.message().find("it has hidden, user, profile"), std::string::npos) << far.message();
  EXPECT_EQ(session.output(nullptr, kHistory, UnknownItem::error, values).status().code(),
            StatusCode::unknown_feature);
}

TEST(Outputs, TooLittleRoomIsRefusedAndNothingIsWritten) {
  const OpenedFeatures opened({});
  Session session = opened.session();
  for (const std::size_t room : {0U, 12U, 35U}) {
    std::vector<float> values(36, kUntouched);
    const Status status =
        session.output("hidden", kHistory, UnknownItem::error, Span<float>(values.data(), room)).status();
    EXPECT_EQ(status.code(), StatusCode::invalid_argument);
    EXPECT_NE(status.message().find("3 rows of 12"), std::string::npos) << status.message();
    for (const float value : values) EXPECT_EQ(value, kUntouched);
  }
  std::vector<float> exact(36);
  EXPECT_TRUE(session.output("hidden", kHistory, UnknownItem::error, exact).ok());
}

TEST(Outputs, ErrorsOfTheRequestAreThoseOfOtherCalls) {
  const OpenedFeatures opened({});
  Session session = opened.session();
  std::vector<float> values(100);
  const Ids unknown = {4711};
  EXPECT_EQ(session.output("user", unknown, UnknownItem::error, values).status().code(),
            StatusCode::unknown_item);
}

} // namespace
} // namespace heed::test
