// A file appears whole or not at all.
#include "converter/emit/output_file.hpp"
#include "tests/converter/emit/support.hpp"
#include "tests/converter/graph/support.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed::convert {
namespace {

using test::error_message;
using test::file_content;

class OutputFileTest : public ::testing::Test {
 protected:
  test::TempFolder folder_;
  const std::string path_ = folder_.path("model.heed");
};

TEST_F(OutputFileTest, AppearsOnCommit) {
  OutputFile file(path_);
  file.append("abc", 3);
  file.pad_to(6);
  file.append("de", 2);
  EXPECT_EQ(file.position(), 8u);
  file.overwrite(1, "XY", 2);
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"model.heed.tmp." + std::to_string(::getpid())});
  file.commit();
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"model.heed"});
  EXPECT_EQ(file_content(path_), std::string("aXY\0\0\0de", 8));
}

TEST_F(OutputFileTest, ReplacesWhatWasThere) {
  test::write_file(path_, "old");
  OutputFile file(path_);
  file.append("new", 3);
  EXPECT_EQ(file_content(path_), "old");
  file.commit();
  EXPECT_EQ(file_content(path_), "new");
}

TEST_F(OutputFileTest, LargeAppendsKeepTheirOrder) {
  std::string content(5 << 20, 'x');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 % 251);
  OutputFile file(path_);
  for (std::size_t at = 0; at < content.size(); at += 70001)
    file.append(content.data() + at, std::min<std::size_t>(70001, content.size() - at));
  file.overwrite(3, "abc", 3);
  content.replace(3, 3, "abc");
  file.commit();
  EXPECT_EQ(file_content(path_), content);
}

TEST_F(OutputFileTest, AbandonedFilesVanish) {
  test::write_file(path_, "old");
  {
    OutputFile file(path_);
    file.append("new", 3);
    file.flush();
  }
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"model.heed"});
  EXPECT_EQ(file_content(path_), "old");
}

TEST_F(OutputFileTest, FullDiskLeavesTheOldFile) {
  test::write_file(path_, "old");
  const std::string content(3 << 20, 'x');
  const std::string message = error_message(StatusCode::no_space, [&] {
    OutputFile file(path_);
    const test::FileSizeLimit limit(2 << 20);
    file.append(content.data(), content.size());
    file.commit();
  });
  EXPECT_NE(message.find(path_ + " is unchanged"), std::string::npos) << message;
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"model.heed"});
  EXPECT_EQ(file_content(path_), "old");
}

TEST_F(OutputFileTest, LeftoverOfADeadProcessIsReplaced) {
  test::write_file(path_ + ".tmp." + std::to_string(::getpid()), "half a model");
  OutputFile file(path_);
  file.append("new", 3);
  file.commit();
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"model.heed"});
  EXPECT_EQ(file_content(path_), "new");
}

TEST_F(OutputFileTest, ImpossiblePlaces) {
  error_message(StatusCode::io_error, [&] { OutputFile(folder_.path("none/model.heed")); });
  std::filesystem::create_directory(path_);
  const std::string message = error_message(StatusCode::io_error, [&] { OutputFile file(path_); });
  EXPECT_NE(message.find("it is a folder"), std::string::npos);
}

TEST_F(OutputFileTest, DevicesAreRefused) {
  // A pipe: what stands for a device without rights to make one.
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const std::string message = error_message(StatusCode::io_error, [&] { OutputFile file(path_); });
  EXPECT_NE(message.find("not a file"), std::string::npos) << message;
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"model.heed"});
  EXPECT_TRUE(std::filesystem::is_fifo(path_));
}

TEST_F(OutputFileTest, LinksStayAndLeadToTheNewFile) {
  const std::string target = folder_.path("target.heed");
  for (const bool exists : {true, false}) {
    std::filesystem::remove(target);
    std::filesystem::remove(path_);
    if (exists) test::write_file(target, "old");
    std::filesystem::create_symlink(target, path_);
    OutputFile file(path_);
    file.append("new", 3);
    file.commit();
    EXPECT_TRUE(std::filesystem::is_symlink(path_));
    EXPECT_EQ(file_content(target), "new");
  }
}

} // namespace
} // namespace heed::convert
