// What interactions tell of a model's features.
#include "converter/error.hpp"
#include "converter/eval/features.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace heed::eval {
namespace {

using Ids = std::vector<std::int64_t>;

const InputInfo kHistory{"history", "item_history", 100, 1, 0, false};
const InputInfo kTime{"time", "event_times", 0, 0, 0, false};
const InputInfo kTimeAndRequest{"time", "event_times", 0, 0, 0, true};
const InputInfo kUser{"user", "context_id", 8, 1, 1, false};

Interactions timed(const std::string& rows) {
  return parse_interactions("user_id:token\titem_id:token\ttimestamp:float\n" + rows, "file");
}

// "name: values" of each feature of a user's request.
std::vector<std::string> request(const std::vector<InputInfo>& inputs, const Interactions& data,
                                 std::size_t user = 0) {
  KnownFeatures known(inputs, data);
  std::vector<std::string> out;
  for (const FeatureValues& feature : known.of_request(user)) {
    std::string text = std::string(feature.name) + ":";
    for (const std::int64_t value : feature.values) text += " " + std::to_string(value);
    out.push_back(text);
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(KnownFeatures, AModelOfItemsAloneGetsNothing) {
  EXPECT_EQ(request({kHistory}, timed("1\t5\t10\n1\t6\t20\n")), Texts{});
  EXPECT_TRUE(KnownFeatures({kHistory}, timed("1\t5\t10\n")).inputs().empty());
}

TEST(KnownFeatures, TimesOfTheHistoryAndOfTheRequest) {
  const Interactions data = timed("1\t7\t30.9\n1\t5\t-10.5\n2\t5\t1\n1\t6\t20\n");
  EXPECT_EQ(request({kHistory, kTime}, data), Texts{"time: -11 20"});
  EXPECT_EQ(request({kHistory, kTimeAndRequest}, data), Texts{"time: -11 20 30"});
  EXPECT_EQ(request({kHistory, kTimeAndRequest}, data, 1), Texts{"time: 1"});
}

TEST(KnownFeatures, WithoutTimestampsTheDefault) {
  const Interactions data = parse_interactions("1 5 6 7\n", "file");
  EXPECT_EQ(request({kHistory, kTimeAndRequest}, data), Texts{});
  EXPECT_FALSE(KnownFeatures({kHistory, kTime}, data).knows(kTime, 0));
}

TEST(KnownFeatures, UsersThatAreLegalIds) {
  const Interactions data = parse_interactions("1 5 6\n8 5 6\n9 5 6\n0 5 6\nanna 5 6\n7a 5 6\n", "file");
  EXPECT_EQ(request({kHistory, kUser}, data, 0), Texts{"user: 1"});
  EXPECT_EQ(request({kHistory, kUser}, data, 1), Texts{"user: 8"});
  for (std::size_t user = 2; user < data.users.size(); ++user)
    EXPECT_EQ(request({kHistory, kUser}, data, user), Texts{}) << data.users[user];
}

TEST(KnownFeatures, OtherFeaturesHaveTheirDefaults) {
  const Interactions data = timed("1\t5\t10\n1\t6\t20\n");
  const InputInfo country{"country", "context_id", 100, 0, 0, false};
  const InputInfo user_of_event{"user", "event_ids", 100, 0, 0, false};
  EXPECT_EQ(request({kHistory, country, user_of_event}, data), Texts{});
  EXPECT_EQ(request({kHistory, country, kUser, kTime}, data), (Texts{"user: 1", "time: 10"}));
}

TEST(KnownFeatures, ATimeThatIsNone) {
  try {
    request({kHistory, kTime}, timed("1\t5\t1e300\n1\t6\t2e300\n"));
    FAIL() << "accepted";
  } catch (const convert::Error& error) {
    EXPECT_EQ(error.code(), StatusCode::data_mismatch);
    EXPECT_STREQ(error.what(), "line 2: the timestamp is no time in seconds");
  }
}

} // namespace
} // namespace heed::eval
