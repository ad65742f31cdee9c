// The kernels of AVX-VNNI with its one instruction made of AVX2, for processors that lack it: all else is
// what isa/avxvnni.cpp compiles.
#include "runtime/kernels/isa/make_table.hpp"
#include "runtime/kernels/simd/avxvnni.hpp"

namespace heed::kernels {
namespace test {
namespace {

// vpdpbusd: to each int32, four products of unsigned bytes of w and signed bytes of x.
HEED_INLINE __m256i dpbusd_model(__m256i sums, __m256i w, __m256i x) {
  const __m256i even = _mm256_madd_epi16(_mm256_and_si256(w, _mm256_set1_epi16(0xff)),
                                         _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8));
  const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(w, 8), _mm256_srai_epi16(x, 8));
  return _mm256_add_epi32(sums, _mm256_add_epi32(even, odd));
}

} // namespace

extern const KernelTable kTableAvxVnniModel;
constexpr KernelTable kTableAvxVnniModel = int8_table<Avx2With<dpbusd_model>>("avxvnni_model");

} // namespace test
} // namespace heed::kernels
