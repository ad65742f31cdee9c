#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

constexpr Activation kAll[] = {Activation::none,      Activation::relu, Activation::gelu_erf,
                               Activation::gelu_tanh, Activation::silu, Activation::sigmoid,
                               Activation::tanh};

enum class Residual { none, separate, in_place };

struct Case {
  std::size_t rows, cols_in, cols_out;
  Values values = Values::plain;
  Activation activation = Activation::none;
  bool bias = true;
  Residual residual = Residual::none;
};
std::ostream& operator<<(std::ostream& s, const Case& c) {
  return s << c.rows << " rows, " << c.cols_in << " -> " << c.cols_out << ", activation "
           << static_cast<int>(c.activation) << ", bias " << c.bias << ", residual "
           << static_cast<int>(c.residual);
}

// Inputs of either kernel, and one run of it.
struct Shared {
  Shared(const Case& c, Random& random)
      : shape(c), bias(round_up(c.cols_out, kBlock)), residual(random, c.values, c.rows, c.cols_out, 16) {
    fill_padded(bias, c.cols_out, random, c.values);
  }
  // Sets what both argument structs have, calls `kernel` and returns the output rows in `out`.
  template <class Args>
  void run(void (*kernel)(const Args&), Args args, Rows& out) const {
    args.bias = shape.bias ? bias.data() : nullptr;
    args.residual = nullptr;
    args.residual_stride = 0;
    if (shape.residual == Residual::separate) {
      args.residual = residual.data();
      args.residual_stride = residual.stride();
    } else if (shape.residual == Residual::in_place) {
      for (std::size_t r = 0; r < shape.rows; ++r)
        for (std::size_t c = 0; c < shape.cols_out; ++c) out.at(r, c) = residual.at(r, c);
      args.residual = out.data();
      args.residual_stride = out.stride();
    }
    args.out = out.data();
    args.out_stride = out.stride();
    args.rows = shape.rows;
    args.cols_in = shape.cols_in;
    args.cols_out = shape.cols_out;
    args.activation = shape.activation;
    kernel(args);
  }
  Case shape;
  GuardedBuffer<float> bias;
  Rows residual;
};

struct F32 {
  F32(const Case& c, Random& random)
      : shared(c, random), x(random, c.values, c.rows, c.cols_in), weights(n16_size(c.cols_out, c.cols_in)) {
    fill_n16(weights, c.cols_out, c.cols_in, random, c.values);
  }
  void run(const KernelTable& table, Rows& out) const {
    LinearF32 args{};
    args.x = x.data();
    args.x_stride = x.stride();
    args.weights = weights.data();
    shared.run(table.linear_f32, args, out);
  }
  float weight(std::size_t n, std::size_t k) const {
    return weights[(n / kBlock * shared.shape.cols_in + k) * kBlock + n % kBlock];
  }
  Shared shared;
  Rows x;
  GuardedBuffer<float> weights;
};

struct I8 {
  I8(const Case& c, Random& random, bool extremes = false)
      : shared(c, random), stride(round_up(c.cols_in, 4)), x(c.rows * stride), quant(c.rows),
        weights(n16k4_size(c.cols_out, c.cols_in)), scales(round_up(c.cols_out, kBlock)) {
    for (std::size_t r = 0; r < c.rows; ++r) {
      quant[r] = {random.uniform(0.001f, 0.1f), 0};
      for (std::size_t k = 0; k < stride; ++k) {
        std::int8_t q = random.activation_byte();
        if (extremes) q = r % 2 ? -127 : 127;
        x[r * stride + k] = k < c.cols_in ? q : std::int8_t{0};
        quant[r].sum += x[r * stride + k];
      }
    }
    fill_n16k4(weights, c.cols_out, c.cols_in, random);
    if (extremes)
      for (std::size_t i = 0; i < weights.size(); ++i)
        if (weights[i] != 0) weights[i] = i / 64 % 2 ? -128 : 127;
    for (std::size_t i = 0; i < scales.size(); ++i)
      scales[i] = i < c.cols_out ? random.uniform(0.001f, 0.1f) : 0.0f;
  }
  void run(const KernelTable& table, Rows& out) const {
    LinearI8 args{};
    args.x = x.data();
    args.x_stride = stride;
    args.x_quant = quant.data();
    args.weights = weights.data();
    args.weight_scales = scales.data();
    shared.run(table.linear_i8, args, out);
  }
  Shared shared;
  std::size_t stride;
  GuardedBuffer<std::int8_t> x;
  GuardedBuffer<RowQuant> quant;
  GuardedBuffer<std::int8_t> weights;
  GuardedBuffer<float> scales;
};

