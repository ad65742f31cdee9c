// Activations as pmaddubsw wants them.
#ifndef HEED_RUNTIME_KERNELS_SIMD_SPLIT_INPUTS_HPP
#define HEED_RUNTIME_KERNELS_SIMD_SPLIT_INPUTS_HPP

#include "runtime/kernels/simd/x86.hpp"

#include <tmmintrin.h>

namespace heed::kernels {
namespace {

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
    for (size_t r = 0; r < rows; ++r) start_[r] = 0;
    for (size_t first = 0; first < groups; first += kSpan) {
      split(first, smaller(kSpan, groups - first),
            [&](size_t r, int32_t negative) { start_[r] += negative; });
      held_ = first;
    }
  }

  HEED_INLINE static size_t span(size_t /*groups*/) { return kSpan; }
  // Rows that do not fit at once are split anew for every tile of outputs; few models have them.
  HEED_INLINE void hold(size_t first, size_t count) {
    if (first == held_) return;
    split(first, count, [](size_t, int32_t) {});
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

  // Calls found(r, sum of |x| where x < 0) for each row.
  template <class Found>
  HEED_INLINE void split(size_t first, size_t count, const Found& found) {
    for (size_t r = 0; r < rows_; ++r) {
      const int8_t* x = x_ + r * stride_ + 4 * first;
      __m128i negative = _mm_setzero_si128(); // two sums of 64 bits
      size_t i = 0;
      const auto step = [&](__m128i values, const auto& store) {
        const __m128i sign = _mm_cmpgt_epi8(_mm_setzero_si128(), values), magnitude = _mm_abs_epi8(values);
        negative = _mm_add_epi64(negative, _mm_sad_epu8(_mm_and_si128(magnitude, sign), _mm_setzero_si128()));
        store(magnitude, magnitude_[r] + i);
        store(sign, sign_[r] + i);
      };
      for (; i + 16 <= 4 * count; i += 16)
        step(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i)),
             [](__m128i v, int8_t* to) { _mm_store_si128(reinterpret_cast<__m128i*>(to), v); });
      for (; i < 4 * count; i += 4)
        step(_mm_cvtsi32_si128(load_int(x + i)), [](__m128i v, int8_t* to) {
          const int32_t four = _mm_cvtsi128_si32(v);
          __builtin_memcpy(to, &four, sizeof four);
        });
      found(r, _mm_cvtsi128_si32(_mm_add_epi32(negative, _mm_shuffle_epi32(negative, 2))));
    }
  }

  const int8_t* x_;
  size_t stride_, rows_, held_;
  int32_t start_[R];
  alignas(16) int8_t magnitude_[R][4 * kSpan], sign_[R][4 * kSpan];
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_SPLIT_INPUTS_HPP
