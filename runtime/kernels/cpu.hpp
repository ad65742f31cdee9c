// Which instruction sets this processor and its operating system offer.
#ifndef HEED_RUNTIME_KERNELS_CPU_HPP
#define HEED_RUNTIME_KERNELS_CPU_HPP

namespace heed::kernels {

struct Cpu {
  bool sse2 = false;
  bool avx2 = false;       // with FMA, and the system saves the 256-bit registers
  bool avx512 = false;     // avx2 and AVX-512 F, CD, DQ, BW, VL; the system saves the 512-bit registers
  bool avx512vnni = false; // avx512 and VNNI
  bool neon = false;
  bool neondot = false; // neon and the dot product instructions
};

Cpu detect_cpu() noexcept;

} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_CPU_HPP
