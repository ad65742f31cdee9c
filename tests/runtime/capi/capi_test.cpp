// The C ABI over the same small model: results equal the C++ API's, errors carry code and text, older structs
// work.
#include "tests/runtime/capi/fixture.hpp"

#include <cstring>

namespace heed::test {
namespace {

class CApi : public testing::Test {
 protected:
  CApi() : opened_({}), model_(open_in_c(opened_.bytes)), session_(session_in_c(model_)) {}

  Opened opened_;
  ModelPtr model_;
  SessionPtr session_;
  heed_error error_{};
};

TEST_F(CApi, RecommendsWhatTheCppApiRecommends) {
  Session session = opened_.session();
  const Ids history = opened_.ids({1, 4, 9});
  heed_recommendation best[5];
  size_t count = 0;
  ASSERT_EQ(
      heed_recommend(session_.get(), history.data(), history.size(), 5, nullptr, best, 5, &count, &error_),
      HEED_OK)
      << error_.message;
  ASSERT_EQ(count, 5u);
  const Ids expected = recommended(session, history, 5);
  for (size_t i = 0; i < count; ++i) EXPECT_EQ(best[i].item, expected[i]);

  const int64_t* histories[2] = {history.data(), nullptr};
  const size_t counts[2] = {history.size(), 0};
  heed_session_options options;
  heed_session_options_init(&options);
  options.max_batch = 2;
  heed_session* raw = nullptr;
  ASSERT_EQ(heed_session_create(model_.get(), &options, &raw, &error_), HEED_OK);
  const SessionPtr batch(raw);
  heed_recommendation both[10];
  size_t written[2];
  ASSERT_EQ(heed_recommend_batch(raw, histories, counts, 2, 5, nullptr, both, 10, written, &error_), HEED_OK);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(both[i].item, expected[i]);
  EXPECT_EQ(heed_recommend_batch(raw, histories, counts, 3, 5, nullptr, both, 10, written, &error_), 102);
}

TEST_F(CApi, HonoursRequestOptions) {
  Session session = opened_.session();
  const Ids history = opened_.ids({1, 4, 9}), allow = opened_.ids({1, 2, 3}), deny = opened_.ids({2});
  heed_recommend_options options;
  heed_recommend_options_init(&options);
  options.exclude_seen = 0;
  options.allow = allow.data();
  options.allow_count = allow.size();
  options.deny = deny.data();
  options.deny_count = deny.size();
  heed_recommendation best[5];
  size_t count = 0;
  ASSERT_EQ(heed_recommend(session_.get(), history.data(), 3, 5, &options, best, 5, &count, &error_),
            HEED_OK);
  EXPECT_EQ(count, 2u);
  options.unknown = 7;
  EXPECT_EQ(heed_recommend(session_.get(), history.data(), 3, 5, &options, best, 5, &count, &error_), 100);
}

TEST_F(CApi, ScoresAndEncodesTheSameBits) {
  Session session = opened_.session();
  const Ids history = opened_.ids({1, 4, 9}), candidates = opened_.ids({0, 7, 7, 36});
  float scores[4], vector[12], expected_scores[4], expected_vector[12];
  ASSERT_EQ(heed_score(session_.get(), history.data(), 3, candidates.data(), 4, HEED_UNKNOWN_ERROR, scores,
                       &error_),
            HEED_OK);
  ASSERT_TRUE(session.score(history, candidates, UnknownItem::error, expected_scores).ok());
  EXPECT_EQ(std::memcmp(scores, expected_scores, sizeof(scores)), 0);
  ASSERT_EQ(heed_encode(session_.get(), history.data(), 3, HEED_UNKNOWN_ERROR, vector, 12, &error_), HEED_OK);
  ASSERT_TRUE(session.encode(history, UnknownItem::error, expected_vector).ok());
  EXPECT_EQ(std::memcmp(vector, expected_vector, sizeof(vector)), 0);
}

TEST_F(CApi, FailuresCarryCodeAndTextAndLeaveOutputsAlone) {
  heed_model* model = nullptr;
  EXPECT_EQ(heed_model_open("/no/such/file.heed", &model, &error_), 401);
  EXPECT_EQ(error_.code, 401);
  EXPECT_NE(std::strstr(error_.message, "/no/such/file.heed"), nullptr);
  EXPECT_EQ(model, nullptr);
  EXPECT_EQ(heed_model_open("/no/such/file.heed", &model, nullptr), 401); // no room for a text

  const int64_t unknown = 424242;
  heed_recommendation best[1];
  size_t count = 77;
  EXPECT_EQ(heed_recommend(session_.get(), &unknown, 1, 1, nullptr, best, 1, &count, &error_), 101);
  EXPECT_NE(std::strstr(error_.message, "424242"), nullptr);
  EXPECT_EQ(count, 77u);
  EXPECT_STREQ(heed_status_name(101), "unknown_item");
}

TEST_F(CApi, NullsAreRefused) {
  heed_recommendation best[1];
  size_t count = 0;
  float x = 0;
  EXPECT_EQ(heed_model_open(nullptr, nullptr, &error_), 100);
  heed_model* model = nullptr;
  EXPECT_EQ(heed_model_open(nullptr, &model, &error_), 100);
  EXPECT_EQ(heed_model_verify(nullptr, &error_), 100);
  EXPECT_EQ(heed_recommend(nullptr, nullptr, 0, 1, nullptr, best, 1, &count, &error_), 100);
  EXPECT_EQ(heed_recommend(session_.get(), nullptr, 1, 1, nullptr, best, 1, &count, &error_), 100);
  EXPECT_EQ(heed_recommend(session_.get(), nullptr, 0, 1, nullptr, nullptr, 1, &count, &error_), 100);
  EXPECT_EQ(heed_recommend(session_.get(), nullptr, 0, 1, nullptr, best, 1, nullptr, &error_), 100);
  EXPECT_EQ(heed_score(session_.get(), nullptr, 0, nullptr, 1, 0, &x, &error_), 100);
  EXPECT_EQ(heed_encode(session_.get(), nullptr, 0, 0, nullptr, 12, &error_), 100);
  EXPECT_EQ(heed_model_has_item(nullptr, 1), 0);
  heed_model_close(nullptr);
  heed_session_destroy(nullptr);
}

TEST_F(CApi, AnArenaOfTheQueriedSizeWorks) {
  size_t bytes = 0;
  ASSERT_EQ(heed_session_arena_bytes(model_.get(), nullptr, &bytes, &error_), HEED_OK);
  base::AlignedBuffer arena(bytes);
  heed_session* session = nullptr;
  EXPECT_EQ(heed_session_create_in(model_.get(), nullptr, arena.data(), bytes - 1, &session, &error_), 103);
  ASSERT_EQ(heed_session_create_in(model_.get(), nullptr, arena.data(), bytes, &session, &error_), HEED_OK);
  heed_session_destroy(session);
}

TEST_F(CApi, DescribesTheModel) {
  heed_model_info info;
  heed_model_info_init(&info);
  ASSERT_EQ(heed_model_get_info(model_.get(), &info, &error_), HEED_OK);
  EXPECT_EQ(info.items, 37u);
  EXPECT_EQ(info.dim, 12u);
  EXPECT_EQ(info.max_history, 7u);
  EXPECT_STREQ(info.family, "test");
  const ModelInfo expected = opened_.model.info();
  ASSERT_EQ(info.tensors, expected.tensors.size());
  ASSERT_EQ(info.nodes, expected.nodes.size());
  for (size_t i = 0; i < info.tensors; ++i) {
    heed_tensor_info tensor;
    heed_tensor_info_init(&tensor);
    ASSERT_EQ(heed_model_get_tensor(model_.get(), i, &tensor, &error_), HEED_OK);
    EXPECT_EQ(tensor.name, expected.tensors[i].name);
    EXPECT_EQ(tensor.bytes, expected.tensors[i].bytes);
  }
  for (size_t i = 0; i < info.nodes; ++i) {
    heed_node_info node;
    heed_node_info_init(&node);
    ASSERT_EQ(heed_model_get_node(model_.get(), i, &node, &error_), HEED_OK);
    EXPECT_EQ(node.op, expected.nodes[i].op);
    ASSERT_EQ(node.inputs, expected.nodes[i].inputs.size());
    for (size_t j = 0; j < node.inputs; ++j) {
      const char* name = nullptr;
      ASSERT_EQ(heed_model_get_node_input(model_.get(), i, j, &name, &error_), HEED_OK);
      EXPECT_EQ(name, expected.nodes[i].inputs[j]);
    }
  }
  heed_input_info input;
  heed_input_info_init(&input);
  ASSERT_EQ(heed_model_get_input(model_.get(), 0, &input, &error_), HEED_OK);
  EXPECT_STREQ(input.name, "history");
  EXPECT_EQ(heed_model_get_input(model_.get(), 1, &input, &error_), 100);
  heed_tensor_info tensor;
  heed_tensor_info_init(&tensor);
  EXPECT_EQ(heed_model_get_tensor(model_.get(), 10000, &tensor, &error_), 100);
  int64_t id = 0;
  EXPECT_EQ(heed_model_item_id(model_.get(), 36, &id, &error_), HEED_OK);
  EXPECT_EQ(id, 37);
  EXPECT_EQ(heed_model_item_id(model_.get(), 37, &id, &error_), 100);
  EXPECT_EQ(heed_model_has_item(model_.get(), 37), 1);
  EXPECT_EQ(heed_model_has_item(model_.get(), 38), 0);
  EXPECT_EQ(heed_model_verify(model_.get(), &error_), HEED_OK);
}

// A caller compiled against a header whose structs ended earlier.
TEST_F(CApi, OlderStructsKeepTheirMeaning) {
  heed_model_info info;
  std::memset(&info, 0x5A, sizeof(info));
  info.struct_size = offsetof(heed_model_info, items);
  ASSERT_EQ(heed_model_get_info(model_.get(), &info, &error_), HEED_OK);
  EXPECT_EQ(info.dim, 12u);
  uint64_t untouched;
  std::memset(&untouched, 0x5A, sizeof(untouched));
  EXPECT_EQ(info.items, untouched);

  heed_session_options options;
  std::memset(&options, 0, sizeof(options)); // zeros beyond struct_size must not count
  options.struct_size = offsetof(heed_session_options, max_batch);
  options.max_history = 3;
  heed_session* session = nullptr;
  ASSERT_EQ(heed_session_create(model_.get(), &options, &session, &error_), HEED_OK) << error_.message;
  heed_session_destroy(session);
}

} // namespace
} // namespace heed::test
