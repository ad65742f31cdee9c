// The contract between operators and SIMD kernels.
//
// One KernelTable per instruction set; all tables give the same bits for the same input (see README.md,
// "Same bits everywhere"). The scalar table in reference/ is the definition; the others are tested equal to
// it with memcmp.
//
// Shared conventions
// - Activations are float rows of `cols` elements, `stride` floats apart (a multiple of 16). Elements from
//   cols to stride are unspecified: a kernel may overwrite them and never lets them influence a result.
// - Every float pointer that is read in vectors is readable for 15 floats beyond the last row ("read
//   slack"); arenas and model segments provide it. Written memory never exceeds rows * stride.
// - Pointers are 64-byte aligned where the field says so, otherwise 4-byte aligned.
// - "chain" is one fused multiply-add per term, index ascending, starting from +0: acc = fma(a[i], b[i],
// acc).
// - "sum16" adds n terms in 16 lanes (lane = index mod 16, ascending, each starting from +0, terms beyond n
//   count as +0), then lanes i and i+8, then i and i+4, i and i+2, i and i+1.
// - "max16" takes lanes the same way with max(a, b) = a > b ? a : b, where a is the newer term; each lane
//   starts from -infinity. So a NaN never is the maximum.
// - Block layouts: n16 is float [rows/16][K][16]; n16k4 is int8 [rows/16][K4/4][16][4] with K4 = K rounded up
//   to 4. Rows are padded to 16 and K to 4 with zeros. A plane is [rows/16][K8/8][16][4] bytes, K8 = K
//   rounded up to 8: the low four bits of byte b of group g belong to column 8g + b, the high four to 8g + 4
//   + b; zero beyond K.
#ifndef HEED_RUNTIME_KERNELS_KERNELS_HPP
#define HEED_RUNTIME_KERNELS_KERNELS_HPP

#include <cstddef>
#include <cstdint>

