// Requests with features, interests and outputs through the C ABI: results equal the C++ API's to the bit.
#include "tests/runtime/capi/fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

FeatureOptions options() {
  FeatureOptions o;
  o.interests = 2;
  o.and_request = true;
  o.prior = true;
  o.default_time = 4;
  return o;
}

class CRequests : public testing::Test {
 protected:
  CRequests() : opened_(options()), model_(open_in_c(opened_.bytes)), session_(session_in_c(model_, 2)) {
    heed_request_init(&request_);
    request_.history = history_.data();
    request_.history_count = history_.size();
    request_.features = features_;
    request_.feature_count = 3;
    more_ = {{"time", time_}, {"user_id", user_}, {"category", category_}};
    same_ = Request(history_, more_);
  }

  heed_status encode(const heed_feature* features, size_t count) {
    request_.features = features;
    request_.feature_count = count;
    float vectors[24];
    return heed_encode_request(session_.get(), &request_, HEED_UNKNOWN_ERROR, vectors, 24, &error_);
  }

  const Ids history_ = {5, 9, 2}, category_ = {105, 100, 103}, user_ = {0}, time_ = {10, 12, 30, 31};
  const heed_feature features_[3] = {
      {"time", time_.data(), 4}, {"user_id", user_.data(), 1}, {"category", category_.data(), 3}};
  OpenedFeatures opened_;
  ModelPtr model_;
  SessionPtr session_;
  heed_request request_;
  std::vector<FeatureValues> more_;
  Request same_; // in C++
  heed_error error_{};
};

TEST_F(CRequests, GiveTheBitsOfTheCppApi) {
  Session session = opened_.session();
  std::vector<Recommendation> expected(5);
  ASSERT_EQ(*session.recommend(same_, 5, {}, expected), 5u);
  heed_recommendation best[5];
  size_t count = 0;
  ASSERT_EQ(heed_recommend_request(session_.get(), &request_, 5, nullptr, best, 5, &count, &error_), HEED_OK)
      << error_.message;
  ASSERT_EQ(count, 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(best[i].item, expected[i].item);
    EXPECT_EQ(std::memcmp(&best[i].score, &expected[i].score, sizeof(float)), 0);
  }

  const Ids candidates = {1, 7, 7, 37};
  float scores[4], expected_scores[4], vectors[24], expected_vectors[24];
  ASSERT_EQ(heed_score_request(session_.get(), &request_, candidates.data(), 4, HEED_UNKNOWN_ERROR, scores,
                               &error_),
            HEED_OK);
  ASSERT_TRUE(session.score(same_, candidates, UnknownItem::error, expected_scores).ok());
  EXPECT_EQ(std::memcmp(scores, expected_scores, sizeof(scores)), 0);
  ASSERT_EQ(heed_encode_request(session_.get(), &request_, HEED_UNKNOWN_ERROR, vectors, 24, &error_),
            HEED_OK);
  ASSERT_TRUE(session.encode(same_, UnknownItem::error, expected_vectors).ok());
  EXPECT_EQ(std::memcmp(vectors, expected_vectors, sizeof(vectors)), 0);
  const PlainRequest plain = {{{4, 5, 10}, {8, 0, 12}, {1, 3, 30}}, 31, 3};
  expect_near(std::vector<float>(vectors, vectors + 24), compute(opened_.plain, plain).user);
  EXPECT_EQ(heed_encode_request(session_.get(), &request_, HEED_UNKNOWN_ERROR, vectors, 12, &error_), 100);
}

TEST_F(CRequests, OfABatchHaveTheirOwnFeatures) {
  heed_request plain;
  heed_request_init(&plain);
  plain.history = history_.data();
  plain.history_count = history_.size();
  const heed_request* users[] = {&request_, &plain, &plain};
  heed_recommendation both[10], alone[5];
  size_t counts[3], count = 0;
  ASSERT_EQ(heed_recommend_request_batch(session_.get(), users, 2, 5, nullptr, both, 10, counts, &error_),
            HEED_OK)
      << error_.message;
  for (size_t u = 0; u < 2; ++u) {
    ASSERT_EQ(heed_recommend_request(session_.get(), users[u], 5, nullptr, alone, 5, &count, &error_),
              HEED_OK);
    ASSERT_EQ(counts[u], count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(both[u * 5 + i].item, alone[i].item);
      EXPECT_EQ(std::memcmp(&both[u * 5 + i].score, &alone[i].score, sizeof(float)), 0);
    }
  }
  EXPECT_NE(std::memcmp(&both[0].score, &both[5].score, sizeof(float)), 0); // the features count
  EXPECT_EQ(heed_recommend_request_batch(session_.get(), users, 3, 5, nullptr, both, 10, counts, &error_),
            102);
  users[1] = nullptr;
  EXPECT_EQ(heed_recommend_request_batch(session_.get(), users, 2, 5, nullptr, both, 10, counts, &error_),
            100);
  EXPECT_NE(std::strstr(error_.message, "user 1"), nullptr) << error_.message;
}

