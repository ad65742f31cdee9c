#include "converter/readers/sha256.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

// The examples of FIPS 180-4.
TEST(Sha256, KnownDigests) {
  Sha256 none;
  EXPECT_EQ(none.finish(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 abc;
  abc.update("a");
  abc.update("bc");
  EXPECT_EQ(abc.finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, OfTheCheckpointsFile) {
  const std::string path = data_path("state.pt");
  Sha256 digest;
  digest.update(read_file(path));
  EXPECT_EQ(read_checkpoint(path).sha256, digest.finish());
}

} // namespace
} // namespace heed::convert::test
