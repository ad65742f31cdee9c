// The sequences of x86-64: those of runtime/kernels/simd.
#include "bench/roofline/compute.hpp"

#if defined(__x86_64__)

#include "runtime/kernels/cpu.hpp"

#include <immintrin.h>

namespace heed::bench {

namespace {

#define HEED_TARGET(features) __attribute__((target(features)))
#define HEED_AVX512 HEED_TARGET("avx512f,avx512cd,avx512dq,avx512bw,avx512vl,avx2,fma")

constexpr int kNarrow = 10, kWide = 12; // registers: two a cycle, latency 4 or 5

HEED_SEQUENCE(sse2_fp32, HEED_TARGET("sse2"), "x", __m128, _mm_setzero_ps(), _mm_set1_ps(0.5f), kNarrow,
              s = _mm_add_ps(s, _mm_mul_ps(a, b)))
HEED_SEQUENCE(sse2_int8, HEED_TARGET("sse2"), "x", __m128i, _mm_setzero_si128(), _mm_set1_epi16(3), kNarrow,
              s = _mm_add_epi32(s, _mm_madd_epi16(a, b)))
HEED_SEQUENCE(sse41_int8, HEED_TARGET("sse4.1"), "x", __m128i, _mm_setzero_si128(), _mm_set1_epi8(1), kNarrow,
              s = _mm_add_epi32(s,
                                _mm_madd_epi16(_mm_maddubs_epi16(a, _mm_xor_si128(a, b)), _mm_set1_epi16(1))))
HEED_SEQUENCE(avx2_fp32, HEED_TARGET("avx2,fma"), "x", __m256, _mm256_setzero_ps(), _mm256_set1_ps(0.5f),
              kNarrow, s = _mm256_fmadd_ps(a, b, s))
HEED_SEQUENCE(avx2_int8, HEED_TARGET("avx2"), "x", __m256i, _mm256_setzero_si256(), _mm256_set1_epi8(1),
              kNarrow,
              s = _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_maddubs_epi16(a, _mm256_xor_si256(a, b)),
                                                        _mm256_set1_epi16(1))))
HEED_SEQUENCE(avxvnni_int8, HEED_TARGET("avx2,avxvnni"), "x", __m256i, _mm256_setzero_si256(),
              _mm256_set1_epi8(1), kNarrow, s = _mm256_dpbusd_avx_epi32(s, a, b))
HEED_SEQUENCE(avx512_fp32, HEED_AVX512, "v", __m512, _mm512_setzero_ps(), _mm512_set1_ps(0.5f), kWide,
              s = _mm512_fmadd_ps(a, b, s))
HEED_SEQUENCE(avx512_int8, HEED_AVX512, "v", __m512i, _mm512_setzero_si512(), _mm512_set1_epi8(1), kWide,
              s = _mm512_add_epi32(
                  s,
                  _mm512_madd_epi16(_mm512_maddubs_epi16(a, _mm512_mask_sub_epi8(b, 0x5555555555555555u,
                                                                                 _mm512_setzero_si512(), b)),
                                    _mm512_set1_epi16(1))))
HEED_SEQUENCE(avx512vnni_int8, HEED_TARGET("avx512f,avx512bw,avx512vnni"), "v", __m512i,
              _mm512_setzero_si512(), _mm512_set1_epi8(1), kWide, s = _mm512_dpbusd_epi32(s, a, b))

} // namespace

std::vector<Sequence> sequences() {
  const kernels::Cpu cpu = kernels::detect_cpu();
  std::vector<Sequence> all;
  const auto add = [&](bool runs, const char* isa, Arithmetic arithmetic, const char* instructions,
                       double each, int registers, void (*run)(std::size_t)) {
    if (runs) all.push_back({isa, arithmetic, instructions, each * registers, run});
  };
  constexpr Arithmetic fp32 = Arithmetic::fp32, int8 = Arithmetic::int8;
  const char* const fma = "vfmadd231ps";
  add(cpu.sse2, "sse2", fp32, "mulps addps", 8, kNarrow, sse2_fp32);
  add(cpu.sse2, "sse2", int8, "pmaddwd paddd", 16, kNarrow, sse2_int8);
  add(cpu.sse41, "sse41", fp32, "mulps addps", 8, kNarrow, sse2_fp32);
  add(cpu.sse41, "sse41", int8, "pxor pmaddubsw pmaddwd paddd", 32, kNarrow, sse41_int8);
  add(cpu.avx2, "avx2", fp32, fma, 16, kNarrow, avx2_fp32);
  add(cpu.avx2, "avx2", int8, "vpxor vpmaddubsw vpmaddwd vpaddd", 64, kNarrow, avx2_int8);
  add(cpu.avxvnni, "avxvnni", fp32, fma, 16, kNarrow, avx2_fp32);
  add(cpu.avxvnni, "avxvnni", int8, "vpdpbusd", 64, kNarrow, avxvnni_int8);
  add(cpu.avx512, "avx512", fp32, fma, 32, kWide, avx512_fp32);
  add(cpu.avx512, "avx512", int8, "vpsubb vpmaddubsw vpmaddwd vpaddd", 128, kWide, avx512_int8);
  add(cpu.avx512vnni, "avx512vnni", fp32, fma, 32, kWide, avx512_fp32);
  add(cpu.avx512vnni, "avx512vnni", int8, "vpdpbusd", 128, kWide, avx512vnni_int8);
  return all;
}

} // namespace heed::bench

#endif
