// After a session exists, calls that succeed do not allocate: the global allocator counts.
#include "tests/runtime/session/counting_allocator.hpp"
#include "tests/runtime/session/session_fixture.hpp"

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

} // namespace
} // namespace heed::test
