// Kernels that work row by row: quantization, layer norm, activations, addition.
#include "runtime/kernels/activation/coefficients.hpp"
#include "runtime/kernels/reference/reference.hpp"

#include <cmath>
#include <cstring>

namespace heed::kernels::reference {
namespace {

float largest_magnitude(const float* x, std::size_t cols) {
  std::uint32_t largest = 0;
  for (std::size_t c = 0; c < cols; ++c) {
    std::uint32_t bits;
    std::memcpy(&bits, x + c, sizeof bits);
    bits &= 0x7fffffff;
    if (bits > largest) largest = bits;
  }
  float value;
  std::memcpy(&value, &largest, sizeof value);
  return value;
}

RowQuant quantize_row(const float* x, std::size_t cols, std::int8_t* out) {
  for (std::size_t c = 0; c < (cols + 3) / 4 * 4; ++c) out[c] = 0;
  const float amax = largest_magnitude(x, cols);
  if (!(amax >= kQuantizeSmallest) || std::isinf(amax)) return {1.0f, 0};
  const float factor = 127.0f / amax;
  std::int32_t sum = 0;
  for (std::size_t c = 0; c < cols; ++c) {
    float scaled = x[c] * factor;
    if (scaled > 127.0f) scaled = 127.0f;
    if (scaled < -127.0f) scaled = -127.0f;
    const float rounded = (scaled + kRoundMagic) - kRoundMagic;
    out[c] = static_cast<std::int8_t>(rounded);
    sum += out[c];
  }
  return {amax / 127.0f, sum};
}

} // namespace

void quantize_rows(const QuantizeRows& args) {
  for (std::size_t row = 0; row < args.rows; ++row)
    args.quant[row] = quantize_row(args.x + row * args.x_stride, args.cols, args.out + row * args.out_stride);
}

void layer_norm(const LayerNorm& args) {
  for (std::size_t row = 0; row < args.rows; ++row) {
    const float* x = args.x + row * args.x_stride;
    float* out = args.out + row * args.out_stride;

    Lanes total(0.0f);
    for (std::size_t c = 0; c < args.cols; ++c) total.add(c, x[c]);
    const float mean = total.sum16() / static_cast<float>(args.cols);

    Lanes squares(0.0f);
    for (std::size_t c = 0; c < args.cols; ++c) squares.add_square(c, x[c] - mean);
    const float variance = squares.sum16() / static_cast<float>(args.unbiased ? args.cols - 1 : args.cols);

    const float deviation =
        args.eps_outside ? std::sqrt(variance) + args.eps : std::sqrt(variance + args.eps);
    const float factor = 1.0f / deviation;
    for (std::size_t c = 0; c < args.cols; ++c) {
      const float normal = (x[c] - mean) * factor;
      out[c] = args.gamma ? std::fmaf(normal, args.gamma[c], args.beta[c]) : normal;
    }
  }
}

void activate(Activation activation, const float* x, float* out, std::size_t rows, std::size_t cols,
              std::size_t x_stride, std::size_t out_stride) {
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t c = 0; c < cols; ++c)
      out[row * out_stride + c] = apply(activation, x[row * x_stride + c]);
}

void add(const float* a, const float* b, float* out, std::size_t rows, std::size_t cols, std::size_t a_stride,
         std::size_t b_stride, std::size_t out_stride) {
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t c = 0; c < cols; ++c)
      out[row * out_stride + c] = a[row * a_stride + c] + b[row * b_stride + c];
}

} // namespace heed::kernels::reference
