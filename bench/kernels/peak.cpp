// What this machine can do at most, to hold the kernels against: multiply-adds from registers, and reading.
#include "bench/kernels/support.hpp"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace heed::bench {
namespace {

void read_memory(benchmark::State& state) {
  const Buffer<std::uint64_t> data(static_cast<std::size_t>(state.range(0)) << 17); // MiB
  for (auto _ : state) {
    std::uint64_t sum[8] = {};
    for (std::size_t i = 0; i < data.size(); i += 8)
      for (std::size_t j = 0; j < 8; ++j) sum[j] += data.data()[i + j];
    for (std::uint64_t& s : sum) benchmark::DoNotOptimize(s);
  }
  state.counters["GB/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(data.bytes()) * 1e-9,
                         benchmark::Counter::kIsRate);
}

#if defined(__x86_64__)

constexpr int kRepeats = 4096;

// 10 independent chains hide the latency.
__attribute__((target("avx2,fma"))) void fma_avx2(benchmark::State& state) {
  __m256 sums[10];
  for (__m256& s : sums) s = _mm256_setzero_ps();
  const __m256 x = _mm256_set1_ps(0.5f);
  for (auto _ : state) {
    for (int i = 0; i < kRepeats; ++i) {
#pragma GCC unroll 10
      for (int j = 0; j < 10; ++j) sums[j] = _mm256_fmadd_ps(sums[j], x, x);
    }
  }
  float out[8], total = 0;
  for (const __m256 s : sums) {
    _mm256_storeu_ps(out, s);
    total += out[0];
  }
  benchmark::DoNotOptimize(total);
  state.counters["GOP/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * kRepeats * 10 * 16 * 1e-9, benchmark::Counter::kIsRate);
}

// The sequence of the 8-bit kernels: sign, maddubs, madd, add.
__attribute__((target("avx2"))) void dot_avx2(benchmark::State& state) {
  __m256i sums[8];
  for (__m256i& s : sums) s = _mm256_setzero_si256();
  __m256i x = _mm256_set1_epi8(3), w = _mm256_set1_epi8(2);
  const __m256i ones = _mm256_set1_epi16(1);
  for (auto _ : state) {
    for (int i = 0; i < kRepeats; ++i) {
      asm volatile("" : "+x"(x), "+x"(w)); // or the loop's body would be hoisted
#pragma GCC unroll 8
      for (int j = 0; j < 8; ++j) {
        asm volatile("" : "+x"(x));
        sums[j] = _mm256_add_epi32(sums[j],
                                   _mm256_madd_epi16(_mm256_maddubs_epi16(w, _mm256_sign_epi8(x, w)), ones));
      }
    }
  }
  int total = 0;
  for (const __m256i s : sums) total += _mm256_extract_epi32(s, 0);
  benchmark::DoNotOptimize(total);
  state.counters["GOP/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * kRepeats * 8 * 64 * 1e-9, benchmark::Counter::kIsRate);
}

#endif

} // namespace

void add_peak() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    benchmark::RegisterBenchmark("peak/fma_f32/avx2", fma_avx2);
    benchmark::RegisterBenchmark("peak/dot_i8/avx2", dot_avx2);
  }
#endif
  benchmark::RegisterBenchmark("peak/read_MiB", read_memory)->Arg(1)->Arg(8)->Arg(128);
}

} // namespace heed::bench
