#include "runtime/base/mapped_file.hpp"

#include <cstdio>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed::base {
namespace {

std::string temp_path(const char* name) {
  return testing::TempDir() + name + std::to_string(getpid());
}

TEST(MappedFile, ShowsTheBytesOfTheFile) {
  const std::string path = temp_path("mapped");
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  std::fputs("hello", file);
  std::fclose(file);
  {
    Result<MappedFile> mapped = MappedFile::open(path.c_str());
    ASSERT_TRUE(mapped.ok()) << mapped.status().message();
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(mapped->data()), mapped->size()), "hello");
  }
  std::remove(path.c_str());
}

TEST(MappedFile, NamesAMissingFile) {
  Result<MappedFile> mapped = MappedFile::open("/no/such/model.heed");
  ASSERT_FALSE(mapped.ok());
  EXPECT_EQ(mapped.status().code(), StatusCode::file_not_found);
  EXPECT_NE(mapped.status().message().find("/no/such/model.heed"), std::string::npos);
}

TEST(MappedFile, RefusesAnEmptyFileADirectoryAndAFifo) {
  const std::string empty = temp_path("empty");
  std::fclose(std::fopen(empty.c_str(), "wb"));
  EXPECT_EQ(MappedFile::open(empty.c_str()).status().code(), StatusCode::file_truncated);
  std::remove(empty.c_str());

  EXPECT_EQ(MappedFile::open(testing::TempDir().c_str()).status().code(), StatusCode::file_foreign);

  const std::string fifo = temp_path("fifo"); // nobody writes to it: opening must not wait
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(MappedFile::open(fifo.c_str()).status().code(), StatusCode::file_foreign);
  std::remove(fifo.c_str());
}

} // namespace
} // namespace heed::base
