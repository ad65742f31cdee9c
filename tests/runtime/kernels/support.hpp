// What the kernel tests share: the tables under test, repeatable data, row buffers whose gaps are poisoned,
// and comparison to the bit.
#ifndef HEED_TESTS_RUNTIME_KERNELS_SUPPORT_HPP
#define HEED_TESTS_RUNTIME_KERNELS_SUPPORT_HPP

#include "runtime/kernels/cpu.hpp"
#include "runtime/kernels/isa/tables.hpp"
#include "runtime/kernels/kernels.hpp"
#include "tests/support/guarded_buffer.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace heed::kernels::test {

using heed::test::GuardedBuffer;

using Sizes = std::vector<std::size_t>;
constexpr std::size_t kReadSlack = 15; // floats
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

inline std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// Tables of this build and CPU, with or without the scalar one.
inline std::vector<const KernelTable*> all_tables() {
  const KernelTable* tables[16];
  return {tables, tables + available_tables(tables, 16)};
}
inline std::vector<const KernelTable*> simd_tables() {
  std::vector<const KernelTable*> tables = all_tables();
  tables.pop_back();
  return tables;
}

#if defined(HEED_ISA_AVXVNNI)
extern const KernelTable kTableAvxVnniModel; // avxvnni_model.cpp; only the 8-bit kernels
// On every processor that has AVX2.
inline const KernelTable* avxvnni_model() {
  static const KernelTable model = [] {
    KernelTable table = kTableAvx2;
    table.isa = kTableAvxVnniModel.isa;
    table.linear_i8 = kTableAvxVnniModel.linear_i8;
    table.scan_i8 = kTableAvxVnniModel.scan_i8;
    table.scan_users_i8 = kTableAvxVnniModel.scan_users_i8;
    table.score_rows_i8 = kTableAvxVnniModel.score_rows_i8;
    if (kTableAvxVnniModel.scan_planes_i8 != nullptr) { // in the size preset some have none of their own
      table.scan_planes_i8 = kTableAvxVnniModel.scan_planes_i8;
      table.score_planes_i8 = kTableAvxVnniModel.score_planes_i8;
    }
    return table;
  }();
  return detect_cpu().avx2 ? &model : nullptr;
}
#else
inline const KernelTable* avxvnni_model() {
  return nullptr;
}
#endif

// A suite that runs once for each SIMD table, which it compares with the scalar one.
class AgainstScalar : public testing::TestWithParam<std::string> {
 protected:
  const KernelTable& simd() const {
    for (const KernelTable* table : simd_tables())
      if (GetParam() == table->isa) return *table;
    return *avxvnni_model(); // the names come from below
  }
  const KernelTable& scalar() const { return kTableScalar; }
};
inline std::vector<std::string> simd_names() {
  std::vector<std::string> names;
  for (const KernelTable* table : simd_tables()) names.push_back(table->isa);
  if (avxvnni_model()) names.push_back(avxvnni_model()->isa);
  return names;
}
inline std::string own_name(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}
#define HEED_FOR_EACH_TABLE(Suite)                                                                           \
  GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Suite);                                                      \
  INSTANTIATE_TEST_SUITE_P(Isa, Suite, testing::ValuesIn(simd_names()), own_name)

// splitmix64: the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  float uniform(float low, float high) {
    return low + (high - low) * (static_cast<float>(next() >> 40) * 0x1p-24f);
  }
  std::int8_t byte() { return static_cast<std::int8_t>(next() & 0xff); }
  std::int8_t activation_byte() { return static_cast<std::int8_t>(static_cast<int>(below(255)) - 127); }
  // Any finite float: all exponents alike, subnormals and both zeros among them.
  float any_finite() {
    for (;;) {
      const std::uint32_t bits = static_cast<std::uint32_t>(next());
      float x;
      std::memcpy(&x, &bits, sizeof x);
      if (std::isfinite(x)) return x;
    }
  }

 private:
  std::uint64_t state_;
};

enum class Values {
  plain,   // uniform in [-2, 2]
  sparse,  // plain, a third of it +0 or -0
  wild,    // any finite float
  special, // plain, with NaN and infinities strewn in
};

