// Activations as pmaddubsw wants them.
#ifndef HEED_RUNTIME_KERNELS_SIMD_SPLIT_INPUTS_HPP
#define HEED_RUNTIME_KERNELS_SIMD_SPLIT_INPUTS_HPP

#include "runtime/kernels/simd/x86.hpp"

#include <tmmintrin.h>

namespace heed::kernels {
namespace {

// Magnitudes and signs (-1 where x < 0, else 0) of 4 * groups activations; returns the sum of |x| where x <
// 0.
[[maybe_unused]] HEED_INLINE_IF_FAST int32_t split(const int8_t* x, size_t groups, int8_t* magnitudes,
                                                   int8_t* signs) {
  __m128i negative = _mm_setzero_si128(); // two sums of 64 bits
  const auto add = [&](__m128i magnitude, __m128i sign) {
    negative = _mm_add_epi64(negative, _mm_sad_epu8(_mm_and_si128(magnitude, sign), _mm_setzero_si128()));
  };
  size_t i = 0;
  for (; i + 16 <= 4 * groups; i += 16) {
    const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i));
    const __m128i magnitude = _mm_abs_epi8(values), sign = _mm_cmpgt_epi8(_mm_setzero_si128(), values);
    _mm_store_si128(reinterpret_cast<__m128i*>(magnitudes + i), magnitude);
    _mm_store_si128(reinterpret_cast<__m128i*>(signs + i), sign);
    add(magnitude, sign);
  }
  for (; i < 4 * groups; i += 4) {
    const __m128i values = _mm_cvtsi32_si128(load_int(x + i));
    const __m128i magnitude = _mm_abs_epi8(values), sign = _mm_cmpgt_epi8(_mm_setzero_si128(), values);
    store_int(_mm_cvtsi128_si32(magnitude), magnitudes + i);
    store_int(_mm_cvtsi128_si32(sign), signs + i);
    add(magnitude, sign);
  }
  return _mm_cvtsi128_si32(_mm_add_epi32(negative, _mm_shuffle_epi32(negative, 2)));
}

// As DirectInputs, but magnitudes and signs apart. pmaddubsw multiplies unsigned by signed bytes, and adds
// two products with saturation at 16 bits. With s = -1 where x < 0 and else 0,
//
//   w * x = ((w ^ s) - s) * |x| = (w ^ s) * |x| + (|x| where x < 0)
//
// of which the last part does not depend on w: the sums of a row start with it. |x| is at most 127 and w ^ s
// a signed byte, so two products are within 2 * 127 * 128 = 32512: nothing saturates, whatever bytes the
// weights are. That is one exclusive or for each product, on any port, where a psignb shares its ports with
// the multiplications: 1.28 times as many products (AVX2, Zen 4).
template <size_t R>
class SplitInputs {
 public:
  HEED_INLINE SplitInputs(const int8_t* x, size_t stride, size_t groups, size_t rows)
      : x_(x), stride_(stride), rows_(rows), held_(0) {
    for (size_t r = 0; r < rows; ++r) {
      start_[r] = 0;
      for (size_t first = 0; first < groups; first += kSpan)
        start_[r] += split_row(r, first, smaller(kSpan, groups - first));
    }
    if (groups > 0) held_ = (groups - 1) / kSpan * kSpan;
  }

  HEED_INLINE static size_t span(size_t /*groups*/) { return kSpan; }
  // Rows that do not fit at once are split anew for every tile of outputs; few models have them.
  HEED_INLINE void hold(size_t first, size_t count) {
    if (first == held_) return;
    for (size_t r = 0; r < rows_; ++r) split_row(r, first, count);
    held_ = first;
  }

  template <class Dot>
  HEED_INLINE typename Dot::Sums start(size_t r, int32_t /*sum*/) const {
    return Dot::start(start_[r]);
  }
  template <class Dot>
  HEED_INLINE typename Dot::Input input(size_t r, size_t g) const {
    return Dot::input(magnitude_[r] + 4 * g, sign_[r] + 4 * g);
  }

 private:
  static constexpr size_t kSpan = 256;

  HEED_INLINE int32_t split_row(size_t r, size_t first, size_t count) {
    return split(x_ + r * stride_ + 4 * first, count, magnitude_[r], sign_[r]);
  }

  const int8_t* x_;
  size_t stride_, rows_, held_;
  int32_t start_[R];
  alignas(16) int8_t magnitude_[R][4 * kSpan], sign_[R][4 * kSpan];
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_SPLIT_INPUTS_HPP
