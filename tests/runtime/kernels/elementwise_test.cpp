#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

class Activate : public AgainstScalar {
 protected:
  void check(Activation activation, const Rows& x, bool in_place = false) {
    Rows expected(x.rows(), x.cols(), 16, 0), actual(x.rows(), x.cols(), 16, 0);
    scalar().activate(activation, x.data(), expected.data(), x.rows(), x.cols(), x.stride(),
                      expected.stride());
    if (in_place) {
      Rows both(x.rows(), x.cols());
      both.copy_from(x);
      simd().activate(activation, both.data(), both.data(), x.rows(), x.cols(), both.stride(), both.stride());
      EXPECT_TRUE(same_rows(expected, both)) << "in place, activation " << static_cast<int>(activation);
    } else {
      simd().activate(activation, x.data(), actual.data(), x.rows(), x.cols(), x.stride(), actual.stride());
      EXPECT_TRUE(same_rows(expected, actual)) << "activation " << static_cast<int>(activation);
    }
  }
};
HEED_FOR_EACH_TABLE(Activate);

constexpr Activation kAll[] = {Activation::none,      Activation::relu, Activation::gelu_erf,
                               Activation::gelu_tanh, Activation::silu, Activation::sigmoid,
                               Activation::tanh};

TEST_P(Activate, EveryWidth) {
  Random random(1);
  for (const std::size_t cols : widths())
    for (const Activation a : kAll) check(a, Rows(random, Values::sparse, 3, cols));
}
TEST_P(Activate, InPlace) {
  Random random(2);
  for (const Activation a : kAll) check(a, Rows(random, Values::plain, 5, 50), true);
}
TEST_P(Activate, NanAndInfinity) {
  Random random(3);
  for (const Activation a : kAll) check(a, Rows(random, Values::special, 16, 67));
}
TEST_P(Activate, FloatsOfEveryExponent) {
  Random random(4);
  for (const Activation a : kAll) check(a, Rows(random, Values::wild, 1000, 64));
}
// Every 65,537th float and the floats around the points where a function changes its form.
TEST_P(Activate, SweepOfAllFloats) {
  Rows x(1024, 64);
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const std::uint32_t bits = i * 65537u;
    std::memcpy(&x.at(i / 64, i % 64), &bits, sizeof bits);
  }
  for (const Activation a : kAll) check(a, x);
}
TEST_P(Activate, EdgesOfThePolynomials) {
  Rows x(8, 640);
  const float edges[8] = {-87.336544f, 88.722832f, 0.625f, 0.9375f, 4.0f, 1.3258252f, 5.656854f, 43.668272f};
  for (std::size_t r = 0; r < 8; ++r) {
    float up = edges[r], down = edges[r];
    for (std::size_t c = 0; c < 640; c += 4) {
      x.at(r, c) = up;
      x.at(r, c + 1) = down;
      x.at(r, c + 2) = -up;
      x.at(r, c + 3) = -down;
      up = std::nextafter(up, kInf);
      down = std::nextafter(down, -kInf);
    }
  }
  for (const Activation a : kAll) check(a, x);
}

class Add : public AgainstScalar {};
HEED_FOR_EACH_TABLE(Add);

TEST_P(Add, EveryWidth) {
  Random random(5);
  for (const std::size_t cols : widths()) {
    for (const Values values : {Values::sparse, Values::wild, Values::special}) {
      const Rows a(random, values, 4, cols), b(random, values, 4, cols, 16);
      Rows expected(4, cols, 0, 0), actual(4, cols, 0, 0);
      scalar().add(a.data(), b.data(), expected.data(), 4, cols, a.stride(), b.stride(), expected.stride());
      simd().add(a.data(), b.data(), actual.data(), 4, cols, a.stride(), b.stride(), actual.stride());
      EXPECT_TRUE(same_rows(expected, actual)) << "columns " << cols;
    }
  }
}
TEST_P(Add, InPlace) {
  Random random(6);
  Rows a(random, Values::plain, 7, 50);
  const Rows b(random, Values::plain, 7, 50);
  Rows expected(7, 50);
  scalar().add(a.data(), b.data(), expected.data(), 7, 50, a.stride(), b.stride(), expected.stride());
  simd().add(a.data(), b.data(), a.data(), 7, 50, a.stride(), b.stride(), a.stride());
  EXPECT_TRUE(same_rows(expected, a));
}

} // namespace
} // namespace heed::kernels::test
