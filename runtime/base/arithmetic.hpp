// Sizes: rounding, and products and sums that cannot wrap.
#ifndef HEED_RUNTIME_BASE_ARITHMETIC_HPP
#define HEED_RUNTIME_BASE_ARITHMETIC_HPP

#include <cstddef>
#include <cstdint>

namespace heed::base {

constexpr std::size_t kAlignment = 64; // of every buffer and segment: a cache line, and an AVX-512 register

// The smallest multiple of `step` (a power of two) that is not below `value`. Precondition: no overflow.
constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
  return (value + step - 1) & ~(step - 1);
}

// False when the result does not fit 64 bits; `out` is then unspecified.
inline bool checked_mul(std::uint64_t a, std::uint64_t b, std::uint64_t* out) {
  return !__builtin_mul_overflow(a, b, out);
}
inline bool checked_add(std::uint64_t a, std::uint64_t b, std::uint64_t* out) {
  return !__builtin_add_overflow(a, b, out);
}

} // namespace heed::base

#endif // HEED_RUNTIME_BASE_ARITHMETIC_HPP