inline float draw(Random& random, Values values) {
  const float x = random.uniform(-2.0f, 2.0f);
  const std::size_t chance = random.below(48);
  switch (values) {
  case Values::plain:
    return x;
  case Values::sparse:
    return chance < 8 ? 0.0f : chance < 16 ? -0.0f : x;
  case Values::wild:
    return random.any_finite();
  case Values::special:
    return chance == 0 ? kNan : chance == 1 ? kInf : chance == 2 ? -kInf : x;
  }
  return x;
}

// Rows of floats with a gap behind each, and the read slack behind the last one if `slack`. Gap and slack are
// NaN: a kernel that let them influence a result would show it.
class Rows {
 public:
  Rows(std::size_t rows, std::size_t cols, std::size_t extra_stride = 0, std::size_t slack = kReadSlack)
      : rows_(rows), cols_(cols), stride_(round_up(cols, kBlock) + extra_stride),
        buffer_(rows * stride_ + slack) {
    for (std::size_t i = 0; i < buffer_.size(); ++i) buffer_[i] = kNan;
  }
  Rows(Random& random, Values values, std::size_t rows, std::size_t cols, std::size_t extra_stride = 0)
      : Rows(rows, cols, extra_stride) {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < cols; ++c) at(r, c) = draw(random, values);
  }

  float* data() { return buffer_.data(); }
  const float* data() const { return buffer_.data(); }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t stride() const { return stride_; }
  float& at(std::size_t r, std::size_t c) { return buffer_[r * stride_ + c]; }
  float at(std::size_t r, std::size_t c) const { return buffer_[r * stride_ + c]; }
  void copy_from(const Rows& other) { std::memcpy(data(), other.data(), rows_ * stride_ * sizeof(float)); }

 private:
  std::size_t rows_, cols_, stride_;
  GuardedBuffer<float> buffer_;
};

// One 64-byte aligned vector, zero padded to a multiple of 16, that ends at the padding.
inline void fill_padded(GuardedBuffer<float>& buffer, std::size_t count, Random& random, Values values) {
  for (std::size_t i = 0; i < buffer.size(); ++i) buffer[i] = i < count ? draw(random, values) : 0.0f;
}

// n16 and n16k4 of `rows` x `cols` values drawn one by one.
inline void fill_n16(GuardedBuffer<float>& out, std::size_t rows, std::size_t cols, Random& random,
                     Values values) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = 0.0f;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t k = 0; k < cols; ++k)
      out[(r / kBlock * cols + k) * kBlock + r % kBlock] = draw(random, values);
}
inline void fill_n16k4(GuardedBuffer<std::int8_t>& out, std::size_t rows, std::size_t cols, Random& random) {
  const std::size_t groups = (cols + 3) / 4;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t k = 0; k < cols; ++k) {
      const std::size_t chance = random.below(8);
      out[((r / kBlock * groups + k / 4) * kBlock + r % kBlock) * 4 + k % 4] =
          static_cast<std::int8_t>(chance == 0   ? -128
                                   : chance == 1 ? 127
                                   : chance == 2 ? 0
                                                 : random.byte());
    }
  }
}
inline std::size_t n16_size(std::size_t rows, std::size_t cols) {
  return round_up(rows, kBlock) * cols;
}
inline std::size_t n16k4_size(std::size_t rows, std::size_t cols) {
  return round_up(rows, kBlock) * round_up(cols, 4);
}

