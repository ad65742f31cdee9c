// Every prefix of a small file, and files with one byte changed: an Error or a valid result, never a crash.
#include "support.hpp"

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

class SmallFile : public testing::TestWithParam<const char*> {};

TEST_P(SmallFile, EveryPrefixIsRefused) {
  const std::string whole = read_file(data_path(GetParam()));
  ASSERT_EQ(outcome_of(whole).code, StatusCode::ok);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Outcome outcome = outcome_of(std::string_view(whole).substr(0, size));
    EXPECT_TRUE(outcome.code == StatusCode::checkpoint_malformed ||
                outcome.code == StatusCode::checkpoint_unsupported)
        << size << " of " << whole.size() << " bytes: " << outcome.message;
  }
}

TEST_P(SmallFile, ChangedBytesNeverCrash) {
  const std::string whole = read_file(data_path(GetParam()));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char change : {'\x01', '\x80', '\xff'}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ change);
      (void)outcome_of(changed);
    }
  }
}

std::string test_name(const testing::TestParamInfo<const char*>& file) {
  std::string name = file.param;
  for (char& c : name) c = c == '.' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Data, SmallFile,
                         testing::Values("state.pt", "state.legacy.pt", "protocol4.legacy.pt",
                                         "protocol1.legacy.pt", "python2.legacy.pt", "plain2.pickle",
                                         "plain4.pickle", "all.safetensors", "deflated.pt",
                                         "with_optimizer.legacy.pt"),
                         test_name);

} // namespace
} // namespace heed::convert::test