TEST_F(CRequests, OutputsHaveNamesAndRows) {
  float values[40];
  size_t rows = 0;
  ASSERT_EQ(heed_output(session_.get(), "hidden", &request_, HEED_UNKNOWN_ERROR, values, 40, &rows, &error_),
            HEED_OK)
      << error_.message;
  EXPECT_EQ(rows, 3u);
  const PlainRequest plain = {{{4, 5, 10}, {8, 0, 12}, {1, 3, 30}}, 31, 3};
  expect_near(std::vector<float>(values, values + 36), compute(opened_.plain, plain).hidden);

  EXPECT_EQ(heed_output(session_.get(), "hidden", &request_, HEED_UNKNOWN_ERROR, values, 35, &rows, &error_),
            100);
  EXPECT_EQ(heed_output(session_.get(), "hiden", &request_, HEED_UNKNOWN_ERROR, values, 40, &rows, &error_),
            108);
  EXPECT_NE(std::strstr(error_.message, "'hidden'"), nullptr) << error_.message;
  heed_request empty;
  heed_request_init(&empty);
  ASSERT_EQ(heed_output(session_.get(), "hidden", &empty, HEED_UNKNOWN_ERROR, nullptr, 0, &rows, &error_),
            HEED_OK);
  EXPECT_EQ(rows, 0u);
}

TEST_F(CRequests, ProfilesTellTheStepsOfTheCppApi) {
  Session session = opened_.session();
  std::vector<OperatorTime> expected(2 * opened_.model.info().nodes.size() + 1);
  std::vector<heed_operator_time> times(expected.size());
  for (const size_t k : {0U, 5U}) {
    Result<std::size_t> steps = session.profile(same_, k, UnknownItem::error, expected);
    ASSERT_TRUE(steps.ok()) << steps.status().message();
    size_t count = 0;
    ASSERT_EQ(heed_profile(session_.get(), &request_, k, HEED_UNKNOWN_ERROR, times.data(), times.size(),
                           &count, &error_),
              HEED_OK)
        << error_.message;
    ASSERT_EQ(count, *steps);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_STREQ(times[i].name, expected[i].name);
      EXPECT_STREQ(times[i].op, expected[i].op);
    }
    EXPECT_EQ(heed_profile(session_.get(), &request_, k, HEED_UNKNOWN_ERROR, times.data(), count - 1, &count,
                           &error_),
              100);
  }
}

TEST_F(CRequests, MemoryIsThatOfTheCppApi) {
  Session session = opened_.session();
  std::vector<MemoryBlock> expected(session.memory({}).value());
  ASSERT_TRUE(session.memory(expected).ok());
  size_t count = 0;
  ASSERT_EQ(heed_memory(session_.get(), nullptr, 0, &count, &error_), HEED_OK) << error_.message;
  ASSERT_EQ(count, expected.size());
  std::vector<heed_memory_block> blocks(count);
  ASSERT_EQ(heed_memory(session_.get(), blocks.data(), count, &count, &error_), HEED_OK) << error_.message;
  for (size_t i = 0; i < count; ++i) {
    EXPECT_STREQ(blocks[i].name, expected[i].name);
    EXPECT_STREQ(blocks[i].kind, expected[i].kind);
    EXPECT_EQ(blocks[i].offset, expected[i].offset);
    EXPECT_EQ(blocks[i].bytes, expected[i].bytes);
    EXPECT_EQ(blocks[i].first_step, expected[i].first_step);
    EXPECT_EQ(blocks[i].last_step, expected[i].last_step);
  }
  EXPECT_EQ(heed_memory(session_.get(), blocks.data(), count - 1, &count, &error_), 100);
}

TEST_F(CRequests, ScannedBytesAreThoseOfTheCppApi) {
  EXPECT_EQ(heed_session_scanned_bytes(nullptr), 0u);
  EXPECT_EQ(heed_session_scanned_bytes(session_.get()), 0u);
  Session session = opened_.session();
  std::vector<Recommendation> best(3);
  ASSERT_TRUE(session.recommend(same_, best.size(), {}, best).ok());
  heed_recommendation out[3];
  size_t count = 0;
  ASSERT_EQ(heed_recommend_request(session_.get(), &request_, 3, nullptr, out, 3, &count, &error_), HEED_OK)
      << error_.message;
  EXPECT_GT(session.scanned_bytes(), 0u);
  EXPECT_EQ(heed_session_scanned_bytes(session_.get()), session.scanned_bytes());
}

