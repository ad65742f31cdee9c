// Computed padding: a history is filled to all slots, on the reference's side, and only its own events are
// the caller's.
#include "tests/runtime/session/session_fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

using Features = std::vector<FeatureValues>;

constexpr std::size_t kFill = 38; // the row

class ComputedPadding : public testing::TestWithParam<const char*> {
 protected:
  ComputedPadding() {
    options_.fill = GetParam();
    options_.interests = 2;
    options_.slots = 9;
    options_.max_history = 7;
  }
  bool left() const { return std::strcmp(GetParam(), "left") == 0; }
  // `events` at their slots, and the filling row with default ids and the time 0 at all others.
  PlainRequest filled(const std::vector<PlainEvent>& events) const {
    PlainRequest plain;
    plain.events.assign(options_.slots, {kFill, 2, 0});
    std::copy(events.begin(), events.end(),
              plain.events.begin() +
                  static_cast<std::ptrdiff_t>(left() ? options_.slots - events.size() : 0));
    return plain;
  }

  FeatureOptions options_;
};

TEST_P(ComputedPadding, TakesPartLikeEvents) {
  const OpenedFeatures opened(options_);
  Session session = opened.session();
  std::vector<PlainEvent> events;
  Ids history, category, time;
  for (std::size_t n = 1; n <= 7; ++n) {
    events.push_back({n * 3, n % kCategories, static_cast<double>(n * n)});
    history.push_back(static_cast<std::int64_t>(n * 3) + kFirstItem);
    category.push_back(kFirstCategory + static_cast<std::int64_t>(n % kCategories));
    time.push_back(static_cast<std::int64_t>(n * n));
    const Features features = {{"category", category}, {"time", time}};
    expect_near(opened.encode(session, {history, features}), compute(opened.plain, filled(events)).user);
  }
  expect_near(opened.encode(session, Ids{4}), compute(opened.plain, filled({{3}})).user);
}

TEST_P(ComputedPadding, MayFillAllButOneSlotOrNone) {
  options_.max_history = options_.slots;
  const OpenedFeatures opened(options_);
  Session session = opened.session();
  std::vector<PlainEvent> events;
  Ids history;
  for (std::size_t n = 0; n < options_.slots; ++n) {
    events.push_back({n});
    history.push_back(static_cast<std::int64_t>(n) + kFirstItem);
  }
  expect_near(opened.encode(session, history), compute(opened.plain, filled(events)).user);
  history.insert(history.begin(), 30); // does not count any more
  expect_near(opened.encode(session, history), compute(opened.plain, filled(events)).user);
}

TEST_P(ComputedPadding, FillsAllSlotsOfAShorterSessionToo) {
  const OpenedFeatures opened(options_);
  SessionOptions shorter;
  shorter.max_history = 2;
  Session session = opened.session(shorter);
  expect_near(opened.encode(session, Ids{1, 2, 3, 4}), compute(opened.plain, filled({{2}, {3}})).user);
}

TEST_P(ComputedPadding, IsNotAmongTheRowsOfOutputs) {
  const OpenedFeatures opened(options_);
  Session session = opened.session();
  const Rows all = compute(opened.plain, filled({{4}, {8}, {1}})).hidden;
  const std::size_t first = left() ? options_.slots - 3 : 0;
  std::vector<float> values(3 * 12);
  Result<std::size_t> rows = session.output("hidden", Ids{5, 9, 2}, UnknownItem::error, values);
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  EXPECT_EQ(*rows, 3u);
  expect_near(values, Rows(all.begin() + static_cast<std::ptrdiff_t>(first),
                           all.begin() + static_cast<std::ptrdiff_t>(first + 3)));
}

TEST_P(ComputedPadding, IsNotComputedForAnEmptyHistory) {
  const OpenedFeatures opened(options_);
  Session session = opened.session();
  EXPECT_EQ(opened.encode(session, Ids{}), opened.plain.empty.data);
}

INSTANTIATE_TEST_SUITE_P(Sides, ComputedPadding, testing::Values("left", "right"),
                         [](const testing::TestParamInfo<const char*>& c) { return c.param; });

} // namespace
} // namespace heed::test
