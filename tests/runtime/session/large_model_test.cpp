// A model above 4 GiB: a small one whose catalogue ends so far behind that offsets need more than 32 bits.
// The file has holes, so that it takes hardly any room on the disk; nothing reads the rows in between.
#include "tests/runtime/session/session_fixture.hpp"

#include <cstdio>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace heed::test {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::uint64_t kFourGiB = std::uint64_t{1} << 32;

// The path of a file that is removed in the end.
struct TemporaryFile {
  std::string path = testing::TempDir() + "heed_large_" + std::to_string(::getpid()) + ".heed";
  ~TemporaryFile() { std::remove(path.c_str()); }
};

bool write_at(int file, const std::vector<std::uint8_t>& bytes, std::uint64_t offset) {
  return ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(bytes.size());
}

// Writes the model with `blocks` blocks of zeros before its item rows, which thereby become the last ones,
// and segments of other tensors before them all. Whether the file system took it.
bool write_stretched(Encoder& encoder, std::uint64_t blocks, const std::string& path) {
  format::ModelT& meta = encoder.model.meta;
  format::ItemTableT& items = *meta.item_tables[0];
  const auto table = static_cast<std::size_t>(items.rows);
  format::TensorT& rows = *meta.tensors[table];
  const std::vector<std::uint8_t> contents = encoder.model.segments[table];
  encoder.model.segments[table].clear();
  rows.offset = kFourGiB; // any that is not 0: bytes() leaves it alone
  encoder.model.bytes();  // places all others; their end is file_bytes
  const std::uint64_t skipped = blocks * kBlock * rows.cols * sizeof(float);
  rows.offset = (meta.file_bytes + 63) / 64 * 64;
  rows.length = skipped + contents.size();
  rows.rows += blocks * kBlock;
  items.items += blocks * kBlock;
  items.unknown_row += static_cast<std::int64_t>(blocks * kBlock);
  meta.inputs[0]->vocabulary = items.items;
  meta.file_bytes = rows.offset + rows.length + 64;
  const std::vector<std::uint8_t> front = encoder.model.bytes();

  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (file < 0) return false;
  const bool written = ::ftruncate(file, static_cast<off_t>(meta.file_bytes)) == 0 &&
                       write_at(file, front, 0) && write_at(file, contents, rows.offset + skipped);
  return ::close(file) == 0 && written;
}

TEST(LargeModel, RowsBeyondFourGigabytesAreFound) {
  if (sizeof(std::size_t) < 8) GTEST_SKIP() << "such a file does not fit the address space";
  const EncoderOptions options;
  const Opened small(options);
  Encoder stretched = make_encoder(options);
  const std::uint64_t blocks = kFourGiB / (kBlock * options.dim * sizeof(float)) + 1;
  const TemporaryFile file;
  if (!write_stretched(stretched, blocks, file.path))
    GTEST_SKIP() << "no room for a file of 4 GiB with holes";

  Result<Model> model = Model::open(file.path.c_str());
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->items(), options.items + blocks * kBlock);
  Result<Session> session = Session::create(*model);
  ASSERT_TRUE(session.ok()) << session.status().message();
  Session expected = small.session();

  // The same items: with their ids in the small model, and `first` further on.
  const auto first = static_cast<std::int64_t>(blocks * kBlock);
  const Ids near_history = small.ids({3, 30, 11}), near_items = small.ids({0, 17, 36, 5});
  Ids far_history = near_history, far_items = near_items;
  for (Ids* ids : {&far_history, &far_items})
    for (std::int64_t& id : *ids) id += first;
  std::vector<float> near_scores(near_items.size()), far_scores(far_items.size());
  ASSERT_TRUE(expected.score(near_history, near_items, UnknownItem::error, near_scores).ok());
  const Status scored = session->score(far_history, far_items, UnknownItem::error, far_scores);
  ASSERT_TRUE(scored.ok()) << scored.message();
  EXPECT_EQ(far_scores, near_scores);

  RecommendOptions rules;
  std::vector<Recommendation> near_best(3), far_best(3);
  rules.allow = near_items;
  ASSERT_TRUE(expected.recommend(near_history, 3, rules, near_best).ok());
  rules.allow = far_items;
  ASSERT_TRUE(session->recommend(far_history, 3, rules, far_best).ok());
  for (std::size_t i = 0; i < near_best.size(); ++i) {
    EXPECT_EQ(far_best[i].item, near_best[i].item + first);
    EXPECT_EQ(far_best[i].score, near_best[i].score);
  }
  EXPECT_EQ(session->score({Ids{first + 1000}}, far_items, UnknownItem::error, far_scores).code(),
            StatusCode::unknown_item);
}

} // namespace
} // namespace heed::test