namespace heed::kernels {

constexpr std::size_t kBlock = 16; // rows of a block layout, and lanes of every sum

enum class Activation : std::uint8_t { none, relu, gelu_erf, gelu_tanh, silu, sigmoid, tanh };

// A row of quantized activations: value = q * scale, q in [-127, 127].
struct RowQuant {
  float scale;      // largest magnitude / 127; 1 for a row of zeros
  std::int32_t sum; // of the row's q: the VNNI kernels start their accumulators at -128 * sum
};

// out[m][n] = act(sum_k x[m][k] * w[n][k] + bias[n]) + residual[m][n]; the sum is a chain over k.
struct LinearF32 {
  const float* x;        // [rows][x_stride]
  const float* weights;  // n16 of [cols_out][cols_in], 64-byte aligned
  const float* bias;     // [cols_out rounded up to 16], 64-byte aligned, or null: no addition at all
  const float* residual; // [rows][residual_stride], or null; may be `out` itself
  float* out;            // [rows][out_stride], out_stride >= cols_out rounded up to 16; never aliases x
  std::size_t rows, cols_in, cols_out;
  std::size_t x_stride, residual_stride, out_stride;
  Activation activation;
};

// As LinearF32 over quantized rows. The integer sum is exact for cols_in <= 131072; then
// out = act(fma(float(sum) * weight_scales[n], row.scale, bias[n])) + residual (bias null counts as +0).
struct LinearI8 {
  const std::int8_t* x;       // [rows][x_stride] bytes, zero from cols_in to cols_in rounded up to 4
  const RowQuant* x_quant;    // [rows]
  const std::int8_t* weights; // n16k4 of [cols_out][cols_in], 64-byte aligned; any byte, -128 included
  const float* weight_scales; // [cols_out rounded up to 16], 64-byte aligned
  const float* bias;
  const float* residual;
  float* out;
  std::size_t rows, cols_in, cols_out;
  std::size_t x_stride, residual_stride, out_stride; // x_stride in bytes, a multiple of 4
  Activation activation;
};

// q = round_half_even(clamp(x * (127 / amax), -127, 127)), amax = the largest of |x|, compared by its bits as
// an integer (so NaN is above infinity); scale = amax / 127. A row whose amax is not finite, or below 2^-119
// (where 127 / amax or the scale would leave the normal floats), quantizes to zeros with scale 1.
struct QuantizeRows {
  const float* x;   // [rows][x_stride]
  std::int8_t* out; // [rows][out_stride] bytes; written from 0 to cols rounded up to 4 (the rest with zeros)
  RowQuant* quant;  // [rows]
  std::size_t rows, cols, x_stride, out_stride;
};

// out = fma((x - mean) * r, gamma, beta), mean = sum16(x) / cols, variance = sum16 by fma of (x - mean)^2
// over `divisor` (cols, or cols - 1 for the unbiased form), r = 1 / sqrt(variance + eps), or 1 /
// (sqrt(variance) + eps) when eps_outside. Divisions and roots are scalar IEEE operations.
struct LayerNorm {
  const float* x;     // [rows][x_stride]
  const float* gamma; // [cols rounded up to 16], 64-byte aligned, or null: factor 1 (out = (x - mean) * r)
  const float* beta;  // the same; null exactly when gamma is
  float* out;         // [rows][out_stride]; may be x itself
  std::size_t rows, cols, x_stride, out_stride;
  float eps;
  bool unbiased, eps_outside;
};

// How scores become weights.
enum class Weighting : std::uint8_t {
  softmax,
  silu, // silu(score) * factor, each by itself
  hard  // 1 for the largest score, the first of equal ones; 0 for all others
};

// Multi-head attention of `queries` rows over `keys` real rows and padding that is not computed.
//   score[i][j] = (chain over the head's columns of q[i] * k[j]) * scale, then + bias[i][j] where there is
//   one p = exp(score - max16 over the row); denominator = sum16 over real keys, then + multiplicity_r *
//   p_pad[r] by fma, r ascending out[i] = (chain over real keys j of p[j] * v[j], continued over r with
//   (multiplicity_r * p_pad[r]) * pad_v[r]) * (1 / denominator) weights[i] = p[j] * (1 / denominator), and
//   (multiplicity_r * p_pad[r]) * (1 / denominator)
// Under silu, p = silu(score) and `factor` stands for 1 / denominator; under hard, p is 1 or 0 and 1 does; a
// padding row counts multiplicity times under silu and once under hard.
// Query i stands at position keys - queries + i; with `causal` it sees real keys up to its own position,
// otherwise all. Every query sees all padding rows. The maximum includes the padding rows, taken
// after the real keys (a single further lane-less max with the same rule).
struct Attention {
  const float* q;     // [queries][q_stride], head h at columns h * head_dim
  const float* k;     // [keys][k_stride], head h at columns h / (heads / key_heads) * head_dim, and so v
  const float* v;     // [keys][v_stride]
  const float* pad_k; // [pad_rows][key_heads * head_dim rounded up to 16], or null when pad_rows is 0
  const float* pad_v;
  const float* bias; // [heads][bias_head_stride] of [queries][bias_stride], or null: real keys from column 0,
                     // padding rows from keys rounded up to 16; readable to both ends rounded up to 16.
  float* out;     // [queries][out_stride], only heads * head_dim columns are written; never aliases an input
  float* scratch; // attention_scratch_floats(), 64-byte aligned
  float* weights; // [heads][queries][weights_stride], over real keys then padding rows; keys a query does not
                  // see get 0. Or null: costs nothing.
  std::size_t queries, keys, heads, head_dim; // queries <= keys when causal; keys + pad_rows > 0
  std::size_t key_heads;                      // of keys and values, divides heads
  std::size_t q_stride, k_stride, v_stride, out_stride, weights_stride;
  std::size_t bias_stride, bias_head_stride; // floats; a head stride of 0: all heads share the rows
  std::size_t pad_rows;                      // padding keys that are distinct
  float pad_multiplicity;                    // how often each of them counts; a positive integer below 2^24
  float scale;
  float factor; // of silu
  Weighting weighting;
  bool causal;
};
// Floats from one query's bias to the next.
constexpr std::size_t attention_bias_stride(std::size_t keys, std::size_t pad_rows) {
  return (keys + kBlock - 1) / kBlock * kBlock + (pad_rows + kBlock - 1) / kBlock * kBlock;
}
// Scratch for up to `keys` keys and `pad_rows` padding rows, in floats.
constexpr std::size_t attention_scratch_floats(std::size_t keys, std::size_t pad_rows, std::size_t head_dim) {
  const std::size_t padded = (keys + kBlock - 1) / kBlock * kBlock;
  const std::size_t width = padded + (pad_rows + kBlock - 1) / kBlock * kBlock;
  return head_dim * width + 4 * width; // the head's keys, transposed; scores of four queries
}

// Catalogue rows scored against one vector. Ranking values (see README.md, "Scores"):
//   f32: s = chain over k of u[k] * row[k]; then s + bias when there is one.
//   i8:  s = float(exact integer sum) * row_scale; without a bias this ranks; with one the value is
//        fma(s, u_scale, bias).
struct ScanF32 {
  const float* rows_n16; // [blocks][K][16], 64-byte aligned
  const float* bias;     // [blocks * 16], 64-byte aligned, or null
  const float* u;        // [K], 64-byte aligned
  std::size_t cols;
};
struct ScanI8 {
  const std::int8_t* rows_n16k4; // [blocks][K4 / 4][16][4], 64-byte aligned
  const float* row_scales;       // [blocks * 16], 64-byte aligned
  const float* bias;             // the same, or null
  const std::int8_t* u;          // [K4], 64-byte aligned, zero from cols to K4
  RowQuant u_quant;
  std::size_t cols;
};

// The same rows scored against several vectors at once, so that each row is read once.
constexpr std::size_t kScanUsers = 4;
struct ScanUsersF32 {
  const float* rows_n16; // as ScanF32's
  const float* bias;
  const float* u;                    // [users][u_stride], 64-byte aligned
  std::size_t cols, u_stride, users; // 1 to kScanUsers
};
struct ScanUsersI8 {
  const std::int8_t* rows_n16k4; // as ScanI8's
  const float* row_scales;
  const float* bias;
  const std::int8_t* u;              // [users][u_stride], 64-byte aligned, zero from cols to K4
  const RowQuant* u_quant;           // [users]
  std::size_t cols, u_stride, users; // 1 to kScanUsers
};

// int8 rows as two planes, w = 16 * (h - 8) + l with h and l in [0, 15], for one or several vectors. What l
// can add is bounded: sum of x * (l - 7.5) <= |x| * |l - 7.5| in Euclidean norms. With K <= kMostPlaneCols
// every sum and every part of it below is a whole number that a float holds.
constexpr std::size_t kMostPlaneCols = 1024;
constexpr std::size_t kPlaneBlocks = 64; // of one scan: a bit each
struct ScanPlanesI8 {
  const std::uint8_t* high;   // plane of h, 64-byte aligned
  const std::uint8_t* low;    // plane of l, 64-byte aligned
  const float* bounds;        // [blocks]: at least |l - 7.5| of each row of the block
  const float* row_scales;    // as ScanI8's
  const float* bias;          // the same, or null
  const std::int8_t* u;       // [users][u_stride], 64-byte aligned, readable to K8
  const RowQuant* u_quant;    // [users]
  const float* u_norms;       // [users]: at least |x| of each vector
  std::size_t cols, u_stride; // cols <= kMostPlaneCols
  std::size_t users;          // 1 to kScanUsers
};
// The part of the sums' bound that is the same for all rows, 7.5 * sum(x) - 128 * sum(x): rounded up, and two
// more for the two roundings of `bounds[block] * u_norms[user] + plane_base(sum)`.
constexpr float plane_base(std::int32_t sum) {
  return static_cast<float>((-241 * sum + 1) / 2 + 2);
}

struct KernelTable {
  const char* isa; // "scalar", "avx2"...: README.md has all

