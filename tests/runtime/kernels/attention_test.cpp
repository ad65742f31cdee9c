#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

struct Case {
  std::size_t queries, keys, heads, head_dim;
  bool causal = true;
  std::size_t pad_rows = 0;
  float multiplicity = 1.0f;
  bool weights = false;
  Values values = Values::plain;
  Weighting weighting = Weighting::softmax;
  std::size_t heads_a_key = 1; // queries' heads that share one of the keys and values
  int biases = 0;              // 1: shared by all heads, 2: for each head
};
std::ostream& operator<<(std::ostream& s, const Case& c) {
  return s << c.queries << " queries, " << c.keys << " keys, " << c.heads << " x " << c.head_dim
           << ", causal " << c.causal << ", padding " << c.pad_rows << ", weighting "
           << static_cast<int>(c.weighting) << ", heads a key " << c.heads_a_key << ", biases " << c.biases;
}

struct Inputs {
  Inputs(const Case& c, Random& random)
      : shape(c), q(random, c.values, c.queries, c.heads * c.head_dim),
        k(random, c.values, c.keys, key_cols(), 16), v(random, c.values, c.keys, key_cols(), 32),
        pad_k(random, c.values, c.pad_rows, key_cols()), pad_v(random, c.values, c.pad_rows, key_cols()),
        bias(random, c.values, c.heads * c.queries, attention_bias_stride(c.keys, c.pad_rows)) {}
  std::size_t key_cols() const { return shape.heads / shape.heads_a_key * shape.head_dim; }

  struct Result {
    explicit Result(const Case& c)
        : out(c.queries, c.heads * c.head_dim, 0, 0),
          weights(c.heads * c.queries, c.keys + c.pad_rows, 0, 0) {}
    Rows out, weights;
  };
  void run(const KernelTable& table, Result& result) const {
    const Case& c = shape;
    GuardedBuffer<float> scratch(attention_scratch_floats(c.keys, c.pad_rows, c.head_dim));
    for (std::size_t i = 0; i < scratch.size(); ++i) scratch[i] = kNan;
    Attention args{};
    args.q = q.data();
    args.k = k.data();
    args.v = v.data();
    args.pad_k = c.pad_rows > 0 ? pad_k.data() : nullptr;
    args.pad_v = c.pad_rows > 0 ? pad_v.data() : nullptr;
    args.out = result.out.data();
    args.scratch = scratch.data();
    args.weights = c.weights ? result.weights.data() : nullptr;
    args.queries = c.queries;
    args.keys = c.keys;
    args.heads = c.heads;
    args.key_heads = c.heads / c.heads_a_key;
    args.bias = c.biases > 0 ? bias.data() : nullptr;
    args.bias_stride = bias.stride();
    args.bias_head_stride = c.biases == 2 ? c.queries * bias.stride() : 0;
    args.weighting = c.weighting;
    args.factor = 0.125f;
    args.head_dim = c.head_dim;
    args.q_stride = q.stride();
    args.k_stride = k.stride();
    args.v_stride = v.stride();
    args.out_stride = result.out.stride();
    args.weights_stride = result.weights.stride();
    args.pad_rows = c.pad_rows;
    args.pad_multiplicity = c.multiplicity;
    args.scale = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
    args.causal = c.causal;
    table.attention(args);
  }
  Case shape;
  Rows q, k, v, pad_k, pad_v, bias;
};

class AttentionTest : public AgainstScalar {
 protected:
  void check(const Case& c) {
    Random random(c.queries * 1009 + c.keys * 31 + c.head_dim);
    const Inputs inputs(c, random);
    Inputs::Result expected(c), actual(c);
    inputs.run(scalar(), expected);
    inputs.run(simd(), actual);
    EXPECT_TRUE(same_rows(expected.out, actual.out)) << c;
    if (c.weights) {
      EXPECT_TRUE(same_rows(expected.weights, actual.weights)) << "weights of " << c;
    }
  }
};
HEED_FOR_EACH_TABLE(AttentionTest);

