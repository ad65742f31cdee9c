// Digests from the reference implementation (python-xxhash 3) of the bytes (i * 7 + 1) mod 256.
#include "runtime/base/xxh64.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace heed::base {
namespace {

std::vector<unsigned char> message(std::size_t bytes) {
  std::vector<unsigned char> out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<unsigned char>(i * 7 + 1);
  return out;
}

struct Vector {
  std::size_t bytes;
  std::uint64_t digest;
};
const Vector kVectors[] = {{0, 0xef46db3751d8e999},   {1, 0x8a4127811b21e730},  {3, 0xb6e6c910c2fd373a},
                           {4, 0x22eda2cf6af4c124},   {7, 0x34084d91a233a751},  {8, 0xc6f1803a5e0b3222},
                           {31, 0x6ab1c40e29f50073},  {32, 0x5a0756fbe9ecd3d1}, {33, 0xdc50cdc37bb9c183},
                           {63, 0x10dd94885c71894a},  {64, 0x90083da9cdb9d795}, {100, 0xd248bfc5208b0b16},
                           {1000, 0x6be03acbf959c413}};

TEST(Xxh64, AgreesWithTheReferenceImplementation) {
  for (const Vector& v : kVectors) {
    Xxh64 hash;
    hash.update(message(v.bytes).data(), v.bytes);
    EXPECT_EQ(hash.digest(), v.digest) << v.bytes << " bytes";
  }
}

TEST(Xxh64, DoesNotDependOnHowTheMessageIsSplit) {
  const auto bytes = message(1000);
  for (std::size_t step : {1u, 5u, 31u, 32u, 33u, 999u}) {
    Xxh64 hash;
    for (std::size_t at = 0; at < bytes.size(); at += step)
      hash.update(bytes.data() + at, std::min(step, bytes.size() - at));
    EXPECT_EQ(hash.digest(), 0x6be03acbf959c413u) << "steps of " << step;
  }
}

} // namespace
} // namespace heed::base
