// Evaluation against a plain computation from the scores a Session gives.
#include "converter/error.hpp"
#include "converter/eval/evaluate.hpp"
#include "converter/random.hpp"
#include "tests/support/test_model.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace heed::eval {
namespace {

using Ids = std::vector<std::int64_t>;

class Evaluate : public ::testing::Test {
 protected:
  Evaluate() {
    test::EncoderOptions options;
    options.shuffled_ids = true;
    encoder_ = test::make_encoder(options);
    bytes_ = std::make_unique<test::AlignedBytes>(encoder_.model.bytes());
    Result<Model> model = Model::open(bytes_->data(), bytes_->size());
    if (!model) throw convert::Error(model.status());
    model_ = std::make_unique<Model>(std::move(model).value());
    for (std::uint64_t i = 0; i < model_->items(); ++i) ids_.push_back(model_->item_id(i).value());
    data_ = make_data();
  }

  // 53 users with histories of many lengths and repeats, some without a target.
  Interactions make_data() const {
    std::string text;
    convert::SplitMix64 random(3);
    for (int user = 0; user < 53; ++user) {
      text += "u" + std::to_string(user);
      const std::uint64_t events = user == 0 ? 12 : 1 + random.below(12);
      for (std::uint64_t e = 0; e < events; ++e)
        text += " " + std::to_string(ids_[random.below(ids_.size())]);
      text += "\n";
    }
    return parse_interactions(text, "data");
  }

  std::vector<float> scores(const Ids& history) const {
    SessionOptions limits;
    limits.max_candidates = static_cast<std::uint32_t>(ids_.size());
    Result<Session> session = Session::create(*model_, limits);
    std::vector<float> out(ids_.size());
    EXPECT_TRUE(session->score(history, ids_, UnknownItem::error, out).ok());
    return out;
  }

  // The rank of the target by sorting all competitors.
  std::uint64_t plain_rank(const Ids& events, Seen seen) const {
    const Ids history(events.begin(), events.end() - 1);
    const std::int64_t target = events.back();
    const std::set<std::int64_t> known(history.begin(), history.end());
    std::vector<float> score = scores(history);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const bool is_seen = known.count(ids_[i]) != 0 && ids_[i] != target;
      if (is_seen && seen == Seen::exclude) continue;
      if (is_seen && seen == Seen::zero) score[i] = 0;
      order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return score[a] > score[b]; });
    const auto found =
        std::find_if(order.begin(), order.end(), [&](std::size_t i) { return ids_[i] == target; });
    return static_cast<std::uint64_t>(found - order.begin()) + 1;
  }

  Ids events(std::size_t user) const {
    const Span<const std::int64_t> all = data_.history(user);
    return Ids(all.begin(), all.end());
  }

  test::Encoder encoder_;
  std::unique_ptr<test::AlignedBytes> bytes_;
  std::unique_ptr<Model> model_;
  Ids ids_;
  Interactions data_;
};

TEST_F(Evaluate, FullRanksAgreeWithSorting) {
  for (const Seen seen : {Seen::exclude, Seen::keep, Seen::zero}) {
    EvaluateOptions options;
    options.seen = seen;
    const EvaluateReport report = evaluate(*model_, data_, options);
    EXPECT_GT(report.skipped_users, 0u);
    EXPECT_EQ(report.users + report.skipped_users, data_.users.size());
    ASSERT_EQ(report.ranks.size(), report.users);
    for (std::size_t i = 0; i < report.users; ++i)
      EXPECT_EQ(report.ranks[i], plain_rank(events(report.evaluated[i]), seen)) << i;
  }
}

TEST_F(Evaluate, MetricsAreThoseOfTheRanks) {
  EvaluateOptions options;
  options.ks = {3, 7};
  const EvaluateReport report = evaluate(*model_, data_, options);
  const std::vector<MetricsAtK> means = mean_metrics(report.ranks, options.ks);
  ASSERT_EQ(report.metrics.size(), 2u);
  EXPECT_EQ(report.metrics[0].k, 3u);
  EXPECT_EQ(report.metrics[1].ndcg, means[1].ndcg);
  EXPECT_GT(report.metrics[1].hr, 0.0);
}