TEST_P(AttentionTest, HistoriesAroundBlocks) {
  for (const std::size_t t : Sizes{1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 50, 64, 65})
    for (const bool causal : {false, true}) check({t, t, 2, 25, causal});
}
TEST_P(AttentionTest, HeadWidths) {
  for (const std::size_t head_dim : Sizes{1, 2, 3, 4, 7, 8, 15, 16, 17, 25, 31, 32, 33, 50, 64})
    check({19, 19, head_dim < 16 ? std::size_t{5} : std::size_t{2}, head_dim});
}
// The last head ends where the row does, so a full vector would reach into the next row.
TEST_P(AttentionTest, ManyNarrowHeads) {
  check({9, 9, 50, 1});
  check({9, 9, 16, 4});
  check({9, 9, 17, 3});
}
TEST_P(AttentionTest, RealModels) {
  check({50, 50, 2, 32});
  check({200, 200, 1, 50});
  check({201, 201, 2, 25, false});
}
TEST_P(AttentionTest, FewQueriesOfManyKeys) {
  for (const std::size_t queries : Sizes{1, 2, 3, 5, 8})
    for (const bool causal : {false, true}) check({queries, 200, 2, 32, causal});
}
TEST_P(AttentionTest, OnePaddingKeyThatCountsOften) {
  for (const std::size_t t : Sizes{1, 2, 16, 50})
    for (const bool causal : {false, true}) check({t, t, 2, 25, causal, 1, 150.0f, true});
}
TEST_P(AttentionTest, ManyPaddingKeys) {
  for (const std::size_t pads : Sizes{2, 15, 16, 17, 150})
    for (const std::size_t t : Sizes{1, 5, 50}) check({t, t, 2, 25, true, pads, 1.0f, true});
}
TEST_P(AttentionTest, OnlyPadding) {
  check({3, 0, 2, 16, false, 20, 3.0f, true});
}
TEST_P(AttentionTest, Weights) {
  for (const std::size_t t : Sizes{1, 15, 17, 50})
    for (const bool causal : {false, true}) check({t, t, 3, 16, causal, 0, 1.0f, true});
}
TEST_P(AttentionTest, EveryWeighting) {
  for (const Weighting weighting : {Weighting::silu, Weighting::hard})
    for (const std::size_t t : Sizes{1, 5, 16, 33})
      for (const bool causal : {false, true})
        for (const std::size_t pads : Sizes{0, 1, 17}) {
          Case c = {t, t, 3, 20, causal, pads, 2.0f, true};
          c.weighting = weighting;
          check(c);
          c.values = Values::special;
          check(c);
        }
}
TEST_P(AttentionTest, HeadsThatShareKeys) {
  for (const std::size_t shared : Sizes{2, 3, 6}) {
    Case c = {21, 21, 6, 10, true, 3, 1.0f, true};
    c.heads_a_key = shared;
    check(c);
  }
}
TEST_P(AttentionTest, Biases) {
  for (const int biases : {1, 2})
    for (const std::size_t t : Sizes{1, 5, 16, 33})
      for (const std::size_t pads : Sizes{0, 1, 17})
        for (const Weighting weighting : {Weighting::softmax, Weighting::silu, Weighting::hard}) {
          Case c = {t, t, 2, 25, true, pads, 1.0f, true};
          c.weighting = weighting;
          c.biases = biases;
          check(c);
        }
}
TEST_P(AttentionTest, AnyFloats) {
  check({40, 40, 2, 32, true, 3, 2.0f, true, Values::wild});
}
TEST_P(AttentionTest, NanAndInfinity) {
  check({40, 40, 2, 32, true, 0, 1.0f, true, Values::special});
  check({40, 40, 2, 32, false, 3, 2.0f, true, Values::special});
}
// A key that a query does not see must not reach it, whatever it holds.
TEST_P(AttentionTest, NanInTheFuture) {
  const Case c = {33, 33, 2, 25, true, 0, 1.0f, true};
  Random random(7);
  Inputs inputs(c, random);
  for (std::size_t d = 0; d < 50; ++d) inputs.k.at(20, d) = inputs.v.at(20, d) = kNan;
  Inputs::Result expected(c), actual(c);
  inputs.run(scalar(), expected);
  inputs.run(simd(), actual);
  EXPECT_TRUE(same_rows(expected.out, actual.out));
  EXPECT_TRUE(same_rows(expected.weights, actual.weights));
  EXPECT_FALSE(std::isnan(actual.out.at(19, 0)));
  EXPECT_TRUE(std::isnan(actual.out.at(20, 0)));
}
// Tiny negative values make the running sum -0, which adding 0 * v would turn into +0.
TEST_P(AttentionTest, NegativeZeroSums) {
  const Case c = {12, 12, 1, 16, true};
  Random random(8);
  Inputs inputs(c, random);
  for (std::size_t j = 0; j < 12; ++j) {
    for (std::size_t d = 0; d < 16; ++d) {
      inputs.v.at(j, d) = j < 9 ? -0x1p-149f : 1.0f;
      inputs.k.at(j, d) = j == 0 ? 8.0f : 0.0f;
    }
    for (std::size_t d = 0; d < 16; ++d) inputs.q.at(j, d) = -4.0f; // key 0 gets next to nothing
  }
  Inputs::Result expected(c), actual(c);
  inputs.run(scalar(), expected);
  inputs.run(simd(), actual);
  EXPECT_TRUE(same_rows(expected.out, actual.out));
}

