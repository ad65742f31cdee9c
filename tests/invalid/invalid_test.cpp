// Opens every committed malformed file, and checks that files and cases are the same set.
#include "tests/invalid/cases.hpp"

#include <heed/heed.hpp>

#include <filesystem>
#include <set>

#include <gtest/gtest.h>

namespace heed::test {
namespace {

std::string file_of(const InvalidCase& c) {
  return std::string(HEED_INVALID_FILES) + "/" + c.name + ".heed";
}

TEST(InvalidModels, EachGivesItsStatus) {
  for (const InvalidCase& c : invalid_cases()) {
    Result<Model> model = Model::open(file_of(c).c_str());
    Status status = model.status();
    if (c.only_verify) {
      ASSERT_TRUE(model.ok()) << c.name << ": " << status.message();
      status = model->verify();
    }
    EXPECT_EQ(status.code(), c.code) << c.name << ": " << status_name(status.code()) << ", "
                                     << status.message();
    EXPECT_NE(status.message().find(c.mentions), std::string::npos) << c.name << ": " << status.message();
  }
}

TEST(InvalidModels, FilesAndCasesAreTheSame) {
  std::set<std::string> files, cases;
  for (const auto& entry : std::filesystem::directory_iterator(HEED_INVALID_FILES))
    if (entry.path().extension() == ".heed") files.insert(entry.path().stem());
  for (const InvalidCase& c : invalid_cases())
    EXPECT_TRUE(cases.insert(c.name).second) << c.name << " is there twice";
  EXPECT_EQ(files, cases) << "build the target make_invalid and run it: tests/invalid/README.md";
}

// Every prefix of a valid file is refused, and cannot crash.
TEST(InvalidModels, EveryTruncationIsRefused) {
  EncoderOptions options;
  options.items = 5;
  options.dim = 4;
  options.blocks = 1;
  options.hidden = 4;
  const std::vector<std::uint8_t> file = make_encoder(options).model.bytes();
  for (std::size_t length = 1; length < file.size(); length += length < 4096 ? 1 : 61) {
    const AlignedBytes cut(
        std::vector<std::uint8_t>(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length)));
    const StatusCode code = Model::open(cut.data(), length).status().code();
    EXPECT_TRUE(code == StatusCode::file_truncated || code == StatusCode::file_foreign)
        << length << " bytes give " << status_name(code);
  }
}

TEST(InvalidModels, TheUnspoiltFileIsValid) {
  for (bool int8 : {false, true}) {
    EncoderOptions options;
    options.int8 = int8;
    options.shuffled_ids = true;
    const AlignedBytes bytes(make_encoder(options).model.bytes());
    Result<Model> model = Model::open(bytes.data(), bytes.size());
    ASSERT_TRUE(model.ok()) << model.status().message();
    EXPECT_TRUE(model->verify().ok());
  }
}

TEST(OpenMemory, MustBeAligned) {
  const std::vector<std::uint8_t> file = make_encoder({}).model.bytes();
  base::AlignedBuffer buffer(file.size() + 64);
  std::copy(file.begin(), file.end(), reinterpret_cast<std::uint8_t*>(buffer.data()) + 8);
  EXPECT_EQ(Model::open(buffer.data() + 8, file.size()).status().code(), StatusCode::invalid_argument);
}

} // namespace
} // namespace heed::test