template <class Inputs>
void compare(const Inputs& inputs, const KernelTable& scalar, const KernelTable& simd) {
  const Case& c = inputs.shared.shape;
  Rows expected(c.rows, c.cols_out, 0, 0), actual(c.rows, c.cols_out, 0, 0);
  inputs.run(scalar, expected);
  inputs.run(simd, actual);
  EXPECT_TRUE(same_rows(expected, actual)) << c;
}

class LinearF32Test : public AgainstScalar {
 protected:
  void check(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
      Random random(c.rows * 1000003 + c.cols_in * 1009 + c.cols_out);
      compare(F32(c, random), scalar(), simd());
    }
  }
};
class LinearI8Test : public AgainstScalar {
 protected:
  void check(const std::vector<Case>& cases, bool extremes = false) {
    for (const Case& c : cases) {
      Random random(c.rows * 1000003 + c.cols_in * 1009 + c.cols_out);
      compare(I8(c, random, extremes), scalar(), simd());
    }
  }
};
HEED_FOR_EACH_TABLE(LinearF32Test);
HEED_FOR_EACH_TABLE(LinearI8Test);

std::vector<Case> rows_around_every_tile_size() {
  std::vector<Case> cases;
  for (const std::size_t rows : row_counts()) cases.push_back({rows, 64, 64});
  return cases;
}
std::vector<Case> outputs_around_blocks_and_tiles_of_blocks() {
  std::vector<Case> cases;
  for (const std::size_t cols : widths())
    for (const std::size_t rows : Sizes{1, 2, 7}) cases.push_back({rows, 33, cols});
  return cases;
}
std::vector<Case> inputs_not_a_multiple_of_four() {
  std::vector<Case> cases;
  for (const std::size_t cols : widths())
    for (const std::size_t rows : Sizes{1, 5}) cases.push_back({rows, cols, 48});
  return cases;
}
std::vector<Case> wide_and_narrow() {
  std::vector<Case> cases;
  for (const std::size_t d : {1U, 50U, 130U, 1041U})
    for (const std::size_t rows : Sizes{1, 3, 13}) cases.push_back({rows, d, d});
  return cases;
}
std::vector<Case> many_blocks_one_row() {
  return {{1, 7, 1000}, {1, 64, 271}};
}
std::vector<Case> real_models() {
  return {{50, 64, 64, Values::plain, Activation::relu},
          {200, 50, 50, Values::plain, Activation::none, true, Residual::separate},
          {50, 64, 256, Values::plain, Activation::gelu_erf},
          {50, 256, 64, Values::plain, Activation::none, true, Residual::in_place}};
}
std::vector<Case> every_activation_bias_and_residual() {
  std::vector<Case> cases;
  for (const Activation a : kAll)
    for (const bool bias : {false, true})
      for (const Residual r : {Residual::none, Residual::separate, Residual::in_place})
        for (const std::size_t rows : Sizes{1, 6, 9})
          cases.push_back({rows, 17, 37, Values::plain, a, bias, r});
  return cases;
}
std::vector<Case> nan_and_infinity() {
  std::vector<Case> cases;
  for (const Activation a : kAll) cases.push_back({7, 50, 50, Values::special, a, true, Residual::separate});
  return cases;
}
std::vector<Case> no_rows() {
  return {{0, 16, 16}};
}

#define HEED_BOTH_KERNELS(Name, cases)                                                                       \
  TEST_P(LinearF32Test, Name) {                                                                              \
    check(cases());                                                                                          \
  }                                                                                                          \
  TEST_P(LinearI8Test, Name) {                                                                               \
    check(cases());                                                                                          \
  }
