#include "converter/random.hpp"

#include <array>
#include <set>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

// Values that other implementations of SplitMix64 give for this seed.
TEST(SplitMix64, KnownStream) {
  SplitMix64 random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317u);
  EXPECT_EQ(random.next(), 3203168211198807973u);
  EXPECT_EQ(random.next(), 9817491932198370423u);
  EXPECT_EQ(random.next(), 4593380528125082431u);
  EXPECT_EQ(random.next(), 16408922859458223821u);
}

TEST(SplitMix64, BelowStaysBelowAndReachesEverything) {
  SplitMix64 random(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) ++seen.at(random.below(7));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(random.below(1), 0u);
}

// Half of all values lie above the last acceptable one and must be drawn again.
TEST(SplitMix64, BelowDrawsAgain) {
  const std::uint64_t bound = (std::uint64_t{1} << 63) + 1;
  SplitMix64 random(5), plain(5);
  for (int i = 0; i < 100; ++i) {
    std::uint64_t expected = plain.next();
    while (expected >= bound) expected = plain.next();
    EXPECT_EQ(random.below(bound), expected);
  }
}

TEST(SplitMix64, PowersOfTwoNeedNoSecondDraw) {
  SplitMix64 random(9), plain(9);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(random.below(std::uint64_t{1} << 40), plain.next() & ((std::uint64_t{1} << 40) - 1));
}

TEST(UserStream, UsersAndSeedsDiffer) {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed = 0; seed < 30; ++seed)
    for (std::uint64_t user = 0; user < 30; ++user) first.insert(stream_of(seed, user).next());
  EXPECT_EQ(first.size(), 900u);
}

} // namespace
} // namespace heed::convert
