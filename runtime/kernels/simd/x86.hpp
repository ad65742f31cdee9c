// Helpers on 128-bit registers that every x86 level uses.
#ifndef HEED_RUNTIME_KERNELS_SIMD_X86_HPP
#define HEED_RUNTIME_KERNELS_SIMD_X86_HPP

#include "runtime/kernels/simd/base.hpp"

#include <emmintrin.h>

namespace heed::kernels {
namespace {

HEED_INLINE float sum_tree4(__m128 v) {
  v = _mm_add_ps(v, _mm_movehl_ps(v, v));
  return _mm_cvtss_f32(_mm_add_ss(v, _mm_shuffle_ps(v, v, 1)));
}
// maxps(a, b) is a > b ? a : b.
HEED_INLINE float max_tree4(__m128 v) {
  v = _mm_max_ps(_mm_movehl_ps(v, v), v);
  return _mm_cvtss_f32(_mm_max_ss(_mm_shuffle_ps(v, v, 1), v));
}

// The largest of four ints, by `larger(a, b)`.
template <class Larger>
HEED_INLINE int32_t largest_int4(__m128i v, const Larger& larger) {
  v = larger(v, _mm_shuffle_epi32(v, _MM_SHUFFLE(1, 0, 3, 2)));
  return _mm_cvtsi128_si32(larger(v, _mm_shuffle_epi32(v, _MM_SHUFFLE(2, 3, 0, 1))));
}

HEED_INLINE int32_t load_int(const int8_t* p) {
  int32_t value;
  __builtin_memcpy(&value, p, sizeof value);
  return value;
}
HEED_INLINE void store_int(int32_t value, int8_t* p) {
  __builtin_memcpy(p, &value, sizeof value);
}

// What the Archs of all x86 levels share.
struct X86 {
  // The sum of signed bytes, 16 at a time: psadbw adds unsigned bytes, so each is taken 128 higher.
  struct ByteSum {
    __m128i sums = _mm_setzero_si128();
    int32_t excess = 0;

    HEED_INLINE void add(__m128i bytes) {
      const __m128i shifted = _mm_xor_si128(bytes, _mm_set1_epi8(-128));
      sums = _mm_add_epi64(sums, _mm_sad_epu8(shifted, _mm_setzero_si128()));
      excess += 128 * 16;
    }
    HEED_INLINE int32_t total() const {
      return _mm_cvtsi128_si32(_mm_add_epi32(sums, _mm_shuffle_epi32(sums, 2))) - excess;
    }
  };
  static HEED_INLINE void store_bytes(__m128i bytes, int8_t* out, ByteSum& sum) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    sum.add(bytes);
  }

  // out[column][row] = in[row][column], 4 x 4, rows 16 floats apart in `out`; only the first `columns` rows
  // of `out` are written.
  static HEED_INLINE void transpose4(const float* in, size_t in_stride, float* out, size_t columns) {
    __m128 a = _mm_loadu_ps(in), b = _mm_loadu_ps(in + in_stride);
    __m128 c = _mm_loadu_ps(in + 2 * in_stride), d = _mm_loadu_ps(in + 3 * in_stride);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(out, a);
    if (columns > 1) _mm_storeu_ps(out + 16, b);
    if (columns > 2) _mm_storeu_ps(out + 32, c);
    if (columns > 3) _mm_storeu_ps(out + 48, d);
  }
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_X86_HPP