TEST_F(Evaluate, SampledRanksFollowTheDocumentedGenerator) {
  EvaluateOptions options;
  options.protocol = Protocol::sampled;
  options.negatives = 9;
  options.seed = 77;
  const EvaluateReport report = evaluate(*model_, data_, options);
  for (std::size_t i = 0; i < report.users; ++i) {
    const Ids all = events(report.evaluated[i]);
    const std::set<std::int64_t> touched(all.begin(), all.end());
    std::set<std::uint64_t> drawn;
    convert::SplitMix64 random = convert::stream_of(77, report.evaluated[i]);
    while (drawn.size() < 9) {
      const std::uint64_t place = random.below(ids_.size());
      if (touched.count(ids_[place]) == 0) drawn.insert(place);
    }
    const std::vector<float> score = scores(Ids(all.begin(), all.end() - 1));
    const std::size_t target =
        static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), all.back()) - ids_.begin());
    std::uint64_t rank = 1;
    for (const std::uint64_t place : drawn) rank += ranks_before(score[place], place, score[target], target);
    EXPECT_EQ(report.ranks[i], rank) << i;
  }
}

TEST_F(Evaluate, ThreadsDoNotMatter) {
  for (const Protocol protocol : {Protocol::full, Protocol::sampled}) {
    EvaluateOptions options;
    options.protocol = protocol;
    options.negatives = 5;
    options.threads = 1;
    const EvaluateReport one = evaluate(*model_, data_, options);
    EXPECT_EQ(one.threads, 1u);
    options.threads = 3;
    const EvaluateReport three = evaluate(*model_, data_, options);
    EXPECT_EQ(one.ranks, three.ranks);
    EXPECT_EQ(one.metrics[0].ndcg, three.metrics[0].ndcg);
  }
}

TEST_F(Evaluate, ProgressCountsUpToAllUsers) {
  EvaluateOptions options;
  options.threads = 2;
  std::size_t last = 0, calls = 0;
  options.progress = [&](std::size_t done, std::size_t total) {
    EXPECT_GT(done, last);
    EXPECT_LE(done, total);
    last = done;
    ++calls;
  };
  const EvaluateReport report = evaluate(*model_, data_, options);
  EXPECT_EQ(last, report.users);
  EXPECT_GT(calls, 1u);
}

TEST_F(Evaluate, UnknownItems) {
  const std::string known = std::to_string(ids_[0]) + " " + std::to_string(ids_[1]);
  const Interactions data =
      parse_interactions("a " + known + " 999999\nb 999999 " + known + "\nc 999999\n", "data");
  EvaluateOptions options;
  try {
    (void)evaluate(*model_, data, options);
    FAIL();
  } catch (const convert::Error& error) {
    EXPECT_EQ(error.code(), StatusCode::unknown_item);
    EXPECT_STREQ(error.what(), "data, line 1, user 'a': the catalogue has no item 999999");
  }
  for (const UnknownItem unknown : {UnknownItem::skip, UnknownItem::substitute}) {
    options.unknown = unknown;
    const EvaluateReport report = evaluate(*model_, data, options);
    EXPECT_EQ(report.users, 1u);
    EXPECT_EQ(report.skipped_unknown_targets, 1u);
    EXPECT_EQ(report.skipped_users, 1u);
  }
  options.unknown = UnknownItem::skip;
  EXPECT_EQ(evaluate(*model_, data, options).ranks[0], plain_rank({ids_[0], ids_[1]}, Seen::exclude));
}

TEST_F(Evaluate, NobodyToEvaluate) {
  const Interactions data = parse_interactions("a " + std::to_string(ids_[0]) + "\n", "data");
  try {
    (void)evaluate(*model_, data, {});
    ADD_FAILURE() << "metrics of nobody";
  } catch (const convert::Error& error) {
    EXPECT_EQ(error.code(), StatusCode::data_mismatch);
    EXPECT_STREQ(error.what(),
                 "data: no user can be evaluated (1 with fewer than two events, 0 whose last item "
                 "is not in the catalogue)");
  }
}

TEST_F(Evaluate, Refusals) {
  const auto code = [&](const EvaluateOptions& options) {
    try {
      (void)evaluate(*model_, data_, options);
    } catch (const convert::Error& error) {
      return error.code();
    }
    return StatusCode::ok;
  };
  EvaluateOptions options;
  options.ks = {};
  EXPECT_EQ(code(options), StatusCode::invalid_argument);
  options.ks = {0};
  EXPECT_EQ(code(options), StatusCode::invalid_argument);
  options.ks = {5};
  options.protocol = Protocol::sampled;
  options.negatives = 0;
  EXPECT_EQ(code(options), StatusCode::invalid_argument);
  // The same user's failure whatever the number of threads.
  options.negatives = 36;
  std::set<std::string> messages;
  for (const unsigned threads : {1u, 2u, 3u}) {
    options.threads = threads;
    try {
      (void)evaluate(*model_, data_, options);
    } catch (const convert::Error& error) {
      EXPECT_EQ(error.code(), StatusCode::data_mismatch);
      messages.insert(error.what());
    }
  }
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages.begin()->find("user 'u0'"), std::string::npos) << *messages.begin();
}

} // namespace
} // namespace heed::eval
