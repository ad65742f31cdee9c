// Files that are no checkpoint: the message says what they are.
#include "support.hpp"

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

using namespace std::string_literals;

TEST(Foreign, SaysWhatItLooksLike) {
  const std::string padding(600, '\0');
  const std::pair<std::string, std::string> cases[] = {
      {"", "is empty"},
      {"\x89HDF\r\n\x1a\n" + padding, "HDF5"},
      {"\x08\x07\x12\x07pytorch\x1a" + padding, "ONNX"},
      {"\x1c\0\0\0HEED"s + padding, "heed model already"},
      {"\x1c\0\0\0HCAT"s + padding, "heed catalogue"},
      {"\x1c\0\0\0TFL3"s + padding, "TensorFlow Lite"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"},
      {"\n <!DOCTYPE html><html></html>", "web page"},
      {R"({"hidden_size": 50})", "JSON"},
      {"user\titem\n1\t2\n", "is a text"},
      {"GGUF\x03" + padding, "GGUF"},
      {"\x93NUMPY\x01" + padding, "NumPy"},
      {"\x1f\x8b\x08" + padding, "gzip"},
      {"\x7f"
       "ELF\x02" +
           padding,
       "program"},
      {padding, "no known format"},
      {"\x80", "no known format"},
      {"\x02\x00\x00\x00\x00\x00\x00\x00"s, "no known format"},
  };
  for (const auto& [content, message] : cases) {
    const Outcome outcome = outcome_of(content);
    EXPECT_EQ(outcome.code, StatusCode::checkpoint_malformed) << message;
    EXPECT_EQ(outcome.message.rfind("test: ", 0), 0U) << outcome.message;
    EXPECT_NE(outcome.message.find(message), std::string::npos)
        << outcome.message << " should say " << message;
  }
}

TEST(Foreign, TarIsTheOldestPyTorch) {
  std::string tar(1024, '\0');
  tar.replace(0, 8, "sys_info").replace(257, 5, "ustar");
  const Outcome outcome = outcome_of(tar);
  EXPECT_EQ(outcome.code, StatusCode::checkpoint_unsupported);
  EXPECT_NE(outcome.message.find("0.1.10"), std::string::npos) << outcome.message;
}

} // namespace
} // namespace heed::convert::test
