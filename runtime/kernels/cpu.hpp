// Which instruction sets this processor and its operating system offer.
#ifndef HEED_RUNTIME_KERNELS_CPU_HPP
#define HEED_RUNTIME_KERNELS_CPU_HPP

namespace heed::kernels {

struct Cpu {
  bool sse2 = false;
  bool sse41 = false;      // and SSSE3
  bool avx2 = false;       // with FMA, and the system saves the 256-bit registers
  bool avxvnni = false;    // avx2 and VNNI on 256-bit registers without AVX-512
  bool avx512 = false;     // avx2 and AVX-512 F, CD, DQ, BW, VL; the system saves the 512-bit registers
  bool avx512vnni = false; // avx512 and VNNI
  bool neon = false;
  bool neondot = false;  // neon and the dot product instructions
  bool neoni8mm = false; // neondot and the 8-bit matrix products
};

Cpu detect_cpu() noexcept;

} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_CPU_HPP
