// How fast memory is read: the best of four loops, on every level.
#include "bench/roofline/roofline.hpp"
#include "bench/roofline/timing.hpp"
#include "runtime/base/memory.hpp"
#include "runtime/kernels/cpu.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include <unistd.h>

namespace heed::bench {

const std::array<const char*, kReadLoops> kReadLoopNames = {"plain", "unrolled", "prefetch_1k",
                                                            "prefetch_4k"};

namespace {

using Loop = void (*)(const std::byte* data, std::size_t bytes);

constexpr std::size_t kSums = 8, kLine = 64;

struct Loops {
  const char* isa;
  Loop loops[kReadLoops];
};

// Sums over registers of `width` bytes; `ahead` bytes are prefetched, 0 for none. A macro, for neither
// templates nor lambdas are compiled for another target than their file.
#define HEED_READ_LOOP(name, target_attribute, width, sums_count, ahead)                                     \
  target_attribute void name(const std::byte* data, std::size_t bytes) {                                     \
    typedef std::uint64_t Register __attribute__((vector_size(width), may_alias));                           \
    Register sums[sums_count] = {};                                                                          \
    constexpr std::size_t step = (width) * (sums_count);                                                     \
    for (std::size_t at = 0; at < bytes; at += step) {                                                       \
      if ((ahead) > 0)                                                                                       \
        for (std::size_t line = 0; line < step; line += kLine)                                               \
          __builtin_prefetch(data + at + (ahead) + line);                                                    \
      _Pragma("GCC unroll 8") for (std::size_t i = 0; i < (sums_count); ++i) sums[i] +=                      \
          *reinterpret_cast<const Register*>(data + at + i * (width));                                       \
    }                                                                                                        \
    for (std::size_t i = 1; i < (sums_count); ++i) sums[0] += sums[i];                                       \
    asm volatile("" : : "m"(sums[0]));                                                                       \
  }
#define HEED_READ_LOOPS(isa, target_attribute, width)                                                        \
  HEED_READ_LOOP(isa##_plain, target_attribute, width, 1, 0)                                                 \
  HEED_READ_LOOP(isa##_unrolled, target_attribute, width, kSums, 0)                                          \
  HEED_READ_LOOP(isa##_prefetch_1k, target_attribute, width, kSums, 1024)                                    \
  HEED_READ_LOOP(isa##_prefetch_4k, target_attribute, width, kSums, 4096)                                    \
  constexpr Loops k_##isa = {#isa, {isa##_plain, isa##_unrolled, isa##_prefetch_1k, isa##_prefetch_4k}};

#if defined(__x86_64__)
HEED_READ_LOOPS(sse2, __attribute__((target("sse2"))), 16)
HEED_READ_LOOPS(avx2, __attribute__((target("avx2"))), 32)
HEED_READ_LOOPS(avx512, __attribute__((target("avx512f"))), 64)

const Loops& widest() {
  const kernels::Cpu cpu = kernels::detect_cpu();
  return cpu.avx512 ? k_avx512 : cpu.avx2 ? k_avx2 : k_sse2;
}
#elif defined(__aarch64__)
HEED_READ_LOOPS(neon, , 16)

const Loops& widest() {
  return k_neon;
}
#else
HEED_READ_LOOPS(scalar, , 8)

const Loops& widest() {
  return k_scalar;
}
#endif

// Bytes of a cache, or what is common where the system does not say.
std::size_t cache_bytes(int level) {
  long bytes = 0;
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  constexpr int kNames[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
  bytes = ::sysconf(kNames[level - 1]);
#endif
  constexpr std::size_t kCommon[] = {32u << 10, 512u << 10, 8u << 20};
  return bytes > 0 ? static_cast<std::size_t>(bytes) : kCommon[level - 1];
}

} // namespace

double ReadPeak::best() const {
  return *std::max_element(gbs.begin(), gbs.end());
}

std::vector<ReadPeak> measure_reads() {
  constexpr std::size_t kLarge = 64u << 20, kLargest = 256u << 20;
  std::vector<ReadPeak> reads;
  // Half of a cache, which certainly lies there. Virtual machines report the third level of all of the host's
  // processors together, of which one thread sees a part.
  constexpr std::size_t kMostL3 = 32u << 20, kReadOfL3 = 8u << 20;
  for (int level = 1; level <= 3; ++level) {
    const std::size_t bytes = level == 3 ? std::min(cache_bytes(3), kMostL3) : cache_bytes(level);
    reads.push_back({"L" + std::to_string(level),
                     level == 3 ? std::min(bytes / 2, kReadOfL3) : bytes / 2,
                     bytes,
                     "",
                     {}});
  }
  reads.push_back({"64 MB", kLarge, kLarge, "", {}});
  reads.push_back({"256 MB", kLargest, std::numeric_limits<std::size_t>::max(), "", {}});

  const Loops& loops = widest();
  const base::AlignedBuffer memory(kLargest);
  if (memory.data() == nullptr) return {};
  std::memset(memory.data(), 1, kLargest); // pages of its own, not the system's one page of zeros
  for (ReadPeak& read : reads) {
    read.isa = loops.isa;
    constexpr std::size_t kStep = 1024; // a multiple of what every loop reads at once
    read.bytes = std::min(read.bytes, kLargest) / kStep * kStep;
    const int runs = read.bytes >= kLarge ? 3 : 8;
    for (std::size_t l = 0; l < kReadLoops; ++l)
      read.gbs[l] = best_rate(static_cast<double>(read.bytes), runs, [&](std::size_t repeats) {
        for (std::size_t r = 0; r < repeats; ++r) loops.loops[l](memory.data(), read.bytes);
      });
  }
  return reads;
}

} // namespace heed::bench
