#include "tests/runtime/session/session_fixture.hpp"

namespace heed::test {
namespace {

TEST(Arena, TheQueriedBytesWorkAndOneLessDoesNot) {
  for (bool int8 : {false, true}) {
    EncoderOptions o;
    o.int8 = int8;
    const Opened opened(o);
    const SessionOptions options;
    const std::size_t bytes = *Session::arena_bytes(opened.model, options);
    base::AlignedBuffer memory(bytes);
    Result<Session> small = Session::create(opened.model, options, Span<std::byte>(memory.data(), bytes - 1));
    ASSERT_FALSE(small.ok());
    EXPECT_EQ(small.status().code(), StatusCode::arena_too_small);
    EXPECT_NE(small.status().message().find(std::to_string(bytes)), std::string::npos);

    Result<Session> exact = Session::create(opened.model, options, Span<std::byte>(memory.data(), bytes));
    ASSERT_TRUE(exact.ok()) << exact.status().message();
    Session own = opened.session();
    const Ids history = opened.ids(some_rows(12, 37));
    EXPECT_EQ(recommended(*exact, history, 9), recommended(own, history, 9));
  }
}

TEST(Arena, NothingIsWrittenOutsideIt) {
  EncoderOptions o;
  o.int8 = true;
  const Opened opened(o);
  SessionOptions options;
  options.max_k = 20;
  options.max_candidates = 37;
  options.max_excluded = 40;
  const std::size_t bytes = *Session::arena_bytes(opened.model, options);
  constexpr std::size_t kGuard = 4096;
  base::AlignedBuffer memory(bytes + 2 * kGuard);
  std::fill(memory.data(), memory.data() + memory.size(), std::byte{0xA5});
  Result<Session> session =
      Session::create(opened.model, options, Span<std::byte>(memory.data() + kGuard, bytes));
  ASSERT_TRUE(session.ok());
  recommended(*session, opened.ids(some_rows(40, 37)), 20, {false, UnknownItem::error, {}, {}});
  std::vector<float> scores(37);
  ASSERT_TRUE(session->score(opened.ids({1}), opened.encoder.ids, UnknownItem::error, scores).ok());
  for (std::size_t i = 0; i < kGuard; ++i) {
    ASSERT_EQ(memory.data()[i], std::byte{0xA5});
    ASSERT_EQ(memory.data()[kGuard + bytes + i], std::byte{0xA5});
  }
}

TEST(Arena, MustBeAligned) {
  const Opened opened({});
  const std::size_t bytes = *Session::arena_bytes(opened.model, {});
  base::AlignedBuffer memory(bytes + 64);
  EXPECT_EQ(Session::create(opened.model, {}, Span<std::byte>(memory.data() + 8, bytes)).status().code(),
            StatusCode::invalid_argument);
}

TEST(SessionOptions, AreCheckedAgainstTheModel) {
  const Opened opened({});
  SessionOptions options;
  options.max_history = 8; // the model takes 7
  EXPECT_EQ(Session::create(opened.model, options).status().code(), StatusCode::limit_exceeded);
  options = {};
  options.max_k = 0;
  EXPECT_EQ(Session::create(opened.model, options).status().code(), StatusCode::invalid_argument);
  options = {};
  EXPECT_EQ(opened.session(options).options().max_history, 7u);
}

TEST(SessionOptions, ALimitBeyondAllMemoryIsAnError) {
  const Opened opened({});
  SessionOptions options;
  options.max_excluded = 0xFFFFFFFFu;
  options.max_candidates = 0xFFFFFFFFu;
  options.max_batch = 0xFFFFFFFFu;
  options.max_k = 0xFFFFFFFFu;
  EXPECT_EQ(Session::create(opened.model, options).status().code(), StatusCode::invalid_argument);
}

TEST(Session, OutlivesItsModelHandle) {
  auto opened = std::make_unique<Opened>(EncoderOptions{});
  Result<Model> model = Model::open(opened->bytes.data(), opened->bytes.size());
  ASSERT_TRUE(model.ok());
  auto handle = std::make_unique<Model>(std::move(*model));
  Result<Session> session = Session::create(*handle);
  handle.reset();
  EXPECT_EQ(recommended(*session, {}, 3).size(), 3u);
}

} // namespace
} // namespace heed::test
