#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

struct Form {
  bool affine, unbiased, eps_outside;
};
constexpr Form kForms[] = {
    {true, false, false}, {false, false, false}, {true, true, true}, {true, false, true}};

struct Norm {
  Norm(Random& random, std::size_t cols) : gamma(round_up(cols, kBlock)), beta(round_up(cols, kBlock)) {
    fill_padded(gamma, cols, random, Values::plain);
    fill_padded(beta, cols, random, Values::plain);
  }
  void run(const KernelTable& table, const Form& form, const Rows& x, Rows& out) const {
    table.layer_norm({x.data(), form.affine ? gamma.data() : nullptr, form.affine ? beta.data() : nullptr,
                      out.data(), x.rows(), x.cols(), x.stride(), out.stride(), 1e-8f, form.unbiased,
                      form.eps_outside});
  }
  GuardedBuffer<float> gamma, beta;
};

class LayerNormTest : public AgainstScalar {
 protected:
  void check(const Rows& x) {
    Random random(x.cols());
    const Norm norm(random, x.cols());
    for (const Form& form : kForms) {
      Rows expected(x.rows(), x.cols(), 0, 0), actual(x.rows(), x.cols(), 0, 0);
      norm.run(scalar(), form, x, expected);
      norm.run(simd(), form, x, actual);
      EXPECT_TRUE(same_rows(expected, actual)) << x.rows() << " x " << x.cols();
    }
  }
};
HEED_FOR_EACH_TABLE(LayerNormTest);

TEST_P(LayerNormTest, EveryWidth) {
  Random random(1);
  for (const std::size_t cols : widths()) check(Rows(random, Values::plain, 5, cols));
}
TEST_P(LayerNormTest, InPlace) {
  Random random(2);
  const Norm norm(random, 50);
  Rows x(random, Values::plain, 50, 50), expected(50, 50);
  norm.run(scalar(), kForms[0], x, expected);
  norm.run(simd(), kForms[0], x, x);
  EXPECT_TRUE(same_rows(expected, x));
}
TEST_P(LayerNormTest, ConstantRows) {
  Rows x(4, 50);
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t c = 0; c < 50; ++c) x.at(r, c) = static_cast<float>(r) / 3.0f;
  check(x);
}
TEST_P(LayerNormTest, AnyFloats) {
  Random random(3);
  check(Rows(random, Values::wild, 64, 50));
}
TEST_P(LayerNormTest, NanAndInfinity) {
  Random random(4);
  check(Rows(random, Values::special, 64, 64));
}

// A sum of n terms over 16 lanes and the tree is off by n / 16 + 4 roundings of the largest magnitude; the
// mean, the deviation and its root add a few.
TEST(ReferenceLayerNorm, AgainstDouble) {
  for (const std::size_t cols : Sizes{16, 50, 131}) {
    Random random(cols);
    const Rows x(random, Values::plain, 6, cols);
    const Norm norm(random, cols);
    for (const Form& form : kForms) {
      Rows out(6, cols, 0, 0);
      norm.run(kTableScalar, form, x, out);
      const double n = static_cast<double>(cols);
      for (std::size_t r = 0; r < 6; ++r) {
        double mean = 0, variance = 0;
        for (std::size_t c = 0; c < cols; ++c) mean += static_cast<double>(x.at(r, c)) / n;
        for (std::size_t c = 0; c < cols; ++c)
          variance += std::pow(static_cast<double>(x.at(r, c)) - mean, 2);
        variance /= form.unbiased ? n - 1 : n;
        const double eps = static_cast<double>(1e-8f);
        const double factor = 1 / (form.eps_outside ? std::sqrt(variance) + eps : std::sqrt(variance + eps));
        const double roundings = (n / 16 + 12) * 0x1p-24;
        for (std::size_t c = 0; c < cols; ++c) {
          const double normal = (static_cast<double>(x.at(r, c)) - mean) * factor;
          const double gamma = form.affine ? static_cast<double>(norm.gamma[c]) : 1;
          const double beta = form.affine ? static_cast<double>(norm.beta[c]) : 0;
          EXPECT_NEAR(static_cast<double>(out.at(r, c)), normal * gamma + beta,
                      roundings * (std::fabs(gamma) * (std::fabs(normal) + 2 * factor) + std::fabs(beta)));
        }
      }
    }
  }
}

} // namespace
} // namespace heed::kernels::test
