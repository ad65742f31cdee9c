#include "tests/runtime/session/session_fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

std::vector<float> encoded(Session& session, const Ids& history, UnknownItem unknown = UnknownItem::error) {
  std::vector<float> vector(12);
  const Status status = session.encode(history, unknown, vector);
  EXPECT_TRUE(status.ok()) << status.message();
  return vector;
}

// The plain double-precision formulas, for every length from one event to beyond the maximum.
void expect_reference(const EncoderOptions& options) {
  const Opened opened(options);
  Session session = opened.session();
  for (std::size_t length = 1; length <= options.max_history + 2; ++length) {
    const auto rows = some_rows(length, options.items);
    const std::size_t kept = std::min(length, options.max_history);
    const std::vector<std::size_t> recent(rows.end() - static_cast<std::ptrdiff_t>(kept), rows.end());
    const std::vector<double> expected = reference_vector(opened.encoder, recent);
    const std::vector<float> got = encoded(session, opened.ids(rows));
    // tanh keeps elements below 1; two blocks of sums over at most 20 terms stay within some 2^-19.
    for (std::size_t c = 0; c < got.size(); ++c)
      EXPECT_NEAR(static_cast<double>(got[c]), expected[c], 2e-6) << "length " << length << ", element " << c;
  }
}

TEST(Encode, ConstantPaddingPositionsFromLeft) {
  expect_reference({});
}
TEST(Encode, NoPaddingPositionsFromRight) {
  EncoderOptions o;
  o.padding = "none";
  o.positions = "from_right";
  expect_reference(o);
}
TEST(Encode, PaddingPerSlotPositionsFromRight) {
  EncoderOptions o;
  o.padding = "per_slot";
  o.positions = "from_right";
  expect_reference(o);
}
TEST(Encode, BidirectionalWithoutPositions) {
  EncoderOptions o;
  o.causal = false;
  o.padding = "none";
  o.positions = "none";
  expect_reference(o);
}
TEST(Encode, OneHeadAndOddSizes) {
  EncoderOptions o;
  o.heads = 1;
  o.dim = 12;
  o.hidden = 17;
  o.blocks = 1;
  expect_reference(o);
}
TEST(Encode, HeadsNarrowerThanAVector) {
  EncoderOptions o;
  o.heads = 4;
  expect_reference(o);
}

TEST(Encode, EmptyHistoryGivesTheRecordedAnswer) {
  const Opened opened({});
  Session session = opened.session();
  EXPECT_EQ(encoded(session, {}), opened.encoder.empty.data);
}

TEST(Encode, AHistoryOfUnknownItemsThatAreSkippedIsEmpty) {
  const Opened opened({});
  Session session = opened.session();
  EXPECT_EQ(encoded(session, {999, -1}, UnknownItem::skip), opened.encoder.empty.data);
}

TEST(Encode, UnknownItemsAreRefusedSkippedOrSubstituted) {
  const Opened opened({});
  Session session = opened.session();
  std::vector<float> vector(12);
  const Ids history = {opened.encoder.ids[4], 999, opened.encoder.ids[6]};
  const Status refused = session.encode(history, UnknownItem::error, vector);
  EXPECT_EQ(refused.code(), StatusCode::unknown_item);
  EXPECT_NE(refused.message().find("999"), std::string::npos);
  EXPECT_EQ(encoded(session, history, UnknownItem::skip), encoded(session, opened.ids({4, 6})));
  const std::vector<double> expected =
      reference_vector(opened.encoder, {4, 37, 6}); // row 37 is the unknown item
  const std::vector<float> got = encoded(session, history, UnknownItem::substitute);
  for (std::size_t c = 0; c < got.size(); ++c) EXPECT_NEAR(static_cast<double>(got[c]), expected[c], 2e-6);
}

TEST(Encode, ASessionMadeForShorterHistoriesUsesTheMostRecentEvents) {
  const Opened opened({});
  SessionOptions options;
  options.max_history = 3;
  Session shorter = opened.session(options), full = opened.session();
  EXPECT_EQ(encoded(shorter, opened.ids({1, 2, 3, 4, 5})), encoded(full, opened.ids({3, 4, 5})));
}

TEST(Encode, WritesNothingBeyondTheVectorAndChecksItsSize) {
  const Opened opened({});
  Session session = opened.session();
  std::vector<float> vector(11);
  EXPECT_EQ(session.encode({}, UnknownItem::error, vector).code(), StatusCode::invalid_argument);
}

TEST(Encode, CorruptWeightsGiveTheCanonicalNan) {
  Encoder encoder = make_encoder({});
  encoder.model.segments[static_cast<std::size_t>(0)][3] =
      0xFF; // item row 0, element 0: the sign and exponent
  encoder.model.segments[static_cast<std::size_t>(0)][2] = 0xFF;
  const AlignedBytes bytes(encoder.model.bytes());
  Result<Model> model = Model::open(bytes.data(), bytes.size());
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(model->verify().code(), StatusCode::value_not_finite);
  Result<Session> session = Session::create(*model);
  ASSERT_TRUE(session.ok());
  const std::vector<float> vector = encoded(*session, {encoder.ids[0]});
  for (float x : vector) {
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof(bits));
    EXPECT_EQ(bits, 0x7FC00000u);
  }
}

} // namespace
} // namespace heed::test
