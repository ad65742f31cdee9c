// The sequences of AArch64: those of runtime/kernels/simd.
#include "bench/roofline/compute.hpp"

#if defined(__aarch64__)

#include "runtime/kernels/cpu.hpp"

#include <arm_neon.h>

// GCC has the intrinsics of every extension; others have those that all of the file is compiled for.
#if defined(__GNUC__) && !defined(__clang__)
#define HEED_TARGET(features) __attribute__((target(features)))
#define HEED_DOTPROD 1
#define HEED_I8MM 1
#else
#define HEED_TARGET(features)
#if defined(__ARM_FEATURE_DOTPROD)
#define HEED_DOTPROD 1
#endif
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define HEED_I8MM 1
#endif
#endif

namespace heed::bench {

namespace {

constexpr int kRegisters = 16; // up to four a cycle, latency 4

HEED_SEQUENCE(neon_fp32, HEED_TARGET("arch=armv8-a"), "w", float32x4_t, vdupq_n_f32(0), vdupq_n_f32(0.5f),
              kRegisters, s = vfmaq_f32(s, a, b))
// A register of bytes, as the macro's one type.
#define HEED_BYTES(x) vreinterpretq_s8_s32(x)
HEED_SEQUENCE(neon_int8, HEED_TARGET("arch=armv8-a"), "w", int32x4_t, vdupq_n_s32(0), vdupq_n_s32(0x01010101),
              kRegisters, s = vpadalq_s16(s, vmull_high_s8(HEED_BYTES(a), HEED_BYTES(b))))
#if HEED_DOTPROD
HEED_SEQUENCE(neondot_int8, HEED_TARGET("arch=armv8.2-a+dotprod"), "w", int32x4_t, vdupq_n_s32(0),
              vdupq_n_s32(0x01010101), kRegisters, s = vdotq_s32(s, HEED_BYTES(a), HEED_BYTES(b)))
#endif
#if HEED_I8MM
HEED_SEQUENCE(i8mm_int8, HEED_TARGET("arch=armv8.2-a+i8mm"), "w", int32x4_t, vdupq_n_s32(0),
              vdupq_n_s32(0x01010101), kRegisters, s = vmmlaq_s32(s, HEED_BYTES(a), HEED_BYTES(b)))
#endif

} // namespace

std::vector<Sequence> sequences() {
  constexpr Arithmetic fp32 = Arithmetic::fp32, int8 = Arithmetic::int8;
  const char* const fma = "fmla";
  std::vector<Sequence> all = {{"neon", fp32, fma, 8 * kRegisters, neon_fp32},
                               {"neon", int8, "smull2 sadalp", 16 * kRegisters, neon_int8}};
#if HEED_DOTPROD
  if (kernels::detect_cpu().neondot) {
    all.push_back({"neondot", fp32, fma, 8 * kRegisters, neon_fp32});
    all.push_back({"neondot", int8, "sdot", 32 * kRegisters, neondot_int8});
  }
#endif
#if HEED_I8MM
  if (kernels::detect_cpu().neoni8mm) {
    all.push_back({"neoni8mm", fp32, fma, 8 * kRegisters, neon_fp32});
    all.push_back({"neoni8mm", int8, "smmla", 64 * kRegisters, i8mm_int8});
  }
#endif
  return all;
}

} // namespace heed::bench

#endif
