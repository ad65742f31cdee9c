// One number for each kernel over a set of shapes, the same for every table on every machine: x86 and Arm are
// held to each other by the constants below. A change of them is a change of what users' models compute.
#include "tests/runtime/kernels/support.hpp"

namespace heed::kernels::test {
namespace {

// FNV-1a over 32-bit words; all NaNs are one.
class Hash {
 public:
  void add(std::uint32_t word) { state_ = (state_ ^ word) * 0x100000001b3u; }
  void add(float x) { add(std::isnan(x) ? 0x7fc00000u : bits_of(x)); }
  void add(const Rows& rows) {
    for (std::size_t r = 0; r < rows.rows(); ++r)
      for (std::size_t c = 0; c < rows.cols(); ++c) add(rows.at(r, c));
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325u;
};

constexpr Activation kAll[] = {Activation::none,      Activation::relu, Activation::gelu_erf,
                               Activation::gelu_tanh, Activation::silu, Activation::sigmoid,
                               Activation::tanh};
constexpr Values kValues[] = {Values::plain, Values::sparse, Values::wild, Values::special};

std::uint64_t linear_f32(const KernelTable& table) {
  Hash hash;
  Random random(1);
  for (const Activation activation : kAll) {
    for (const Values values : kValues) {
      const std::size_t rows = 1 + random.below(9), in = 1 + random.below(70), width = 1 + random.below(70);
      const Rows x(random, values, rows, in), residual(random, values, rows, width);
      GuardedBuffer<float> weights(n16_size(width, in)), bias(round_up(width, kBlock));
      fill_n16(weights, width, in, random, values);
      fill_padded(bias, width, random, values);
      Rows out(rows, width);
      table.linear_f32({x.data(), weights.data(), bias.data(), residual.data(), out.data(), rows, in, width,
                        x.stride(), residual.stride(), out.stride(), activation});
      hash.add(out);
    }
  }
  return hash.value();
}

std::uint64_t linear_i8(const KernelTable& table) {
  Hash hash;
  Random random(2);
  for (const Activation activation : kAll) {
    const std::size_t rows = 1 + random.below(9), in = 1 + random.below(70), width = 1 + random.below(70);
    const Rows x(random, Values::plain, rows, in);
    GuardedBuffer<std::int8_t> bytes(rows * round_up(in, 4)), weights(n16k4_size(width, in));
    GuardedBuffer<RowQuant> quant(rows);
    GuardedBuffer<float> scales(round_up(width, kBlock));
    table.quantize_rows({x.data(), bytes.data(), quant.data(), rows, in, x.stride(), round_up(in, 4)});
    fill_n16k4(weights, width, in, random);
    fill_padded(scales, width, random, Values::plain);
    Rows out(rows, width);
    table.linear_i8({bytes.data(), quant.data(), weights.data(), scales.data(), nullptr, nullptr, out.data(),
                     rows, in, width, round_up(in, 4), 0, out.stride(), activation});
    hash.add(out);
  }
  return hash.value();
}

std::uint64_t quantize_rows(const KernelTable& table) {
  Hash hash;
  Random random(3);
  for (const Values values : kValues) {
    for (const std::size_t cols : widths()) {
      const Rows x(random, values, 5, cols);
      const std::size_t stride = round_up(cols, 4);
      GuardedBuffer<std::int8_t> bytes(5 * stride);
      GuardedBuffer<RowQuant> quant(5);
      table.quantize_rows({x.data(), bytes.data(), quant.data(), 5, cols, x.stride(), stride});
      for (std::size_t i = 0; i < bytes.size(); ++i) hash.add(static_cast<std::uint32_t>(bytes[i] + 128));
      for (std::size_t r = 0; r < 5; ++r) {
        hash.add(quant[r].scale);
        hash.add(static_cast<std::uint32_t>(quant[r].sum));
      }
    }
  }
  return hash.value();
}

std::uint64_t layer_norm(const KernelTable& table) {
  Hash hash;
  Random random(4);
  for (const Values values : kValues) {
    for (const std::size_t cols : widths()) {
      const Rows x(random, values, 5, cols);
      GuardedBuffer<float> gamma(round_up(cols, kBlock)), beta(round_up(cols, kBlock));
      fill_padded(gamma, cols, random, values);
      fill_padded(beta, cols, random, values);
      Rows out(5, cols);
      table.layer_norm({x.data(), gamma.data(), beta.data(), out.data(), 5, cols, x.stride(), out.stride(),
                        1e-5f, cols % 2 == 0, cols % 3 == 0});
      hash.add(out);
    }
  }
  return hash.value();
}

std::uint64_t attention(const KernelTable& table) {
  Hash hash;
  Random random(5);
  for (const Values values : kValues) {
    for (const bool causal : {false, true}) {
      const std::size_t keys = 1 + random.below(60), queries = 1 + random.below(keys),
                        heads = 1 + random.below(3);
      const std::size_t head_dim = 1 + random.below(40), width = heads * head_dim, pads = random.below(20);
      const Rows q(random, values, queries, width), k(random, values, keys, width),
          v(random, values, keys, width);
      const Rows pad_k(random, values, pads, width), pad_v(random, values, pads, width);
      GuardedBuffer<float> scratch(attention_scratch_floats(keys, pads, head_dim));
      Rows out(queries, width), weights(heads * queries, keys + pads);
      Attention args{};
      args.q = q.data();
      args.k = k.data();
      args.v = v.data();
      args.pad_k = pad_k.data();
      args.pad_v = pad_v.data();
      args.out = out.data();
      args.scratch = scratch.data();
      args.weights = weights.data();
      args.queries = queries;
      args.keys = keys;
      args.heads = args.key_heads = heads;
      args.head_dim = head_dim;
      args.q_stride = q.stride();
      args.k_stride = k.stride();
      args.v_stride = v.stride();
      args.out_stride = out.stride();
      args.weights_stride = weights.stride();
      args.pad_rows = pads;
      args.pad_multiplicity = 3.0f;
      args.scale = 0.25f;
      args.causal = causal;
      table.attention(args);
      hash.add(out);
      hash.add(weights);
    }
  }
  return hash.value();
}

std::uint64_t activate(const KernelTable& table) {
  Hash hash;
  Random random(6);
  for (const Activation activation : kAll) {
    for (const Values values : kValues) {
      const Rows x(random, values, 40, 61);
      Rows out(40, 61);
      table.activate(activation, x.data(), out.data(), 40, 61, x.stride(), out.stride());
      hash.add(out);
    }
  }
  return hash.value();
}

std::uint64_t add(const KernelTable& table) {
  Hash hash;
  Random random(7);
  for (const Values values : kValues) {
    const Rows a(random, values, 20, 61), b(random, values, 20, 61);
    Rows out(20, 61);
    table.add(a.data(), b.data(), out.data(), 20, 61, a.stride(), b.stride(), out.stride());
    hash.add(out);
  }
  return hash.value();
}

// Every block and every single row of a small catalogue.
template <class Scan, class Score>
void hash_catalogue(Hash& hash, std::size_t blocks, const Scan& scan, const Score& score) {
  for (std::size_t block = 0; block < blocks; ++block) {
    float values[kBlock];
    hash.add(static_cast<std::uint32_t>(scan(block, values)));
    for (const float value : values) hash.add(value);
    const std::uint64_t row = block * kBlock + block % kBlock;
    score(&row, values);
    hash.add(values[0]);
  }
}

std::uint64_t scan_f32(const KernelTable& table, bool rows) {
  Hash hash;
  Random random(8);
  for (const Values values : kValues) {
    GuardedBuffer<float> items(n16_size(200, 37)), bias(208), u(37);
    fill_n16(items, 200, 37, random, values);
    fill_padded(bias, 200, random, values);
    fill_padded(u, 37, random, values);
    const ScanF32 args = {items.data(), bias.data(), u.data(), 37};
    hash_catalogue(
        hash, 13,
        [&](std::size_t block, float* out) {
          if (!rows) return table.scan_f32(args, block, 13, -kInf, out);
          for (std::size_t i = 0; i < kBlock; ++i) out[i] = 0;
          return block;
        },
        [&](const std::uint64_t* row, float* out) { table.score_rows_f32(args, row, 1, out); });
  }
  return hash.value();
}

std::uint64_t scan_i8(const KernelTable& table, bool rows) {
  Hash hash;
  Random random(9);
  for (const std::size_t cols : widths()) {
    GuardedBuffer<std::int8_t> items(n16k4_size(200, cols)), u(round_up(cols, 4));
    GuardedBuffer<float> scales(208), bias(208);
    fill_n16k4(items, 200, cols, random);
    RowQuant quant = {0.01f, 0};
    for (std::size_t k = 0; k < u.size(); ++k)
      quant.sum += u[k] = k < cols ? random.activation_byte() : std::int8_t{0};
    fill_padded(scales, 200, random, Values::plain);
    fill_padded(bias, 200, random, Values::plain);
    const ScanI8 args = {items.data(), scales.data(), cols % 2 ? bias.data() : nullptr,
                         u.data(),     quant,         cols};
    hash_catalogue(
        hash, 13,
        [&](std::size_t block, float* out) {
          if (!rows) return table.scan_i8(args, block, 13, -kInf, out);
          for (std::size_t i = 0; i < kBlock; ++i) out[i] = 0;
          return block;
        },
        [&](const std::uint64_t* row, float* out) { table.score_rows_i8(args, row, 1, out); });
  }
  return hash.value();
}

std::uint64_t scan_f32(const KernelTable& table) {
  return scan_f32(table, false);
}
std::uint64_t score_rows_f32(const KernelTable& table) {
  return scan_f32(table, true);
}
std::uint64_t scan_i8(const KernelTable& table) {
  return scan_i8(table, false);
}
std::uint64_t score_rows_i8(const KernelTable& table) {
  return scan_i8(table, true);
}

// Of four users with one catalogue, block by block.
template <class Scan>
std::uint64_t scan_users(const Scan& scan) {
  Hash hash;
  const float thresholds[kScanUsers] = {-kInf, -kInf, -kInf, -kInf};
  for (std::size_t block = 0; block < 13; ++block) {
    float values[kScanUsers * kBlock];
    hash.add(static_cast<std::uint32_t>(scan(block, thresholds, values)));
    for (const float value : values) hash.add(value);
  }
  return hash.value();
}
std::uint64_t scan_users_f32(const KernelTable& table) {
  Random random(12);
  GuardedBuffer<float> items(n16_size(200, 37)), bias(208), u(kScanUsers * 48);
  fill_n16(items, 200, 37, random, Values::plain);
  fill_padded(bias, 200, random, Values::plain);
  fill_padded(u, u.size(), random, Values::plain);
  const ScanUsersF32 args = {items.data(), bias.data(), u.data(), 37, 48, kScanUsers};
  return scan_users([&](std::size_t block, const float* thresholds, float* out) {
    return table.scan_users_f32(args, block, 13, thresholds, out);
  });
}
std::uint64_t scan_users_i8(const KernelTable& table) {
  Random random(13);
  GuardedBuffer<std::int8_t> items(n16k4_size(200, 37)), u(kScanUsers * 64);
  GuardedBuffer<float> scales(208), bias(208);
  fill_n16k4(items, 200, 37, random);
  RowQuant quant[kScanUsers];
  for (std::size_t user = 0; user < kScanUsers; ++user) {
    quant[user] = {0.01f, 0};
    for (std::size_t k = 0; k < 64; ++k)
      quant[user].sum += u[user * 64 + k] = k < 37 ? random.activation_byte() : std::int8_t{0};
  }
  fill_padded(scales, 200, random, Values::plain);
  fill_padded(bias, 200, random, Values::plain);
  const ScanUsersI8 args = {items.data(), scales.data(), bias.data(), u.data(), quant, 37, 64, kScanUsers};
  return scan_users([&](std::size_t block, const float* thresholds, float* out) {
    return table.scan_users_i8(args, block, 13, thresholds, out);
  });
}

// Which blocks are left, and what the values are, of four users and of one.
std::uint64_t scan_planes_i8(const KernelTable& table) {
  Hash hash;
  Random random(14);
  for (const std::size_t cols : widths()) {
    const Planes c(random, 640, cols, cols % 2 == 0);
    for (const std::size_t users : {std::size_t{1}, kScanUsers})
      for (const float low : {0.5f, 3.0f, 20.0f, 100.0f}) {
        const float thresholds[kScanUsers] = {low, low * 2, low * 3, low * 4};
        const std::uint64_t found = table.scan_planes_i8(c.planes(users), 0, c.blocks, thresholds);
        hash.add(static_cast<std::uint32_t>(found));
        hash.add(static_cast<std::uint32_t>(found >> 32));
      }
  }
  return hash.value();
}
std::uint64_t score_planes_i8(const KernelTable& table) {
  Hash hash;
  Random random(15);
  for (const std::size_t cols : widths()) {
    const Planes c(random, 64, cols, cols % 2 == 0);
    for (std::size_t block = 0; block < c.blocks; ++block) {
      float values[kScanUsers * kBlock];
      table.score_planes_i8(c.planes(kScanUsers), block, values);
      for (const float value : values) hash.add(value);
    }
  }
  return hash.value();
}

namespace expected {
constexpr std::uint64_t linear_f32 = 0xc31034e5bbf310da;
constexpr std::uint64_t linear_i8 = 0xc93c3c62c92ef4f0;
constexpr std::uint64_t quantize_rows = 0xba4f314b1df53bca;
constexpr std::uint64_t layer_norm = 0xa8a0000438b1064d;
constexpr std::uint64_t attention = 0xf6f13c6440225b1e;
constexpr std::uint64_t activate = 0xb4ebcd0a560f99a0;
constexpr std::uint64_t add = 0xb3dd373128cc5a4a;
constexpr std::uint64_t scan_f32 = 0x6dc7d7444109ed24;
constexpr std::uint64_t scan_i8 = 0x5e6a41ffc80a59d1;
constexpr std::uint64_t score_rows_f32 = 0x412f48bc2758d3c3;
constexpr std::uint64_t score_rows_i8 = 0x38bce161fc48b9c2;
constexpr std::uint64_t scan_users_f32 = 0xc1c6289a76687541;
constexpr std::uint64_t scan_users_i8 = 0x3b6a71bb13423bdd;
constexpr std::uint64_t scan_planes_i8 = 0x5d729133e7ae3ee6;
constexpr std::uint64_t score_planes_i8 = 0xaa12d7bc185cd66f;
} // namespace expected

#define HEED_KERNEL(name)                                                                                    \
  TEST(Checksum, name) {                                                                                     \
    for (const KernelTable* table : all_tables())                                                            \
      EXPECT_EQ(name(*table), expected::name) << table->isa << ": 0x" << std::hex << name(*table);           \
  }
#include "runtime/kernels/kernels.inc"
#undef HEED_KERNEL

} // namespace
} // namespace heed::kernels::test
