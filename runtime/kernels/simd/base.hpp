// What every SIMD header needs. These headers are compiled once per instruction set, with flags that other
// translation units must never see, so everything in them is in an unnamed namespace and inlined: nothing the
// linker could merge with another file's copy. tests/runtime/kernels/check_symbols.py watches over it.
#ifndef HEED_RUNTIME_KERNELS_SIMD_BASE_HPP
#define HEED_RUNTIME_KERNELS_SIMD_BASE_HPP

#include "runtime/kernels/isa/tables.hpp"

#include <cstddef>
#include <cstdint>

#if defined(__FAST_MATH__)
#error "heed's kernels promise exact results: build them without -ffast-math"
#endif

#define HEED_INLINE inline __attribute__((always_inline))
#define HEED_NOINLINE __attribute__((noinline))
// In the way of speed when out of line, and of size when not.
#if defined(HEED_SIZE_OPTIMIZED)
#define HEED_INLINE_IF_FAST HEED_NOINLINE
#else
#define HEED_INLINE_IF_FAST HEED_INLINE
#endif

namespace heed::kernels {
namespace {

// Fewer copies of what is not the innermost loop, at the cost of some speed.
#if defined(HEED_SIZE_OPTIMIZED)
constexpr bool kCompact = true;
#else
constexpr bool kCompact = false;
#endif

using std::int32_t;
using std::int8_t;
using std::size_t;
using std::uint64_t;
using std::uint8_t;

// Steps of a plane of nibbles whose products a partial sum takes (NibblesAvx2).
constexpr size_t kPlaneSteps = 4;

HEED_INLINE size_t round_up(size_t n, size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}
HEED_INLINE size_t block_count(size_t rows) {
  return (rows + kBlock - 1) / kBlock;
}
HEED_INLINE size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_BASE_HPP
