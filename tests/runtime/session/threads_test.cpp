// Threads, the caller's own parallel-for, and users scored together: the results of one user at a time on one
// thread, to the bit.
#include "tests/runtime/session/counting_allocator.hpp"
#include "tests/runtime/session/session_fixture.hpp"

#include <atomic>
#include <cstring>
#include <thread>

namespace heed::test {
namespace {

// A catalogue that is worth sharing, with many equal scores and the whole of it in few columns.
EncoderOptions large(bool int8, bool bias) {
  EncoderOptions o;
  o.items = 40003;
  o.dim = 4;
  o.hidden = 4;
  o.int8 = int8;
  o.bias = bias;
  return o;
}

// Histories of different lengths, one of them empty.
std::vector<Ids> histories_of(const Opened& opened, std::size_t users) {
  std::vector<Ids> histories;
  for (std::size_t u = 0; u < users; ++u) {
    Ids history;
    for (std::size_t i = 0; i < u % 9; ++i)
      history.push_back(opened.encoder.ids[(u * 977 + i * 131) % opened.encoder.ids.size()]);
    histories.push_back(history);
  }
  return histories;
}

struct Lists {
  std::vector<Recommendation> items;
  std::vector<std::size_t> counts;
  bool operator==(const Lists& other) const {
    if (counts != other.counts || items.size() != other.items.size()) return false;
    for (std::size_t i = 0; i < items.size(); ++i)
      if (items[i].item != other.items[i].item ||
          std::memcmp(&items[i].score, &other.items[i].score, sizeof(float)) != 0)
        return false;
    return true;
  }
};

Lists batch(Session& session, const std::vector<Ids>& histories, std::size_t k) {
  const std::vector<Request> requests(histories.begin(), histories.end());
  Lists lists = {std::vector<Recommendation>(histories.size() * k),
                 std::vector<std::size_t>(histories.size())};
  const Status status = session.recommend_batch(requests, k, {}, lists.items, lists.counts);
  EXPECT_TRUE(status.ok()) << status.message();
  return lists;
}
Lists one_by_one(Session& session, const std::vector<Ids>& histories, std::size_t k) {
  Lists lists = {std::vector<Recommendation>(histories.size() * k), {}};
  for (std::size_t u = 0; u < histories.size(); ++u) {
    const auto count =
        session.recommend(histories[u], k, {}, Span<Recommendation>(lists.items).subspan(u * k, k));
    EXPECT_TRUE(count.ok()) << count.status().message();
    lists.counts.push_back(*count);
  }
  return lists;
}

SessionOptions options_for(std::uint32_t batch, std::uint32_t threads) {
  SessionOptions options;
  options.max_batch = batch;
  options.threads = threads;
  return options;
}

TEST(Threads, NeitherTheyNorBatchesChangeABit) {
  for (const bool int8 : {false, true}) {
    const Opened opened(large(int8, int8));
    Session plain = opened.session();
    for (const std::uint32_t users : {1u, 3u, 37u}) {
      const std::vector<Ids> histories = histories_of(opened, users);
      const Lists expected = one_by_one(plain, histories, 20);
      for (const std::uint32_t threads : {1u, 2u, 5u}) {
        SCOPED_TRACE(testing::Message() << users << " users, " << threads << " threads");
        Session session = opened.session(options_for(users, threads));
        EXPECT_TRUE(batch(session, histories, 20) == expected);
        EXPECT_TRUE(one_by_one(session, histories, 20) == expected);
      }
    }
  }
}

// Runs tasks from the last to the first, or all on threads of their own.
void backwards(void* calls, std::size_t tasks, void (*task)(void*, std::size_t), void* argument) {
  ++*static_cast<int*>(calls);
  while (tasks-- > 0) task(argument, tasks);
}
void own_threads(void* calls, std::size_t tasks, void (*task)(void*, std::size_t), void* argument) {
  ++*static_cast<int*>(calls);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < tasks; ++i) threads.emplace_back(task, argument, i);
  for (std::thread& thread : threads) thread.join();
}

TEST(Threads, TheCallersParallelForRunsTasksInAnyOrder) {
  const Opened opened(large(true, false));
  const std::vector<Ids> histories = histories_of(opened, 12);
  Session plain = opened.session();
  const Lists expected = one_by_one(plain, histories, 10);
  for (const auto parallel_for : {backwards, own_threads}) {
    int calls = 0;
    SessionOptions options = options_for(12, 4);
    options.parallel_for = parallel_for;
    options.parallel_context = &calls;
    Session session = opened.session(options);
    EXPECT_TRUE(batch(session, histories, 10) == expected);
    EXPECT_EQ(calls, 2); // encoding, and the scan
    EXPECT_TRUE(one_by_one(session, histories, 10) == expected);
    EXPECT_EQ(calls, 14);
  }
}

// How often `call` asks for threads of a session for that many users.
template <class Call>
int calls_of(const Opened& opened, std::uint32_t users, std::uint32_t threads, Call call) {
  int calls = 0;
  SessionOptions options = options_for(users, threads);
  options.parallel_for = backwards;
  options.parallel_context = &calls;
  Session session = opened.session(options);
  call(session);
  return calls;
}

TEST(Threads, OneThreadNeverCallsTheParallelFor) {
  const Opened opened(large(true, false));
  EXPECT_EQ(calls_of(opened, 12, 1, [&](Session& session) { batch(session, histories_of(opened, 12), 10); }),
            0);
}

TEST(Threads, SmallCataloguesAreNotWorthSharing) {
  const Opened opened({});
  EXPECT_EQ(
      calls_of(opened, 1, 4, [&](Session& session) { one_by_one(session, histories_of(opened, 5), 10); }), 0);
}

TEST(Threads, TheirNumberIsChecked) {
  const Opened opened({});
  for (const std::uint32_t threads : {0u, 257u, 10000u})
    EXPECT_EQ(Session::create(opened.model, options_for(1, threads)).status().code(),
              StatusCode::invalid_argument);
}

TEST(Threads, TheLowestUserWithAnErrorIsNamed) {
  const Opened opened(large(true, false));
  std::vector<Ids> histories = histories_of(opened, 40);
  histories[38] = {-5};
  histories[35] = {-4};
  const std::vector<Request> requests(histories.begin(), histories.end());
  std::vector<Recommendation> out(40);
  std::vector<std::size_t> counts(40);
  for (const std::uint32_t threads : {1u, 3u}) {
    Session session = opened.session(options_for(40, threads));
    const Status status = session.recommend_batch(requests, 1, {}, out, counts);
    EXPECT_EQ(status.code(), StatusCode::unknown_item);
    EXPECT_EQ(status.message().rfind("user 35: ", 0), 0u) << status.message();
  }
}

TEST(Threads, UsersWithoutEventsGetThePriorInABatch) {
  FeatureOptions o;
  o.prior = true;
  const OpenedFeatures opened(o);
  const std::vector<Ids> histories = {{5, 9}, {}, {2}, {}};
  Session plain = opened.session(), session = opened.session(options_for(4, 2));
  EXPECT_TRUE(batch(session, histories, 7) == one_by_one(plain, histories, 7));
}

TEST(Threads, NothingIsLeftWhenAllIsDenied) {
  const Opened opened({});
  std::vector<std::size_t> every(37);
  std::iota(every.begin(), every.end(), std::size_t{0});
  const Ids all = opened.ids(every);
  RecommendOptions rules;
  rules.deny = all;
  for (const std::uint32_t threads : {1u, 4u}) {
    Session session = opened.session(options_for(3, threads));
    const std::vector<Request> requests(3);
    std::vector<Recommendation> out(15);
    std::vector<std::size_t> counts(3, 9);
    ASSERT_TRUE(session.recommend_batch(requests, 5, rules, out, counts).ok());
    EXPECT_EQ(counts, (std::vector<std::size_t>{0, 0, 0}));
  }
}

TEST(Threads, CallsDoNotAllocate) {
  const Opened opened(large(true, false));
  Session session = opened.session(options_for(12, 3));
  const std::vector<Ids> histories = histories_of(opened, 12);
  const std::vector<Request> requests(histories.begin(), histories.end());
  std::vector<Recommendation> out(120);
  std::vector<std::size_t> counts(12);
  const std::size_t before = allocations();
  bool ok = session.recommend_batch(requests, 10, {}, out, counts).ok();
  ok = ok && session.recommend(histories[3], 10, {}, out).ok();
  const std::size_t after = allocations();
  EXPECT_TRUE(ok);
  EXPECT_EQ(after, before);
}

} // namespace
} // namespace heed::test
