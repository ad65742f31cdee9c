// Tensors over storages made here: every conversion, every refusal.
#include "converter/readers/element.hpp"
#include "converter/readers/tensor.hpp"
#include "support.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

std::shared_ptr<const Storage> storage_of(std::string_view content) {
  const auto bytes = bytes_of(content);
  return std::make_shared<RangeStorage>(ByteRange{bytes, bytes->view()});
}

// All 65,536 values, against the definition: (-1)^s 2^(e-15) 1.m, subnormals 2^-14 0.m.
TEST(Element, EveryHalf) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const double fraction = (bits & 1023) / 1024.0;
    double expected = exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
    if (exponent == 31) {
      expected =
          fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    }
    const float value = float_from_half(static_cast<std::uint16_t>(bits));
    EXPECT_EQ(std::signbit(value), bits >= 0x8000) << bits;
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(value)) << bits;
    } else {
      EXPECT_EQ(std::fabs(static_cast<double>(value)), expected) << bits;
    }
  }
}

TEST(Element, EveryBFloat16IsTheUpperHalfOfAFloat) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const float value = float_from_bfloat16(static_cast<std::uint16_t>(bits));
    std::uint32_t whole = 0;
    std::memcpy(&whole, &value, sizeof whole);
    EXPECT_EQ(whole, bits << 16);
  }
}

TEST(Tensor, ConvertsIntegersAndRounds) {
  const std::int64_t integers[] = {(1LL << 53) + 1, (1LL << 24) + 1, (1LL << 24) + 3, -7};
  const auto storage = storage_of({reinterpret_cast<const char*>(integers), sizeof integers});
  const Tensor tensor = Tensor::checked("t", SourceType::i64, storage, 0, {4}, {1});
  float narrow[4];
  double wide[4];
  tensor.read(0, 4, narrow);
  tensor.read(0, 4, wide);
  EXPECT_EQ(wide[0], 0x1p53); // halfway: to even
  EXPECT_EQ(narrow[1], 0x1p24F);
  EXPECT_EQ(narrow[2], 0x1p24F + 4);
  EXPECT_EQ(wide[3], -7);
  EXPECT_FALSE(tensor.is_floating());

  const double reals[] = {1 + 0x1p-24, 1 + 0x1p-23 + 0x1p-24, 1e300, 1e-300};
  const Tensor doubles = Tensor::checked(
      "t", SourceType::f64, storage_of({reinterpret_cast<const char*>(reals), sizeof reals}), 0, {4}, {1});
  doubles.read(0, 4, narrow);
  EXPECT_EQ(narrow[0], 1.0F);
  EXPECT_EQ(narrow[1], 1 + 0x1p-22F);
  EXPECT_EQ(narrow[2], std::numeric_limits<float>::infinity());
  EXPECT_EQ(narrow[3], 0.0F);
  EXPECT_TRUE(doubles.is_floating());
}

TEST(Tensor, UnalignedElements) {
  const Tensor tensor = Tensor::checked("t", SourceType::u8, storage_of("xyz"), 1, {2}, {1});
  float values[2];
  tensor.read(0, 2, values);
  EXPECT_EQ(values[0], 'y');
  const auto bytes = bytes_of("x" + raw(2.5F));
  const auto storage = std::make_shared<RangeStorage>(ByteRange{bytes, bytes->view().substr(1)});
  Tensor::checked("t", SourceType::f32, storage, 0, {1}, {1}).read(0, 1, values);
  EXPECT_EQ(values[0], 2.5F);
}

TEST(Tensor, RangesOutsideAreRefused) {
  const Tensor tensor = Tensor::checked("t", SourceType::u8, storage_of("xyz"), 0, {3}, {1});
  float values[3];
  tensor.read(3, 0, values);
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const auto& [first, count] : {std::pair<std::int64_t, std::int64_t>{0, 4},
                                     {4, 0},
                                     {3, 1},
                                     {-1, 1},
                                     {0, -1},
                                     {1, most},
                                     {most, most}}) {
    try {
      tensor.read(first, count, values);
      ADD_FAILURE() << first << " " << count;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), StatusCode::invalid_argument);
    }
  }
}

TEST(Tensor, ViewsOutsideTheStorageAreRefused) {
  const auto storage = storage_of(std::string(40, '\0')); // 10 floats
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  struct Case {
    std::int64_t offset;
    std::vector<std::int64_t> shape, strides;
    bool fits;
  };
  const Case cases[] = {
      {0, {2, 5}, {5, 1}, true},
      {0, {}, {}, true},
      {9, {}, {}, true},
      {10, {}, {}, false},
      {10, {0}, {1}, true}, // nothing is read
      {most, {0}, {most}, true},
      {0, {most, most, 0}, {1, 1, 1}, true},
      {5, {5}, {1}, true},
      {6, {5}, {1}, false},
      {0, {4}, {3}, true},
      {1, {4}, {3}, false},
      {0, {1, 10}, {most, 1}, true}, // the stride of a single row does not count
      {0, {2, 1}, {9, most}, true},
      {0, {2, 1}, {10, 1}, false},
      {0, {2}, {most}, false},
      {0, {most}, {0}, true}, // an expanded scalar
      {0, {most}, {1}, false},
      {0, {most, 2}, {0, 0}, false}, // more than 2^63 elements
      {most, {1}, {1}, false},
      {0, {-1}, {1}, false},
      {0, {2}, {-1}, false},
      {-1, {2}, {1}, false},
      {0, {2}, {1, 1}, false},
  };
  for (const Case& c : cases) {
    bool fits = true;
    try {
      (void)Tensor::checked("t", SourceType::f32, storage, c.offset, c.shape, c.strides);
    } catch (const Error& error) {
      fits = false;
      EXPECT_EQ(error.code(), StatusCode::checkpoint_malformed);
      EXPECT_NE(std::string(error.what()).find("'t'"), std::string::npos) << error.what();
    }
    EXPECT_EQ(fits, c.fits) << testing::PrintToString(c.shape) << testing::PrintToString(c.strides)
                            << c.offset;
  }
}

TEST(Tensor, SeveralThreadsReadOneArchive) {
  const Checkpoint checkpoint = read_checkpoint(data_path("state.pt"));
  std::vector<std::thread> threads;
  std::vector<float> sums(4);
  for (float& sum : sums) {
    threads.emplace_back([&checkpoint, &sum] {
      for (const auto& [name, tensor] : checkpoint.weights) {
        std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
        tensor.read(0, tensor.elements(), values.data());
        for (const float value : values) sum += value;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const float sum : sums) EXPECT_EQ(sum, sums.front());
}

} // namespace
} // namespace heed::convert::test