TEST_F(CRequests, FeaturesThatDoNotFitAreRefused) {
  const int64_t backwards[] = {10, 9, 30}, outside[] = {100, 99, 100};
  const heed_feature time = {"time", backwards, 3}, category = {"category", outside, 3},
                     unknown = {"colour", outside, 3}, short_one = {"category", outside, 2},
                     nameless = {nullptr, outside, 3}, without_values = {"category", nullptr, 3};
  EXPECT_EQ(encode(&time, 1), 110);
  EXPECT_EQ(encode(&category, 1), 111);
  EXPECT_EQ(encode(&unknown, 1), 108);
  EXPECT_EQ(encode(&short_one, 1), 109);
  EXPECT_EQ(encode(&nameless, 1), 100);
  EXPECT_EQ(encode(&without_values, 1), 100);
  EXPECT_EQ(encode(nullptr, 1), 100);
  EXPECT_EQ(encode(nullptr, 0), HEED_OK);
  EXPECT_STREQ(heed_status_name(108), "unknown_feature");
  EXPECT_STREQ(heed_status_name(109), "feature_length");
  EXPECT_STREQ(heed_status_name(110), "times_backwards");
  EXPECT_STREQ(heed_status_name(111), "unknown_id");
}

// Of more features than the model has, one is unknown or given twice.
TEST_F(CRequests, MoreFeaturesThanTheModelHasAreRefused) {
  const std::vector<heed_feature> repeats(1000, features_[2]);
  EXPECT_EQ(encode(repeats.data(), repeats.size()), 100);
  EXPECT_NE(std::strstr(error_.message, "twice"), nullptr) << error_.message;
  const heed_feature four[] = {features_[0], features_[1], features_[2], {"colour", category_.data(), 3}};
  EXPECT_EQ(encode(four, 4), 108);
}

TEST_F(CRequests, NullsAreRefused) {
  float values[40];
  size_t rows = 0;
  heed_recommendation best[1];
  EXPECT_EQ(heed_recommend_request(session_.get(), nullptr, 1, nullptr, best, 1, &rows, &error_), 100);
  EXPECT_EQ(heed_recommend_request(nullptr, &request_, 1, nullptr, best, 1, &rows, &error_), 100);
  EXPECT_EQ(heed_recommend_request_batch(session_.get(), nullptr, 1, 1, nullptr, best, 1, &rows, &error_),
            100);
  EXPECT_EQ(heed_score_request(session_.get(), nullptr, nullptr, 0, 0, values, &error_), 100);
  EXPECT_EQ(heed_encode_request(session_.get(), nullptr, 0, values, 24, &error_), 100);
  EXPECT_EQ(heed_output(session_.get(), nullptr, &request_, 0, values, 40, &rows, &error_), 100);
  EXPECT_EQ(heed_output(session_.get(), "hidden", nullptr, 0, values, 40, &rows, &error_), 100);
  EXPECT_EQ(heed_output(session_.get(), "hidden", &request_, 0, nullptr, 40, &rows, &error_), 100);
  EXPECT_EQ(heed_output(session_.get(), "hidden", &request_, 0, values, 40, nullptr, &error_), 100);
  EXPECT_EQ(heed_output(session_.get(), "hidden", &request_, 9, values, 40, &rows, &error_), 100);
  heed_operator_time times[100];
  EXPECT_EQ(heed_profile(nullptr, &request_, 0, 0, times, 100, &rows, &error_), 100);
  EXPECT_EQ(heed_profile(session_.get(), nullptr, 0, 0, times, 100, &rows, &error_), 100);
  EXPECT_EQ(heed_profile(session_.get(), &request_, 0, 0, nullptr, 100, &rows, &error_), 100);
  EXPECT_EQ(heed_profile(session_.get(), &request_, 0, 0, times, 100, nullptr, &error_), 100);
  EXPECT_EQ(heed_profile(session_.get(), &request_, 0, 9, times, 100, &rows, &error_), 100);
  EXPECT_EQ(heed_memory(nullptr, nullptr, 0, &rows, &error_), 100);
  EXPECT_EQ(heed_memory(session_.get(), nullptr, 1, &rows, &error_), 100);
  EXPECT_EQ(heed_memory(session_.get(), nullptr, 0, nullptr, &error_), 100);
  request_.history = nullptr;
  EXPECT_EQ(heed_encode_request(session_.get(), &request_, 0, values, 24, &error_), 100);
}