// Rows of bytes as planes and as n16k4, and kScanUsers vectors. Scales are 0.001 to 0.1.
struct Planes {
  Planes(Random& random, std::size_t rows, std::size_t columns, bool with_bias)
      : cols(columns), stride(round_up(columns, 64)), blocks((rows + kBlock - 1) / kBlock),
        i8(n16k4_size(rows, cols)), u(kScanUsers * stride), high(blocks * 8 * round_up(cols, 8)),
        low(high.size()), bounds(blocks), scales(blocks * kBlock), bias(blocks * kBlock) {
    fill_n16k4(i8, rows, cols, random);
    for (std::size_t i = 0; i < u.size(); ++i) u[i] = random.activation_byte(); // beyond cols, too
    for (std::size_t i = 0; i < scales.size(); ++i) scales[i] = random.uniform(0.001f, 0.1f);
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = random.uniform(-2.0f, 2.0f);
    for (RowQuant& q : quant) q.scale = random.uniform(0.001f, 0.1f);
    bias_data = with_bias ? bias.data() : nullptr;
    split();
  }
  // All rows and all vectors alike.
  void set(std::int8_t row, std::int8_t x) {
    for (std::size_t i = 0; i < i8.size(); ++i) i8[i] = row;
    for (std::size_t i = 0; i < u.size(); ++i) u[i] = x;
    split();
  }
  ScanPlanesI8 planes(std::size_t users) const {
    return {high.data(), low.data(), bounds.data(), scales.data(), bias_data, u.data(),
            quant,       norms,      cols,          stride,        users};
  }
  ScanI8 plain(std::size_t user) const {
    return {i8.data(), scales.data(), bias_data, u.data() + user * stride, quant[user], cols};
  }

  std::size_t cols, stride, blocks;
  GuardedBuffer<std::int8_t> i8, u;
  GuardedBuffer<std::uint8_t> high, low;
  GuardedBuffer<float> bounds, scales, bias;
  RowQuant quant[kScanUsers];
  float norms[kScanUsers];
  const float* bias_data;

 private:
  void split() {
    for (std::size_t i = 0; i < high.size(); ++i) high[i] = low[i] = 0;
    for (std::size_t block = 0; block < blocks; ++block) {
      double longest = 0;
      for (std::size_t row = block * kBlock; row < (block + 1) * kBlock; ++row) {
        double squares = 0;
        for (std::size_t k = 0; k < cols; ++k) {
          const int w = 128 + i8[((block * ((cols + 3) / 4) + k / 4) * kBlock + row % kBlock) * 4 + k % 4];
          const std::size_t byte = (block * ((cols + 7) / 8) + k / 8) * 64 + row % kBlock * 4 + k % 4;
          const int shift = k % 8 < 4 ? 0 : 4;
          high[byte] = static_cast<std::uint8_t>(high[byte] | (w / 16) << shift);
          low[byte] = static_cast<std::uint8_t>(low[byte] | (w % 16) << shift);
          squares += (w % 16 - 7.5) * (w % 16 - 7.5);
        }
        longest = std::fmax(longest, std::sqrt(squares));
      }
      bounds[block] = std::nextafter(static_cast<float>(longest), kInf);
    }
    for (std::size_t user = 0; user < kScanUsers; ++user) {
      double squares = 0;
      quant[user].sum = 0;
      for (std::size_t k = 0; k < cols; ++k) {
        const int x = u[user * stride + k];
        squares += x * x;
        quant[user].sum += x;
      }
      norms[user] = std::nextafter(static_cast<float>(std::sqrt(squares)), kInf);
    }
  }
};

inline std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
// Equal to the bit; NaNs are one value, as they are to those who read results.
inline bool same(float a, float b) {
  return bits_of(a) == bits_of(b) || (std::isnan(a) && std::isnan(b));
}

inline testing::AssertionResult same_rows(const Rows& expected, const Rows& actual) {
  for (std::size_t r = 0; r < expected.rows(); ++r)
    for (std::size_t c = 0; c < expected.cols(); ++c)
      if (!same(expected.at(r, c), actual.at(r, c)))
        return testing::AssertionFailure()
               << "row " << r << " column " << c << ": scalar " << expected.at(r, c) << " (0x" << std::hex
               << bits_of(expected.at(r, c)) << "), simd " << actual.at(r, c) << " (0x"
               << bits_of(actual.at(r, c)) << ")";
  return testing::AssertionSuccess();
}

// 1 and the neighbours of the tile sizes; primes; the widths of real models.
inline const std::vector<std::size_t>& row_counts() {
  static const std::vector<std::size_t> counts = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 17, 31, 50};
  return counts;
}
inline const std::vector<std::size_t>& widths() {
  static const std::vector<std::size_t> counts = {1,  2,  3,  4,  5,  15, 16, 17,  31,
                                                  32, 33, 37, 48, 50, 64, 65, 128, 131};
  return counts;
}

} // namespace heed::kernels::test

#endif // HEED_TESTS_RUNTIME_KERNELS_SUPPORT_HPP
