#ifndef HEED_RUNTIME_KERNELS_QUANTIZE_QUANTIZE_ROWS_HPP
#define HEED_RUNTIME_KERNELS_QUANTIZE_QUANTIZE_ROWS_HPP

#include "runtime/kernels/activation/coefficients.hpp"
#include "runtime/kernels/simd/f16.hpp"

namespace heed::kernels {
namespace {

template <class A>
HEED_INLINE float largest_magnitude(const float* x, size_t cols) {
  F16<A> largest = F16<A>::broadcast(0.0f);
  size_t c = 0;
  for (; c + kBlock <= cols; c += kBlock) largest = max_bits(abs(F16<A>::load(x + c)), largest);
  if (c < cols) {
    const F16<A> tail = select(first_lanes<A>(cols - c), F16<A>::load(x + c), F16<A>::broadcast(0.0f));
    largest = max_bits(abs(tail), largest);
  }
  const int32_t bits = largest_bits(largest);
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

// No clamp is needed here: |x| <= amax, and two roundings later |x * (127 / amax)| <= 127 * (1 + 2^-24)^2,
// which rounds to 127.
template <class A>
HEED_INLINE RowQuant quantize_row(const float* x, size_t cols, int8_t* out) {
  const float amax = largest_magnitude<A>(x, cols);
  const bool usable = amax >= kQuantizeSmallest && amax < kInfinity;
  const F16<A> factor = F16<A>::broadcast(usable ? 127.0f / amax : 0.0f);
  typename A::ByteSum sum;
  size_t c = 0;
  if (!usable) {
    for (; c < round_up(cols, 4); ++c) out[c] = 0;
    return {1.0f, 0};
  }
  for (; c + kBlock <= cols; c += kBlock) A::store_rounded((F16<A>::load(x + c) * factor).part, out + c, sum);
  if (c < cols) {
    int8_t tail[16];
    const F16<A> scaled = F16<A>::load(x + c) * factor;
    A::store_rounded(select(first_lanes<A>(cols - c), scaled, F16<A>::broadcast(0.0f)).part, tail, sum);
    for (size_t i = 0; i < round_up(cols - c, 4); ++i) out[c + i] = tail[i];
  }
  return {amax / 127.0f, sum.total()};
}

template <class A>
void quantize_rows(const QuantizeRows& args) {
  for (size_t row = 0; row < args.rows; ++row)
    args.quant[row] =
        quantize_row<A>(args.x + row * args.x_stride, args.cols, args.out + row * args.out_stride);
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_QUANTIZE_QUANTIZE_ROWS_HPP
