// The floating-point mode that the numeric contract needs: round to nearest even, subnormals kept, no traps.
#ifndef HEED_RUNTIME_BASE_FP_SCOPE_HPP
#define HEED_RUNTIME_BASE_FP_SCOPE_HPP

#include <cstdint>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace heed::base {

// Sets the mode for its lifetime and gives the caller's mode (an app may run with flush-to-zero) back.
class FpScope {
 public:
  FpScope() noexcept {
#if defined(__SSE2__)
    saved_ = _mm_getcsr();
    _mm_setcsr(0x1F80u);
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    const std::uint64_t standard = 0;
    __asm__ volatile("msr fpcr, %0" : : "r"(standard));
#endif
  }
  ~FpScope() {
#if defined(__SSE2__)
    _mm_setcsr(saved_);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(saved_));
#endif
  }
  FpScope(const FpScope&) = delete;
  FpScope& operator=(const FpScope&) = delete;

 private:
#if defined(__SSE2__)
  unsigned saved_ = 0;
#elif defined(__aarch64__)
  std::uint64_t saved_ = 0;
#endif
};

} // namespace heed::base

#endif // HEED_RUNTIME_BASE_FP_SCOPE_HPP