// One query at a time, as appending does, gives the bits of all queries at once.
TEST_P(AttentionTest, QueryAloneEqualsQueryAmongOthers) {
  const Case all = {37, 37, 2, 25, true};
  Random random(11);
  const Inputs inputs(all, random);
  Inputs::Result together(all);
  inputs.run(simd(), together);
  for (std::size_t t = 0; t < 37; ++t) {
    const Case one = {1, t + 1, 2, 25, true};
    Random unused(0);
    Inputs single(one, unused);
    for (std::size_t c = 0; c < 50; ++c) {
      single.q.at(0, c) = inputs.q.at(t, c);
      for (std::size_t j = 0; j <= t; ++j) {
        single.k.at(j, c) = inputs.k.at(j, c);
        single.v.at(j, c) = inputs.v.at(j, c);
      }
    }
    Inputs::Result alone(one);
    single.run(simd(), alone);
    for (std::size_t c = 0; c < 50; ++c) EXPECT_TRUE(same(alone.out.at(0, c), together.out.at(t, c)));
  }
}

// A score is off by head_dim roundings of the sum of its magnitudes; exp turns that into a relative error of
// each weight; the sums over keys add as many roundings as there are terms.
TEST(ReferenceAttention, AgainstDouble) {
  std::vector<Case> cases = {{17, 17, 2, 25, true, 0, 1.0f, true},
                             {9, 40, 1, 50, true, 5, 3.0f, true},
                             {6, 6, 4, 8, false, 1, 44.0f, true}};
  for (const Weighting weighting : {Weighting::softmax, Weighting::silu}) {
    cases.push_back({9, 20, 4, 8, true, 2, 3.0f, true, Values::plain, weighting, 2, 2});
    cases.push_back({9, 9, 4, 8, false, 2, 3.0f, true, Values::plain, weighting, 4, 1});
  }
  for (const Case& c : cases) {
    Random random(c.keys);
    const Inputs in(c, random);
    Inputs::Result result(c);
    in.run(kTableScalar, result);
    const std::size_t terms = c.keys + c.pad_rows;
    for (std::size_t h = 0; h < c.heads; ++h) {
      for (std::size_t i = 0; i < c.queries; ++i) {
        std::vector<double> p(terms, 0.0);
        double total = 0, magnitude = 0;
        const std::size_t seen = c.causal ? c.keys - c.queries + i + 1 : c.keys;
        for (std::size_t j = 0; j < terms; ++j) {
          if (j >= seen && j < c.keys) continue;
          double dot = 0, size = 0;
          for (std::size_t d = 0; d < c.head_dim; ++d) {
            const std::size_t column = h / c.heads_a_key * c.head_dim + d;
            const float key = j < c.keys ? in.k.at(j, column) : in.pad_k.at(j - c.keys, column);
            const double product =
                static_cast<double>(in.q.at(i, h * c.head_dim + d)) * static_cast<double>(key);
            dot += product;
            size += std::fabs(product);
          }
          const double scale = 1 / std::sqrt(static_cast<double>(c.head_dim));
          double score = dot * scale;
          if (c.biases > 0) {
            const std::size_t row = c.biases == 2 ? h * c.queries + i : i;
            const std::size_t column = j < c.keys ? j : (c.keys + 15) / 16 * 16 + j - c.keys;
            score += static_cast<double>(in.bias.at(row, column));
          }
          magnitude = std::fmax(magnitude, size * scale + std::fabs(score));
          const bool silu = c.weighting == Weighting::silu;
          p[j] = (silu ? score / (1 + std::exp(-score)) : std::exp(score)) *
                 (j < c.keys ? 1.0 : static_cast<double>(c.multiplicity));
          total += p[j];
        }
        if (c.weighting == Weighting::silu) total = 8; // 1 / factor
        const double relative =
            0x1p-24 * (2 * static_cast<double>(c.head_dim + 4) * magnitude + static_cast<double>(terms) + 10);
        for (std::size_t j = 0; j < terms; ++j)
          EXPECT_NEAR(static_cast<double>(result.weights.at(h * c.queries + i, j)), p[j] / total, relative);
        for (std::size_t d = 0; d < c.head_dim; ++d) {
          const std::size_t column = h / c.heads_a_key * c.head_dim + d;
          double value = 0;
          for (std::size_t j = 0; j < terms; ++j)
            value += p[j] / total *
                     static_cast<double>(j < c.keys ? in.v.at(j, column) : in.pad_v.at(j - c.keys, column));
          EXPECT_NEAR(static_cast<double>(result.out.at(i, h * c.head_dim + d)), value, 2 * relative);
        }
      }
    }
  }
}

} // namespace
} // namespace heed::kernels::test
