#include "runtime/kernels/cpu.hpp"

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace heed::kernels {

#if defined(__x86_64__) || defined(__i386__)
namespace {

bool bit(std::uint32_t word, int n) {
  return (word >> n & 1) != 0;
}

// XCR0: the register states that the operating system saves. Only valid when CPUID reports OSXSAVE.
std::uint32_t saved_states() {
  std::uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

} // namespace

// Bit numbers: Intel, "Software Developer's Manual", volume 2, CPUID leaves 1 and 7.
Cpu detect_cpu() noexcept {
  Cpu cpu;
  std::uint32_t a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return cpu;
  cpu.sse2 = bit(d, 26);
  cpu.sse41 = cpu.sse2 && bit(c, 9) && bit(c, 19);
  const bool fma = bit(c, 12), osxsave = bit(c, 27), avx = bit(c, 28);
  if (!osxsave || !avx || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return cpu;

  const std::uint32_t states = saved_states();
  const bool ymm = (states & 0x06) == 0x06; // SSE, AVX
  const bool zmm = (states & 0xe6) == 0xe6; // and opmask, upper halves, registers 16 to 31
  cpu.avx2 = ymm && fma && bit(b, 5);
  cpu.avx512 = cpu.avx2 && zmm && bit(b, 16) && bit(b, 17) && bit(b, 28) && bit(b, 30) && bit(b, 31);
  cpu.avx512vnni = cpu.avx512 && bit(c, 11);
  if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) cpu.avxvnni = cpu.avx2 && bit(a, 4);
  return cpu;
}

#elif defined(__aarch64__)
#if defined(__APPLE__)
namespace {

bool has(const char* feature) {
  int present = 0;
  std::size_t size = sizeof present;
  return sysctlbyname(feature, &present, &size, nullptr, 0) == 0 && present != 0;
}

} // namespace
#endif

Cpu detect_cpu() noexcept {
  Cpu cpu;
  cpu.neon = true;                              // part of AArch64
#if defined(__linux__)
  constexpr unsigned long kAsimdDp = 1ul << 20; // HWCAP_ASIMDDP
  constexpr unsigned long kI8mm = 1ul << 13;    // HWCAP2_I8MM
  cpu.neondot = (getauxval(AT_HWCAP) & kAsimdDp) != 0;
  cpu.neoni8mm = cpu.neondot && (getauxval(AT_HWCAP2) & kI8mm) != 0;
#elif defined(__APPLE__)
  cpu.neondot = has("hw.optional.arm.FEAT_DotProd");
  cpu.neoni8mm = cpu.neondot && has("hw.optional.arm.FEAT_I8MM");
#endif
#if defined(__ARM_FEATURE_DOTPROD)
  cpu.neondot = true;
#endif
  return cpu;
}

#else

Cpu detect_cpu() noexcept {
  return {};
}

#endif

} // namespace heed::kernels
