// F16<Arch>: sixteen float lanes, whatever the register width. Kernels are written on it once.
//
// An Arch (sse2.hpp, avx2.hpp...) supplies, for its register type Batch, which on x86 is xsimd's batch:
//   fma(a, b, c), select(mask, a, b), all(mask), abs(x), or_sign(magnitude, sign), add_exponent(x, t),
//   max_bits(a, b), sum_tree(x), max_tree(x), largest_bits(x), store_rounded(parts, out, sum): 16 values to
//   bytes, rounded to nearest even, added to a ByteSum; transpose4(...), the 8-bit dot product Dot, that of
//   nibbles Nibbles, and the tile sizes; `lanes` is 16; `fused`: fma is one instruction; `extends`: only the
//   bytes are its own, the rest is in `float_table`, and without `own_planes` (where they buy little and size
//   counts) scans of planes, too. xsimd supplies the loads, +, -, *, and comparisons. Never use its /, sqrt,
//   exp, rounding or reductions: their results differ from one instruction set to the next.
#ifndef HEED_RUNTIME_KERNELS_SIMD_F16_HPP
#define HEED_RUNTIME_KERNELS_SIMD_F16_HPP

#include "runtime/kernels/simd/base.hpp"

namespace heed::kernels {
namespace {

constexpr float kInfinity = __builtin_inff();
alignas(64) constexpr float kLaneIndex[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

template <class Arch>
struct F16 {
  using Batch = typename Arch::Batch;
  static constexpr size_t lanes = Arch::lanes, parts = lanes / Batch::size;
  Batch part[parts];

  static HEED_INLINE F16 broadcast(float value) {
    F16 r;
    const Batch b(value);
    for (size_t i = 0; i < parts; ++i) r.part[i] = b;
    return r;
  }
  static HEED_INLINE F16 load(const float* p) {
    F16 r;
    for (size_t i = 0; i < parts; ++i) r.part[i] = Batch::load_unaligned(p + i * Batch::size);
    return r;
  }
  HEED_INLINE void store(float* p) const {
    for (size_t i = 0; i < parts; ++i) part[i].store_unaligned(p + i * Batch::size);
  }
};

// The Arch for lane-wise functions of many multiply-adds: compact, with one register of lanes where each is
// long (slower by nearly two, for their latencies do not overlap).
template <class A>
struct OneRegister : A {
  static constexpr size_t lanes = A::Batch::size;
};
template <class A, bool wide = A::fused || !kCompact>
struct Compact {
  using Arch = A;
};
template <class A>
struct Compact<A, false> {
  using Arch = OneRegister<A>;
};

template <class Arch>
struct Mask16 {
  typename Arch::Mask part[F16<Arch>::parts];
};

// One lane-wise operation for each line; the loops have a constant length and vanish.
#define HEED_LANES(RESULT, EXPRESSION)                                                                       \
  RESULT r;                                                                                                  \
  for (size_t i = 0; i < F16<A>::parts; ++i) r.part[i] = EXPRESSION;                                         \
  return r

template <class A>
HEED_INLINE F16<A> operator+(F16<A> a, F16<A> b) {
  HEED_LANES(F16<A>, a.part[i] + b.part[i]);
}
template <class A>
HEED_INLINE F16<A> operator-(F16<A> a, F16<A> b) {
  HEED_LANES(F16<A>, a.part[i] - b.part[i]);
}
template <class A>
HEED_INLINE F16<A> operator*(F16<A> a, F16<A> b) {
  HEED_LANES(F16<A>, a.part[i] * b.part[i]);
}
// For the innermost loops.
template <class A>
HEED_INLINE F16<A> inline_fma(F16<A> a, F16<A> b, F16<A> c) {
  HEED_LANES(F16<A>, A::fma(a.part[i], b.part[i], c.part[i]));
}
template <class A>
HEED_NOINLINE typename A::Batch fma_apart(typename A::Batch a, typename A::Batch b, typename A::Batch c) {
  return A::fma(a, b, c);
}
// Compact, it is out of line where it is long: hundreds of copies make half of a table.
template <class A>
HEED_INLINE F16<A> fma(F16<A> a, F16<A> b, F16<A> c) {
  if constexpr (A::fused || !kCompact) return inline_fma(a, b, c);
  HEED_LANES(F16<A>, fma_apart<A>(a.part[i], b.part[i], c.part[i]));
}
// Comparisons with a NaN are false.
template <class A>
HEED_INLINE Mask16<A> operator>(F16<A> a, F16<A> b) {
  HEED_LANES(Mask16<A>, (a.part[i] > b.part[i]));
}
template <class A>
HEED_INLINE Mask16<A> operator<(F16<A> a, F16<A> b) {
  HEED_LANES(Mask16<A>, (a.part[i] < b.part[i]));
}
template <class A>
HEED_INLINE Mask16<A> operator<=(F16<A> a, F16<A> b) {
  HEED_LANES(Mask16<A>, (a.part[i] <= b.part[i]));
}
template <class A>
HEED_INLINE Mask16<A> operator==(F16<A> a, F16<A> b) {
  HEED_LANES(Mask16<A>, (a.part[i] == b.part[i]));
}
template <class A>
HEED_INLINE Mask16<A> operator&(Mask16<A> a, Mask16<A> b) {
  HEED_LANES(Mask16<A>, a.part[i] & b.part[i]);
}
template <class A>
HEED_INLINE F16<A> select(Mask16<A> m, F16<A> yes, F16<A> no) {
  HEED_LANES(F16<A>, A::select(m.part[i], yes.part[i], no.part[i]));
}
template <class A>
HEED_INLINE F16<A> abs(F16<A> a) {
  HEED_LANES(F16<A>, A::abs(a.part[i]));
}
// Gives a magnitude (sign bit clear) the sign of `sign`.
template <class A>
HEED_INLINE F16<A> or_sign(F16<A> magnitude, F16<A> sign) {
  HEED_LANES(F16<A>, A::or_sign(magnitude.part[i], sign.part[i]));
}
// Adds the low bits of t, as they are, to the exponent of x: x * 2^n when t = n + kRoundMagic.
template <class A>
HEED_INLINE F16<A> add_exponent(F16<A> x, F16<A> t) {
  HEED_LANES(F16<A>, A::add_exponent(x.part[i], t.part[i]));
}
// The larger of two non-negative values by their bits, so that NaN is above infinity.
template <class A>
HEED_INLINE F16<A> max_bits(F16<A> a, F16<A> b) {
  HEED_LANES(F16<A>, A::max_bits(a.part[i], b.part[i]));
}
#undef HEED_LANES

template <class A>
HEED_INLINE F16<A> max(F16<A> newer, F16<A> older) {
  return select(newer > older, newer, older);
}
// Lanes 0 to n - 1.
template <class A>
HEED_INLINE Mask16<A> first_lanes(size_t n) {
  return F16<A>::load(kLaneIndex) < F16<A>::broadcast(static_cast<float>(n));
}
template <class A>
HEED_INLINE bool all(Mask16<A> m) {
  for (size_t i = 1; i < F16<A>::parts; ++i) m.part[0] = m.part[0] & m.part[i];
  return A::all(m.part[0]);
}

// Folds the upper half of the parts onto the lower one until a register is left, which the Arch finishes:
// lanes i and i + 8, then i + 4, i + 2, i + 1.
template <class A>
HEED_INLINE float sum_tree(F16<A> a) {
  for (size_t half = F16<A>::parts / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i) a.part[i] = a.part[i] + a.part[i + half];
  return A::sum_tree(a.part[0]);
}
template <class A>
HEED_INLINE float max_tree(F16<A> a) {
  for (size_t half = F16<A>::parts / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i)
      a.part[i] = A::select(a.part[i + half] > a.part[i], a.part[i + half], a.part[i]);
  return A::max_tree(a.part[0]);
}

// The bits of the largest of non-negative values, as max_bits() has it.
template <class A>
HEED_INLINE int32_t largest_bits(F16<A> a) {
  for (size_t half = F16<A>::parts / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i) a.part[i] = A::max_bits(a.part[i], a.part[i + half]);
  return A::largest_bits(a.part[0]);
}

// a / b with the IEEE division of plain C, which compilers turn into vector divisions.
template <class A>
HEED_INLINE F16<A> divide(F16<A> a, F16<A> b) {
  alignas(64) float x[F16<A>::lanes], y[F16<A>::lanes];
  a.store(x);
  b.store(y);
  for (size_t i = 0; i < F16<A>::lanes; ++i) x[i] /= y[i];
  return F16<A>::load(x);
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_F16_HPP
