// Time by step: which steps there are, in which order; how long they took is the machine's affair.
#include "tests/runtime/session/session_fixture.hpp"

#include <map>
#include <string>

namespace heed::test {
namespace {

const Ids kHistory = {5, 9, 2};

std::vector<OperatorTime> profile(Session& session, const Model& model, const Request& request,
                                  std::size_t k) {
  std::vector<OperatorTime> times(2 * model.info().nodes.size() + 1);
  Result<std::size_t> count = session.profile(request, k, UnknownItem::error, times);
  EXPECT_TRUE(count.ok()) << count.status().message();
  times.resize(count.ok() ? *count : 0);
  return times;
}

TEST(Profile, NamesEveryNodeInItsOrderAndThenTheScan) {
  const Opened opened(EncoderOptions{});
  Session session = opened.session();
  const std::vector<NodeInfo> nodes = opened.model.info().nodes;
  const std::vector<OperatorTime> times = profile(session, opened.model, opened.ids({3, 1, 4}), 5);
  ASSERT_EQ(times.size(), nodes.size() + 1);
  std::uint64_t total = 0;
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    EXPECT_EQ(times[n].name, nodes[n].name);
    EXPECT_EQ(times[n].op, nodes[n].op);
    total += times[n].nanoseconds;
  }
  EXPECT_STREQ(times.back().name, "catalogue");
  EXPECT_STREQ(times.back().op, "scan");
  EXPECT_GT(total, 0u);
  EXPECT_EQ(profile(session, opened.model, opened.ids({3, 1, 4}), 0).size(), nodes.size());
}

TEST(Profile, TellsValuesThatAreQuantized) {
  EncoderOptions options;
  options.int8 = true;
  options.blocks = 1;
  const Opened opened(options);
  Session session = opened.session();
  std::map<std::string, int> steps;
  for (const OperatorTime& time : profile(session, opened.model, opened.ids({3, 1, 4}), 0)) {
    ++steps[time.op];
    EXPECT_STRNE(time.name, "");
  }
  EXPECT_EQ(steps["quantize"], 4); // for q, k, v together; for wo, w1 and w2 one each
  EXPECT_EQ(steps["attention"], 1);
}

TEST(Profile, OfAnEmptyHistoryHasNoNodes) {
  const Opened opened(EncoderOptions{});
  Session session = opened.session();
  EXPECT_TRUE(profile(session, opened.model, Ids{}, 0).empty());
  const std::vector<OperatorTime> times = profile(session, opened.model, Ids{}, 5);
  ASSERT_EQ(times.size(), 1u);
  EXPECT_STREQ(times[0].op, "scan");
}

TEST(Profile, LeavesNothingBehindThatOthersSee) {
  const OpenedFeatures opened({});
  Session session = opened.session(), other = opened.session();
  const Ids before = recommended(session, kHistory, 10);
  profile(session, opened.model, Ids{1}, 3);
  EXPECT_EQ(recommended(session, kHistory, 10), before);
  EXPECT_EQ(opened.encode(session, kHistory), opened.encode(other, kHistory));
}

TEST(Profile, RefusesWhatOtherCallsRefuseAndTooLittleRoom) {
  const OpenedFeatures opened({});
  Session session = opened.session();
  const std::size_t nodes = opened.model.info().nodes.size();
  std::vector<OperatorTime> times(2 * nodes + 1);
  const auto code = [&](const Ids& history, std::size_t k, Span<OperatorTime> out) {
    return session.profile(history, k, UnknownItem::error, out).status().code();
  };
  EXPECT_EQ(code({4711}, 1, times), StatusCode::unknown_item);
  EXPECT_EQ(code(kHistory, opened.model.items() + 1, times), StatusCode::invalid_argument);
  EXPECT_EQ(code(kHistory, 0, Span<OperatorTime>(times.data(), nodes - 1)), StatusCode::invalid_argument);
  EXPECT_EQ(code(kHistory, 1, Span<OperatorTime>(times.data(), nodes)), StatusCode::invalid_argument);
  EXPECT_EQ(code(kHistory, 0, Span<OperatorTime>(times.data(), nodes)), StatusCode::ok);
}

} // namespace
} // namespace heed::test