  void (*linear_f32)(const LinearF32&);
  void (*linear_i8)(const LinearI8&);
  void (*quantize_rows)(const QuantizeRows&);
  void (*layer_norm)(const LayerNorm&);
  void (*attention)(const Attention&);
  // out[i] = act(x[i]) over rows; in place allowed.
  void (*activate)(Activation, const float* x, float* out, std::size_t rows, std::size_t cols,
                   std::size_t x_stride, std::size_t out_stride);
  // out = a + b over rows; in place allowed.
  void (*add)(const float* a, const float* b, float* out, std::size_t rows, std::size_t cols,
              std::size_t a_stride, std::size_t b_stride, std::size_t out_stride);
  // The first block in [begin, end) in which some ranking value is not <= threshold (so a NaN threshold, or a
  // NaN value, stops it); its 16 values are written to `values`. Returns `end`, with `values` unspecified,
  // when there is none.
  std::size_t (*scan_f32)(const ScanF32&, std::size_t begin, std::size_t end, float threshold, float* values);
  std::size_t (*scan_i8)(const ScanI8&, std::size_t begin, std::size_t end, float threshold, float* values);
  // Ranking values of single rows, equal to the bit to what the scan gives. rows[i] < blocks * 16.
  void (*score_rows_f32)(const ScanF32&, const std::uint64_t* rows, std::size_t count, float* values);
  void (*score_rows_i8)(const ScanI8&, const std::uint64_t* rows, std::size_t count, float* values);
  // The first block in which the scan of some user u would stop at thresholds[u]; the 16 values of every user
  // are written to values[u * 16]. Values are those of the scan for that user alone, to the bit.
  std::size_t (*scan_users_f32)(const ScanUsersF32&, std::size_t begin, std::size_t end,
                                const float* thresholds, float* values);
  std::size_t (*scan_users_i8)(const ScanUsersI8&, std::size_t begin, std::size_t end,
                               const float* thresholds, float* values);
  // Which of the blocks begin to end - 1, at most kPlaneBlocks, may hold a ranking value that is not <=
  // thresholds[u] for some user u, by their high plane and their bound alone: bit i stands for begin + i.
  // Clear where for all rows and users value(float(16 * sum of x * h) + (bound * u_norm + plane_base(sum of
  // x))) is <= the threshold, value() being what ScanI8 does to the float sum; that is no less than the
  // ranking value, for every step rounds to nearest and so keeps the order.
  std::uint64_t (*scan_planes_i8)(const ScanPlanesI8&, std::size_t begin, std::size_t end,
                                  const float* thresholds);
  // The 16 ranking values of the block for every user, to values[u * 16]: those that ScanI8 has of the same
  // rows, to the bit.
  void (*score_planes_i8)(const ScanPlanesI8&, std::size_t block, float* values);
};

// The table chosen for this process: the best one that build and CPU share, or the one that the environment
// variable HEED_ISA names. Null only when HEED_ISA names one that this build or this CPU does not have.
// Decided once, on first use; thread-safe.
const KernelTable* active_table() noexcept;

// All tables of this build that this CPU can run, best first; the last one is the scalar reference.
// Writes at most `capacity` entries and returns how many there are.
std::size_t available_tables(const KernelTable** tables, std::size_t capacity) noexcept;

} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_KERNELS_HPP
