#include "runtime/kernels/reference/reference.hpp"

#include <cmath>

namespace heed::kernels::reference {
namespace {

template <class Args>
void store(const Args& args, std::size_t m, std::size_t n, float sum) {
  float y = apply(args.activation, sum);
  if (args.residual) y = y + args.residual[m * args.residual_stride + n];
  args.out[m * args.out_stride + n] = y;
}

} // namespace

void linear_f32(const LinearF32& args) {
  for (std::size_t m = 0; m < args.rows; ++m) {
    for (std::size_t n = 0; n < args.cols_out; ++n) {
      const float* w = args.weights + n / kBlock * args.cols_in * kBlock + n % kBlock;
      float sum = 0.0f;
      for (std::size_t k = 0; k < args.cols_in; ++k)
        sum = std::fmaf(args.x[m * args.x_stride + k], w[k * kBlock], sum);
      if (args.bias) sum = sum + args.bias[n];
      store(args, m, n, sum);
    }
  }
}

void linear_i8(const LinearI8& args) {
  const std::size_t groups = (args.cols_in + 3) / 4;
  for (std::size_t m = 0; m < args.rows; ++m) {
    for (std::size_t n = 0; n < args.cols_out; ++n) {
      const std::int8_t* w = args.weights + n / kBlock * groups * 64 + n % kBlock * 4;
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < args.cols_in; ++k)
        sum += args.x[m * args.x_stride + k] * w[k / 4 * 64 + k % 4];
      const float scaled = static_cast<float>(sum) * args.weight_scales[n];
      store(args, m, n, std::fmaf(scaled, args.x_quant[m].scale, args.bias ? args.bias[n] : 0.0f));
    }
  }
}

} // namespace heed::kernels::reference