TEST_F(CRequests, AnOlderRequestHasNoFeatures) {
  request_.struct_size = offsetof(heed_request, features);
  float vectors[24];
  ASSERT_EQ(heed_encode_request(session_.get(), &request_, HEED_UNKNOWN_ERROR, vectors, 24, &error_),
            HEED_OK);
  Session session = opened_.session();
  EXPECT_EQ(std::vector<float>(vectors, vectors + 24), opened_.encode(session, history_));
}

TEST_F(CRequests, TheModelDescribesThem) {
  heed_model_info info;
  heed_model_info_init(&info);
  ASSERT_EQ(heed_model_get_info(model_.get(), &info, &error_), HEED_OK);
  EXPECT_EQ(info.interests, 2u);
  EXPECT_EQ(info.has_prior, 1);
  ASSERT_EQ(info.outputs, 3u);
  ASSERT_EQ(info.inputs, 4u);
  const ModelInfo expected = opened_.model.info();
  for (size_t i = 0; i < info.outputs; ++i) {
    heed_output_info output;
    heed_output_info_init(&output);
    ASSERT_EQ(heed_model_get_output(model_.get(), i, &output, &error_), HEED_OK);
    EXPECT_EQ(output.name, expected.outputs[i].name);
    EXPECT_EQ(output.rows, expected.outputs[i].rows);
    EXPECT_EQ(output.cols, expected.outputs[i].cols);
  }
  heed_output_info output;
  heed_output_info_init(&output);
  EXPECT_EQ(heed_model_get_output(model_.get(), 3, &output, &error_), 100);
  const struct {
    const char *name, *kind;
    std::uint64_t vocabulary;
    std::int64_t first_id, default_value;
  } inputs[] = {{"history", "item_history", 0, kFirstItem, 0},
                {"category", "event_ids", kCategories, kFirstCategory, kDefaultCategory},
                {"user_id", "context_id", kUsers, kFirstUser, kDefaultUser},
                {"time", "event_times", 0, 0, 4}};
  for (size_t i = 0; i < info.inputs; ++i) {
    heed_input_info input;
    heed_input_info_init(&input);
    ASSERT_EQ(heed_model_get_input(model_.get(), i, &input, &error_), HEED_OK);
    EXPECT_STREQ(input.name, inputs[i].name);
    EXPECT_STREQ(input.kind, inputs[i].kind);
    EXPECT_EQ(input.vocabulary, inputs[i].vocabulary);
    EXPECT_EQ(input.first_id, inputs[i].first_id);
    EXPECT_EQ(input.default_value, inputs[i].default_value);
  }
}

TEST_F(CRequests, ARunningHistoryGivesTheBitsOfTheWhole) {
  heed_session_options wide;
  heed_session_options_init(&wide);
  wide.running_history = 7;
  heed_session* made = nullptr;
  ASSERT_EQ(heed_session_create(model_.get(), &wide, &made, &error_), HEED_OK) << error_.message;
  const SessionPtr session(made);
  EXPECT_EQ(heed_session_keeps_events(session.get()), 0); // its attention looks both ways
  request_.history_count = 2;
  const heed_feature of_two[] = {{"time", time_.data(), 2}, features_[1], {"category", category_.data(), 2}};
  request_.features = of_two;
  ASSERT_EQ(heed_begin(session.get(), &request_, HEED_UNKNOWN_ERROR, &error_), HEED_OK) << error_.message;
  const heed_feature newest[] = {{"category", category_.data() + 2, 1}, {"time", time_.data() + 2, 2}};
  EXPECT_EQ(heed_append(session.get(), 99, newest, 2, HEED_UNKNOWN_ERROR, &error_),
            static_cast<heed_status>(StatusCode::unknown_item));
  ASSERT_EQ(heed_append(session.get(), history_[2], newest, 2, HEED_UNKNOWN_ERROR, &error_), HEED_OK)
      << error_.message;
  heed_request running;
  heed_request_init(&running);
  running.running = 1;
  float found[24];
  ASSERT_EQ(heed_encode_request(session.get(), &running, HEED_UNKNOWN_ERROR, found, 24, &error_), HEED_OK)
      << error_.message;
  Session whole = opened_.session();
  std::vector<float> expected(24);
  ASSERT_TRUE(whole.encode(same_, UnknownItem::error, expected).ok());
  EXPECT_EQ(std::memcmp(found, expected.data(), sizeof found), 0);
  EXPECT_EQ(heed_append(session.get(), 5, nullptr, 2, HEED_UNKNOWN_ERROR, &error_),
            static_cast<heed_status>(StatusCode::invalid_argument));
}

} // namespace
} // namespace heed::test
