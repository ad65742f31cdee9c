// Archives made to do harm.
#include "converter/readers/limits.hpp"
#include "converter/readers/zip_archive.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

using namespace std::string_literals;

void expect_malformed(const std::string& file, const std::string& message) {
  const Outcome outcome = outcome_of(file);
  EXPECT_EQ(outcome.code, StatusCode::checkpoint_malformed) << outcome.message;
  EXPECT_NE(outcome.message.find(message), std::string::npos) << outcome.message;
}

std::string state_pickle(std::uint8_t elements = 4) {
  return "}" + pickled_text("weight") + pickled_tensor(elements) + "s.";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST(HostileZip, TheSmallArchiveOfTheseTestsIsRead) {
  const Outcome outcome = outcome_of(zip_checkpoint(state_pickle()));
  EXPECT_EQ(outcome.code, StatusCode::ok) << outcome.message;
}

TEST(HostileZip, Bombs) {
  // 100 MB of zeros in 100 KB, as a storage and as the pickle.
  const std::string zeros(100'000'000, '\0');
  const std::string storage = make_zip({{"a/data.pkl", state_pickle()}, {"a/data/0", zeros}}, true);
  ASSERT_LT(storage.size(), 200'000U);
  expect_malformed(storage, "zip bomb");
  expect_malformed(make_zip({{"a/data.pkl", zeros}}, true), "zip bomb");
  // Many entries that are small enough each.
  std::vector<std::pair<std::string, std::string>> entries = {{"a/data.pkl", state_pickle()}};
  for (int i = 0; i < 30; ++i)
    entries.emplace_back("a/data/" + std::to_string(i), std::string(3'000'000, '\0'));
  expect_malformed(make_zip(entries, true), "zip bomb");
}

TEST(HostileZip, SizesThatLie) {
  // The directory states that the storage of 16 bytes has 12, or 20; the local header still has the truth.
  const std::string file = zip_checkpoint(state_pickle());
  const std::string name = "archive/data/0";
  const std::size_t entry = file.rfind(name) - 46; // in the directory
  ASSERT_EQ(file.substr(entry, 4), "PK\x01\x02");
  const auto with_size = [&](std::uint32_t packed, std::uint32_t size) {
    return std::string(file).replace(entry + 20, 8, raw(packed) + raw(size));
  };
  EXPECT_EQ(outcome_of(with_size(16, 16)).code, StatusCode::ok);
  EXPECT_EQ(outcome_of(with_size(12, 12)).code, StatusCode::checkpoint_malformed);
  EXPECT_EQ(outcome_of(with_size(20, 20)).code, StatusCode::checkpoint_malformed);
  EXPECT_EQ(outcome_of(with_size(16, 20)).code, StatusCode::checkpoint_malformed);
  EXPECT_EQ(outcome_of(with_size(0xFFFFFFF0U, 0xFFFFFFF0U)).code, StatusCode::checkpoint_malformed);
  // Deflated: the stream is longer or shorter than stated.
  const std::string packed =
      make_zip({{"archive/data.pkl", state_pickle()}, {name, std::string(16, 'x')}}, /*deflate=*/true);
  const std::size_t packed_entry = packed.rfind(name) - 46;
  EXPECT_EQ(outcome_of(packed).code, StatusCode::ok);
  for (const std::uint32_t size : {17U, 1'000'000U}) {
    const std::string lying = std::string(packed).replace(packed_entry + 24, 4, raw(size));
    EXPECT_EQ(outcome_of(lying).code, StatusCode::checkpoint_malformed) << size;
  }
}

TEST(HostileZip, WrongChecksum) {
  std::string file = zip_checkpoint(state_pickle());
  const float value = 3;
  file[file.find(raw(value))] ^= 1;
  expect_malformed(file, "'archive/data/0' cannot be read: its checksum is wrong");
}

TEST(HostileZip, DirectoryThatClaimsManyEntries) {
  // The records of a 64-bit directory with 2^40 entries, for which memory must not be taken.
  const std::string record = "PK\x06\x06"s + raw<std::uint64_t>(44) + raw<std::uint16_t>(45) +
                             raw<std::uint16_t>(45) + raw<std::uint32_t>(0) + raw<std::uint32_t>(0) +
                             raw<std::uint64_t>(1ULL << 40) + raw<std::uint64_t>(1ULL << 40) +
                             raw<std::uint64_t>(0) + raw<std::uint64_t>(4);
  const std::string locator =
      "PK\x06\x07"s + raw<std::uint32_t>(0) + raw<std::uint64_t>(4) + raw<std::uint32_t>(1);
  const std::string end = "PK\x05\x06"s + raw<std::uint16_t>(0xFFFF) + raw<std::uint16_t>(0xFFFF) +
                          raw<std::uint16_t>(0xFFFF) + raw<std::uint16_t>(0xFFFF) +
                          raw<std::uint32_t>(0xFFFFFFFF) + raw<std::uint32_t>(0xFFFFFFFF) +
                          raw<std::uint16_t>(0);
  expect_malformed("PK\x03\x04"s + record + locator + end, "claims 1099511627776 entries");
}

TEST(HostileZip, TwoEntriesOfOneName) {
  const std::string file = replaced(make_zip({{"a/data.pkl", state_pickle()},
                                              {"a/data/0", std::string(16, 'x')},
                                              {"a/data/1", std::string(16, 'y')}}),
                                    "a/data/1", "a/data/0");
  expect_malformed(file, "two entries 'a/data/0'");
}

TEST(HostileZip, Encrypted) {
  std::string file = zip_checkpoint(state_pickle());
  for (const std::string& header : {"PK\x01\x02"s, "PK\x03\x04"s}) {
    const std::size_t flags = header[2] == 1 ? 8 : 6;
    for (std::size_t at = 0; (at = file.find(header, at)) != std::string::npos; at += flags)
      file[at + flags] |= 1;
  }
  EXPECT_EQ(outcome_of(file).code, StatusCode::checkpoint_unsupported);
}

TEST(HostileZip, StorageShorterThanItsTensor) {
  expect_malformed(zip_checkpoint(state_pickle(5)),
                   "storage of 16 bytes is shorter than tensor 'weight' [5] needs");
}

TEST(HostileZip, OtherArchives) {
  expect_malformed(make_zip({{"word/document.xml", "x"}, {"a.npy", "y"}}), "'word/document.xml', 'a.npy'");
  expect_malformed("PK\x05\x06"s + std::string(18, '\0'), "no PyTorch checkpoint");
  expect_malformed("PK\x03\x04"s + std::string(100, 'x'), "truncated or damaged");
  EXPECT_EQ(outcome_of(make_zip({{"a/data.pkl", "N."}, {"a/code/m.py", ""}})).code,
            StatusCode::checkpoint_unsupported);
}

TEST(ZipStorage, StoredEntriesAreUsedInPlace) {
  const auto file = bytes_of(zip_checkpoint(state_pickle()));
  const auto archive = std::make_shared<const ZipArchive>(file);
  const ZipStorage storage(archive, *archive->find("archive/data/0"));
  const auto* first = reinterpret_cast<const char*>(storage.data());
  EXPECT_GE(first, file->view().data());
  EXPECT_LE(first + storage.bytes(), file->view().data() + file->size());
}

TEST(ZipStorage, UnpacksOnceAndOnlyOnUse) {
  const auto archive = std::make_shared<const ZipArchive>(bytes_of(zip_checkpoint(state_pickle())));
  const ZipStorage storage(archive, *archive->find("archive/data/0"));
  EXPECT_EQ(storage.bytes(), 16U);
  const std::uint8_t* first = storage.data();
  EXPECT_EQ(storage.data(), first);
  EXPECT_FALSE(archive->find("archive/data/1"));
}

} // namespace
} // namespace heed::convert::test
