// What a session says of its memory: a picture of the arena that must be possible.
#include "tests/runtime/session/session_fixture.hpp"

#include <map>
#include <string>

namespace heed::test {
namespace {

std::vector<MemoryBlock> blocks_of(const Session& session) {
  Result<std::size_t> count = session.memory({});
  EXPECT_TRUE(count.ok());
  std::vector<MemoryBlock> blocks(*count);
  Result<std::size_t> written = session.memory(blocks);
  EXPECT_TRUE(written.ok()) << written.status().message();
  EXPECT_EQ(*written, *count);
  return blocks;
}

bool apart(std::uint64_t a_first, std::uint64_t a_end, std::uint64_t b_first, std::uint64_t b_end) {
  return a_end <= b_first || b_end <= a_first;
}

// Every block is inside, none overlaps another that is alive at the same time, and together they reach the
// end.
void check(const Opened& opened, const SessionOptions& options) {
  const Session session = opened.session(options);
  const std::uint64_t arena = Session::arena_bytes(opened.model, options).value();
  const std::vector<MemoryBlock> blocks = blocks_of(session);
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const MemoryBlock& a = blocks[i];
    EXPECT_GT(a.bytes, 0u) << a.name;
    EXPECT_LE(a.offset + a.bytes, arena) << a.name;
    EXPECT_LE(a.first_step, a.last_step) << a.name;
    EXPECT_EQ(a.offset % 64, 0u) << a.name;
    end = std::max(end, a.offset + a.bytes);
    for (std::size_t j = 0; j < i; ++j) {
      const MemoryBlock& b = blocks[j];
      const bool together = !apart(a.first_step, a.last_step + 1, b.first_step, b.last_step + 1);
      EXPECT_TRUE(!together || apart(a.offset, a.offset + a.bytes, b.offset, b.offset + b.bytes))
          << a.name << " " << a.kind << ", " << b.name << " " << b.kind;
    }
  }
  EXPECT_GT(end + 64, arena);
}

TEST(Memory, BlocksThatAreAliveTogetherLieApart) {
  EncoderOptions encoder;
  for (const bool int8 : {false, true}) {
    encoder.int8 = int8;
    const Opened opened(encoder);
    check(opened, {});
    SessionOptions options;
    options.max_batch = 40;
    options.threads = 3;
    options.running_history = 100;
    check(opened, options);
  }
}

TEST(Memory, TellsEveryValueAndWhatIsQuantized) {
  EncoderOptions encoder;
  encoder.int8 = true;
  const Opened opened(encoder);
  const Session session = opened.session();
  std::map<std::string, std::size_t> kinds;
  for (const MemoryBlock& block : blocks_of(session)) {
    ++kinds[block.kind];
    EXPECT_STRNE(block.name, "");
  }
  EXPECT_EQ(kinds["rows"], opened.model.info().nodes.size()); // each makes one value
  EXPECT_GT(kinds["quantized"], 0u);
  EXPECT_EQ(kinds["quantized"], kinds["scales"]);
  EXPECT_GT(kinds["scratch"], 0u); // attention's
  EXPECT_GT(kinds["buffer"], 3u);
}

TEST(Memory, NotEnoughRoomIsRefused) {
  const Opened opened(EncoderOptions{});
  const Session session = opened.session();
  std::vector<MemoryBlock> few(2, MemoryBlock{"untouched", "", 0, 0, 0, 0});
  Result<std::size_t> refused = session.memory(few);
  EXPECT_EQ(refused.status().code(), StatusCode::invalid_argument);
  EXPECT_NE(refused.status().message().find("room for 2"), std::string::npos);
  EXPECT_STREQ(few[0].name, "untouched");
}

} // namespace
} // namespace heed::test
