#include "runtime/plan/arena.hpp"

#include <random>

#include <gtest/gtest.h>

namespace heed::plan {
namespace {

std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + 63) / 64 * 64;
}

void expect_valid(const std::vector<Buffer>& buffers, std::uint64_t total) {
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const Buffer& a = buffers[i];
    EXPECT_EQ(a.offset % 64, 0u);
    EXPECT_LE(a.offset + a.bytes, total);
    for (std::size_t j = 0; j < i; ++j) {
      const Buffer& b = buffers[j];
      const bool together = a.first <= b.last && b.first <= a.last;
      const bool apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
      EXPECT_TRUE(!together || apart) << i << " and " << j;
    }
  }
}

TEST(ArenaPack, GivesBuffersThatNeverMeetTheSamePlace) {
  std::vector<Buffer> buffers = {{1000, 0, 1, 0}, {1000, 2, 3, 0}, {500, 4, 4, 0}};
  const std::uint64_t total = pack(buffers);
  EXPECT_EQ(total, padded(1000));
  expect_valid(buffers, total);
}

TEST(ArenaPack, StacksBuffersThatLiveTogether) {
  std::vector<Buffer> buffers = {{100, 0, 2, 0}, {200, 1, 2, 0}, {300, 2, 3, 0}};
  const std::uint64_t total = pack(buffers);
  EXPECT_EQ(total, padded(100) + padded(200) + padded(300));
  expect_valid(buffers, total);
}

TEST(ArenaPack, IsZeroForNothing) {
  std::vector<Buffer> none;
  EXPECT_EQ(pack(none), 0u);
}

TEST(ArenaPack, KeepsRandomLifetimesApartAndIsNeverBelowWhatMustLiveAtOnce) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Buffer> buffers(1 + random() % 40);
    for (Buffer& b : buffers) {
      b.bytes = 1 + random() % 5000;
      b.first = static_cast<std::uint32_t>(random() % 20);
      b.last = b.first + static_cast<std::uint32_t>(random() % 6);
    }
    const std::uint64_t total = pack(buffers);
    expect_valid(buffers, total);
    for (std::uint32_t step = 0; step < 26; ++step) {
      std::uint64_t alive = 0;
      for (const Buffer& b : buffers)
        if (b.first <= step && step <= b.last) alive += padded(b.bytes);
      EXPECT_GE(total, alive);
    }
  }
}

} // namespace
} // namespace heed::plan
