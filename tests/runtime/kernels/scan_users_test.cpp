// A scan for several users: what the scans for each of them alone give.
#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

constexpr std::size_t kRows = 330, kBlocks = 21;

// A catalogue in both formats and kScanUsers vectors.
struct Users {
  Users(Random& random, std::size_t columns, bool with_bias, Values values)
      : cols(columns), stride(round_up(columns, 64)), f32(n16_size(kRows, cols)), u(kScanUsers * stride),
        i8(n16k4_size(kRows, cols)), u8(kScanUsers * stride), scales(kBlocks * kBlock),
        bias(kBlocks * kBlock) {
    fill_n16(f32, kRows, cols, random, values);
    fill_n16k4(i8, kRows, cols, random);
    for (std::size_t i = 0; i < u.size(); ++i) u[i] = draw(random, values);
    for (std::size_t user = 0; user < kScanUsers; ++user) {
      quant[user] = {random.uniform(0.001f, 0.1f), 0};
      for (std::size_t k = 0; k < stride; ++k)
        quant[user].sum += u8[user * stride + k] = k < cols ? random.activation_byte() : std::int8_t{0};
    }
    for (std::size_t i = 0; i < scales.size(); ++i) scales[i] = random.uniform(0.001f, 0.1f);
    fill_padded(bias, kRows, random, values);
    bias_data = with_bias ? bias.data() : nullptr;
  }
  ScanUsersF32 users_f32(std::size_t users) const {
    return {f32.data(), bias_data, u.data(), cols, stride, users};
  }
  ScanUsersI8 users_i8(std::size_t users) const {
    return {i8.data(), scales.data(), bias_data, u8.data(), quant, cols, stride, users};
  }
  ScanF32 alone_f32(std::size_t user) const {
    return {f32.data(), bias_data, u.data() + user * stride, cols};
  }
  ScanI8 alone_i8(std::size_t user) const {
    return {i8.data(), scales.data(), bias_data, u8.data() + user * stride, quant[user], cols};
  }

  std::size_t cols, stride;
  GuardedBuffer<float> f32, u;
  GuardedBuffer<std::int8_t> i8, u8;
  GuardedBuffer<float> scales, bias;
  RowQuant quant[kScanUsers];
  const float* bias_data;
};

// `together(users, begin, thresholds, values)` and `alone(user, begin, end, threshold, values)` are the
// kernels.
template <class Together, class Alone>
void compare(std::size_t users, const float* thresholds, const Together& together, const Alone& alone) {
  GuardedBuffer<float> values(users * kBlock);
  for (std::size_t at = 0; at < kBlocks;) {
    float expected[kScanUsers][kBlock];
    std::size_t first = kBlocks;
    for (std::size_t user = 0; user < users; ++user)
      first = std::min(first, alone(user, at, kBlocks, thresholds[user], expected[user]));
    ASSERT_EQ(together(users, at, thresholds, values.data()), first) << "from block " << at;
    if (first == kBlocks) return;
    for (std::size_t user = 0; user < users; ++user) {
      ASSERT_EQ(alone(user, first, first + 1, kNan, expected[user]), first);
      for (std::size_t i = 0; i < kBlock; ++i)
        ASSERT_TRUE(same(values[user * kBlock + i], expected[user][i]))
            << "user " << user << ", block " << first;
    }
    at = first + 1;
  }
}

class ScanUsers : public AgainstScalar {
 protected:
  void check(std::size_t cols, Values values = Values::plain) {
    for (const bool bias : {false, true}) {
      Random random(cols + 7);
      const Users all(random, cols, bias, values);
      for (std::size_t users = 1; users <= kScanUsers; ++users) {
        SCOPED_TRACE(testing::Message() << users << " users, " << cols << " columns");
        for (const float low : {-kInf, 0.0f, 2.5f, 30.0f, kInf, kNan}) {
          const float thresholds[kScanUsers] = {low, low * 0.5f, 4.0f, low + 1.0f};
          compare(
              users, thresholds,
              [&](std::size_t n, std::size_t begin, const float* limits, float* out) {
                return simd().scan_users_f32(all.users_f32(n), begin, kBlocks, limits, out);
              },
              [&](std::size_t user, std::size_t begin, std::size_t end, float limit, float* out) {
                return scalar().scan_f32(all.alone_f32(user), begin, end, limit, out);
              });
          compare(
              users, thresholds,
              [&](std::size_t n, std::size_t begin, const float* limits, float* out) {
                return simd().scan_users_i8(all.users_i8(n), begin, kBlocks, limits, out);
              },
              [&](std::size_t user, std::size_t begin, std::size_t end, float limit, float* out) {
                return scalar().scan_i8(all.alone_i8(user), begin, end, limit, out);
              });
        }
      }
    }
  }
};
HEED_FOR_EACH_TABLE(ScanUsers);

TEST_P(ScanUsers, EveryWidth) {
  for (const std::size_t cols : widths()) check(cols);
}
TEST_P(ScanUsers, RealModels) {
  check(50);
  check(64);
}
TEST_P(ScanUsers, NanAndInfinity) {
  check(30, Values::special);
}
TEST_P(ScanUsers, AnyFloats) {
  check(30, Values::wild);
}

// The scalar kernel is the definition of the others: here it is compared with the scalar scan of one user.
TEST(ReferenceScanUsers, AgainstOneUser) {
  Random random(3);
  const Users all(random, 21, true, Values::plain);
  for (std::size_t user = 0; user < kScanUsers; ++user) {
    float expected[kBlock], found[kScanUsers * kBlock];
    const float thresholds[kScanUsers] = {-kInf, -kInf, -kInf, -kInf};
    ASSERT_EQ(kTableScalar.scan_users_f32(all.users_f32(kScanUsers), 5, 6, thresholds, found), 5u);
    ASSERT_EQ(kTableScalar.scan_f32(all.alone_f32(user), 5, 6, -kInf, expected), 5u);
    EXPECT_EQ(std::memcmp(found + user * kBlock, expected, sizeof expected), 0);
    ASSERT_EQ(kTableScalar.scan_users_i8(all.users_i8(kScanUsers), 5, 6, thresholds, found), 5u);
    ASSERT_EQ(kTableScalar.scan_i8(all.alone_i8(user), 5, 6, -kInf, expected), 5u);
    EXPECT_EQ(std::memcmp(found + user * kBlock, expected, sizeof expected), 0);
  }
}

} // namespace
} // namespace heed::kernels::test