HEED_BOTH_KERNELS(RowsAroundEveryTileSize, rows_around_every_tile_size)
HEED_BOTH_KERNELS(OutputsAroundBlocksAndTilesOfBlocks, outputs_around_blocks_and_tiles_of_blocks)
HEED_BOTH_KERNELS(InputsNotAMultipleOfFour, inputs_not_a_multiple_of_four)
HEED_BOTH_KERNELS(WideAndNarrow, wide_and_narrow)
HEED_BOTH_KERNELS(ManyBlocksOneRow, many_blocks_one_row)
HEED_BOTH_KERNELS(RealModels, real_models)
HEED_BOTH_KERNELS(EveryActivationBiasAndResidual, every_activation_bias_and_residual)
HEED_BOTH_KERNELS(NanAndInfinity, nan_and_infinity)
HEED_BOTH_KERNELS(NoRows, no_rows)

TEST_P(LinearF32Test, ZerosOfBothSigns) {
  check({{9, 50, 50, Values::sparse, Activation::relu, true, Residual::separate}});
}
TEST_P(LinearF32Test, SumsOfEveryMagnitude) {
  for (const std::size_t rows : Sizes{1, 13})
    check({{rows, 3, 64, Values::wild, Activation::none, true, Residual::separate}});
}

// -128 in the weights, +-127 in the activations: where saturating instructions would show.
TEST_P(LinearI8Test, ExtremeBytes) {
  for (const std::size_t cols : Sizes{1, 4, 15, 64, 1024}) check({{6, cols, 48}}, true);
}

// Against double precision: a chain of K fused multiply-adds is off by at most K roundings of its largest
// partial sum, which the sum of magnitudes bounds.
TEST(ReferenceLinear, F32AgainstDouble) {
  for (const std::size_t k : Sizes{1, 16, 50, 257}) {
    Random random(k);
    const F32 inputs({5, k, 33, Values::plain, Activation::none, true, Residual::separate}, random);
    Rows out(5, 33, 0, 0);
    inputs.run(kTableScalar, out);
    for (std::size_t m = 0; m < 5; ++m) {
      for (std::size_t n = 0; n < 33; ++n) {
        double sum = 0, magnitude = 0;
        for (std::size_t i = 0; i < k; ++i) {
          const double product =
              static_cast<double>(inputs.x.at(m, i)) * static_cast<double>(inputs.weight(n, i));
          sum += product;
          magnitude += std::fabs(product);
        }
        sum +=
            static_cast<double>(inputs.shared.bias[n]) + static_cast<double>(inputs.shared.residual.at(m, n));
        EXPECT_NEAR(static_cast<double>(out.at(m, n)), sum,
                    static_cast<double>(k + 2) * 0x1p-24 * (magnitude + 4.0));
      }
    }
  }
}
TEST(ReferenceLinear, I8AgainstDouble) {
  Random random(9);
  const std::size_t k = 131, groups = 33;
  const I8 inputs({4, k, 40, Values::plain, Activation::none, true, Residual::none}, random);
  Rows out(4, 40, 0, 0);
  inputs.run(kTableScalar, out);
  for (std::size_t m = 0; m < 4; ++m) {
    for (std::size_t n = 0; n < 40; ++n) {
      long long sum = 0;
      for (std::size_t i = 0; i < k; ++i)
        sum += static_cast<long long>(inputs.x[m * inputs.stride + i]) *
               inputs.weights[(n / 16 * groups + i / 4) * 64 + n % 16 * 4 + i % 4];
      const double product = static_cast<double>(sum) * static_cast<double>(inputs.scales[n]) *
                             static_cast<double>(inputs.quant[m].scale);
      const double bias = static_cast<double>(inputs.shared.bias[n]);
      // Three roundings: float(sum), times the weight scale, the fused rest.
      EXPECT_NEAR(static_cast<double>(out.at(m, n)), product + bias,
                  3 * 0x1p-24 * (std::fabs(product) + std::fabs(bias)));
    }
  }
}

} // namespace
} // namespace heed::kernels::test
