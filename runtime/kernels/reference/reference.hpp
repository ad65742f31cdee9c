// The scalar kernels: the definition that every other table equals to the bit. One rounding a line, fused
// multiply-adds spelled out, no cleverness.
#ifndef HEED_RUNTIME_KERNELS_REFERENCE_REFERENCE_HPP
#define HEED_RUNTIME_KERNELS_REFERENCE_REFERENCE_HPP

#include "runtime/kernels/kernels.hpp"

namespace heed::kernels::reference {

void linear_f32(const LinearF32&);
void linear_i8(const LinearI8&);
void quantize_rows(const QuantizeRows&);
void layer_norm(const LayerNorm&);
void attention(const Attention&);
void activate(Activation, const float* x, float* out, std::size_t rows, std::size_t cols,
              std::size_t x_stride, std::size_t out_stride);
void add(const float* a, const float* b, float* out, std::size_t rows, std::size_t cols, std::size_t a_stride,
         std::size_t b_stride, std::size_t out_stride);
std::size_t scan_f32(const ScanF32&, std::size_t begin, std::size_t end, float threshold, float* values);
std::size_t scan_i8(const ScanI8&, std::size_t begin, std::size_t end, float threshold, float* values);
void score_rows_f32(const ScanF32&, const std::uint64_t* rows, std::size_t count, float* values);
void score_rows_i8(const ScanI8&, const std::uint64_t* rows, std::size_t count, float* values);
std::size_t scan_users_f32(const ScanUsersF32&, std::size_t begin, std::size_t end, const float* thresholds,
                           float* values);
std::size_t scan_users_i8(const ScanUsersI8&, std::size_t begin, std::size_t end, const float* thresholds,
                          float* values);
std::uint64_t scan_planes_i8(const ScanPlanesI8&, std::size_t begin, std::size_t end,
                             const float* thresholds);
void score_planes_i8(const ScanPlanesI8&, std::size_t block, float* values);

// Largest errors against double precision, over all floats: see the tests, which hold them.
float exp(float x);       // 1.0 ulp; +0 below -87.336544 (where 2^-126 is reached), infinity above 88.722832
float tanh(float x);      // 2 ulp
float erf(float x);       // 2 ulp
float sigmoid(float x);   // 1 / (1 + exp(-x)): 3 ulp; 0 below -88.722832
float silu(float x);      // x / (1 + exp(-x)): 3 ulp there
float gelu_erf(float x);  // x / 2 * (1 + erf(x / sqrt(2))): 1.2e-7 * |x|
float gelu_tanh(float x); // x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))): 1.2e-7 * |x|
float apply(Activation activation, float x);

// The sums and maxima of kernels.hpp over 16 lanes.
class Lanes {
 public:
  explicit Lanes(float start);
  void add(std::size_t index, float term);        // lane[index mod 16] += term
  void add_square(std::size_t index, float term); // lane = fma(term, term, lane)
  void raise(std::size_t index, float term);      // lane = term > lane ? term : lane
  float sum16() const;
  float max16() const;

 private:
  float lanes_[kBlock];
};

} // namespace heed::kernels::reference

#endif // HEED_RUNTIME_KERNELS_REFERENCE_REFERENCE_HPP
