// After a session exists, calls that succeed do not allocate: the global allocator counts. Here also through
// the C ABI.
#include "tests/runtime/session/counting_allocator.hpp"
#include "tests/runtime/session/session_fixture.hpp"

#include <heed/heed.h>

namespace heed::test {
namespace {

TEST(Allocations, NoneAfterTheSessionIsMade) {
  for (bool int8 : {false, true}) {
    EncoderOptions o;
    o.int8 = int8;
    o.bias = true;
    const Opened opened(o);
    SessionOptions options;
    options.max_batch = 2;
    const std::size_t before_creation = allocations();
    Session session = opened.session(options);
    ASSERT_GT(allocations(), before_creation); // the hook counts

    const Ids history = opened.ids(some_rows(20, 37)), deny = opened.ids({30, 31}),
              allow = opened.ids({1, 2, 3});
    const std::vector<Request> users = {history, deny};
    std::vector<Recommendation> out(20);
    std::vector<std::size_t> counts(2);
    std::vector<float> scores(allow.size()), vector(12);
    RecommendOptions with_lists;
    with_lists.deny = deny;
    with_lists.allow = allow;
    const std::size_t before = allocations();
    bool ok = session.recommend(history, 10, {}, out).ok();
    ok = ok && session.recommend(history, 10, with_lists, out).ok();
    ok = ok && session.recommend({}, 10, {}, out).ok();
    ok = ok && session.recommend_batch(users, 10, {}, out, counts).ok();
    ok = ok && session.score(history, allow, UnknownItem::error, scores).ok();
    ok = ok && session.encode(history, UnknownItem::error, vector).ok();
    const std::size_t after = allocations();
    EXPECT_TRUE(ok);
    EXPECT_EQ(after, before);
  }
}

// Features, several interests, a prior, named outputs and computed padding.
std::vector<FeatureOptions> models() {
  std::vector<FeatureOptions> all;
  for (const bool int8 : {false, true})
    for (const char* fill : {"none", "left", "right"}) {
      FeatureOptions o;
      o.int8 = int8;
      o.fill = fill;
      o.interests = 3;
      o.prior = true;
      o.gaps = true;
      all.push_back(o);
    }
  return all;
}

const Ids kHistory = {5, 4711, 2}, kCategory = {105, 1, 103}, kUser = {9}, kTime = {10, 12, 30},
          kAllow = {1, 2};

TEST(Allocations, NoneForRequestsWithFeatures) {
  for (const FeatureOptions& o : models()) {
    const OpenedFeatures opened(o);
    SessionOptions options;
    options.max_batch = 2;
    Session session = opened.session(options);
    const std::vector<FeatureValues> features = {
        {"category", kCategory}, {"user_id", kUser}, {"time", kTime}};
    const Request request(kHistory, features);
    const std::vector<Request> users = {request, Ids{}};
    std::vector<Recommendation> out(20);
    std::vector<std::size_t> counts(2);
    std::vector<float> scores(2), vectors(3 * 12), values(9 * 12);
    std::vector<OperatorTime> times(2 * opened.model.info().nodes.size() + 1);
    RecommendOptions skip, with_list;
    skip.unknown = with_list.unknown = UnknownItem::skip;
    with_list.allow = kAllow;
    const std::size_t before = allocations();
    bool ok = session.recommend(request, 10, skip, out).ok();
    ok = ok && session.recommend(request, 10, with_list, out).ok();
    ok = ok && session.recommend({}, 10, skip, out).ok();
    ok = ok && session.recommend_batch(users, 10, skip, out, counts).ok();
    ok = ok && session.score(request, kAllow, UnknownItem::skip, scores).ok();
    ok = ok && session.score({}, kAllow, UnknownItem::skip, scores).ok();
    ok = ok && session.encode(request, UnknownItem::substitute, vectors).ok();
    ok = ok && session.output("hidden", request, UnknownItem::skip, values).ok();
    ok = ok && session.output("user", {}, UnknownItem::skip, values).ok();
    ok = ok && session.profile(request, 10, UnknownItem::skip, times).ok();
    const std::size_t after = allocations();
    EXPECT_TRUE(ok);
    EXPECT_EQ(after, before);
  }
}

TEST(Allocations, NoneInTheCAbi) {
  for (const FeatureOptions& o : models()) {
    const OpenedFeatures opened(o);
    heed_model* model = nullptr;
    heed_session* session = nullptr;
    heed_session_options options;
    heed_session_options_init(&options);
    options.max_batch = 2;
    ASSERT_EQ(heed_model_open_memory(opened.bytes.data(), opened.bytes.size(), &model, nullptr), HEED_OK);
    ASSERT_EQ(heed_session_create(model, &options, &session, nullptr), HEED_OK);
    const heed_feature features[] = {
        {"category", kCategory.data(), 3}, {"user_id", kUser.data(), 1}, {"time", kTime.data(), 3}};
    heed_request request, empty;
    heed_request_init(&request);
    heed_request_init(&empty);
    request.history = kHistory.data();
    request.history_count = 3;
    request.features = features;
    request.feature_count = 3;
    const heed_request* users[] = {&request, &empty};
    const int64_t* histories[] = {kAllow.data(), nullptr};
    const size_t lengths[] = {2, 0};
    heed_recommend_options skip;
    heed_recommend_options_init(&skip);
    skip.unknown = HEED_UNKNOWN_SKIP;
    heed_recommendation out[20];
    size_t count = 0, counts[2];
    float scores[2], vectors[3 * 12], values[9 * 12];
    std::vector<heed_operator_time> times(2 * opened.model.info().nodes.size() + 1);
    const std::size_t before = allocations();
    const heed_status all[] = {
        heed_recommend(session, kAllow.data(), 2, 10, nullptr, out, 20, &count, nullptr),
        heed_recommend_request(session, &request, 10, &skip, out, 20, &count, nullptr),
        heed_recommend_batch(session, histories, lengths, 2, 10, &skip, out, 20, counts, nullptr),
        heed_recommend_request_batch(session, users, 2, 10, &skip, out, 20, counts, nullptr),
        heed_score(session, kAllow.data(), 2, kAllow.data(), 2, HEED_UNKNOWN_ERROR, scores, nullptr),
        heed_score_request(session, &request, kAllow.data(), 2, HEED_UNKNOWN_SKIP, scores, nullptr),
        heed_encode(session, kAllow.data(), 2, HEED_UNKNOWN_ERROR, vectors, 3 * 12, nullptr),
        heed_encode_request(session, &request, HEED_UNKNOWN_SKIP, vectors, 3 * 12, nullptr),
        heed_output(session, "hidden", &request, HEED_UNKNOWN_SKIP, values, 9 * 12, &count, nullptr),
        heed_profile(session, &request, 10, HEED_UNKNOWN_SKIP, times.data(), times.size(), &count, nullptr)};
    const std::size_t after = allocations();
    for (const heed_status status : all) EXPECT_EQ(status, HEED_OK);
    EXPECT_EQ(after, before);
    heed_session_destroy(session);
    heed_model_close(model);
  }
}

} // namespace
} // namespace heed::test
