// Two-plane scans: bounds from the high nibbles, values from both.
#ifndef HEED_RUNTIME_KERNELS_SCAN_SCAN_PLANES_HPP
#define HEED_RUNTIME_KERNELS_SCAN_SCAN_PLANES_HPP

#include "runtime/kernels/simd/tiles.hpp"

namespace heed::kernels {
namespace {

// The sums of x times the nibbles of a block for R users.
template <class A, size_t R>
HEED_INLINE void nibble_tile(F16<A> (&sums)[R], const int8_t* x, size_t x_stride, const uint8_t* plane,
                             size_t steps) {
  using Nibbles = typename A::Nibbles;
  typename Nibbles::Sums whole[R];
  for (size_t r = 0; r < R; ++r) whole[r] = Nibbles::zero();
  for (size_t first = 0; first < steps; first += kPlaneSteps) {
    typename Nibbles::Sums partial[R];
    for (size_t r = 0; r < R; ++r) partial[r] = Nibbles::zero();
    const size_t end = smaller(first + kPlaneSteps, steps);
    for (size_t g = first; g < end; ++g) {
      const typename Nibbles::Weights weights = Nibbles::load(plane + g * 64);
      for (size_t r = 0; r < R; ++r) {
        const int8_t* columns = x + r * x_stride + 8 * g;
        Nibbles::add(partial[r], weights, Nibbles::input(columns), Nibbles::input(columns + 4));
      }
    }
    for (size_t r = 0; r < R; ++r) Nibbles::widen(whole[r], partial[r]);
  }
  for (size_t r = 0; r < R; ++r) Nibbles::to_float(whole[r], sums[r].part);
}

// For one user; compact, one copy out of line serves scan and score.
template <class A>
HEED_NOINLINE void nibble_sums_apart(float* sums, const int8_t* x, const uint8_t* plane, size_t steps) {
  F16<A> one[1];
  nibble_tile<A>(one, x, 0, plane, steps);
  one[0].store(sums);
}
template <class A>
HEED_INLINE F16<A> nibble_sums(const int8_t* x, const uint8_t* plane, size_t steps) {
  if constexpr (kCompact) {
    alignas(64) float sums[kBlock];
    nibble_sums_apart<A>(sums, x, plane, steps);
    return F16<A>::load(sums);
  } else {
    F16<A> one[1];
    nibble_tile<A>(one, x, 0, plane, steps);
    return one[0];
  }
}

// What ScanI8 does to a float sum.
template <class A>
HEED_INLINE F16<A> plane_value(const ScanPlanesI8& args, size_t user, size_t block, F16<A> sum) {
  const F16<A> value = sum * F16<A>::load(args.row_scales + block * kBlock);
  if (!args.bias) return value;
  return fma(value, F16<A>::broadcast(args.u_quant[user].scale), F16<A>::load(args.bias + block * kBlock));
}

// Whether the block holds nothing above the threshold of R users from `user` on.
template <class A, size_t R>
HEED_INLINE bool planes_below(const ScanPlanesI8& args, size_t user, size_t block, size_t steps,
                              const float* bases, const float* thresholds) {
  const int8_t* u = args.u + user * args.u_stride;
  const uint8_t* plane = args.high + block * steps * 64;
  F16<A> sums[R];
  if constexpr (R == 1)
    sums[0] = nibble_sums<A>(u, plane, steps);
  else
    nibble_tile<A>(sums, u, args.u_stride, plane, steps);
  bool below = true;
  for (size_t r = 0; r < R; ++r) {
    const float rest = args.bounds[block] * args.u_norms[user + r];
    const F16<A> most = sums[r] * F16<A>::broadcast(16.0f) + F16<A>::broadcast(rest + bases[user + r]);
    below =
        all(plane_value<A>(args, user + r, block, most) <= F16<A>::broadcast(thresholds[user + r])) && below;
  }
  return below;
}

template <class A>
uint64_t scan_planes_i8(const ScanPlanesI8& args, size_t begin, size_t end, const float* thresholds) {
  constexpr size_t R = kCompact ? 1 : kScanUsers;
  constexpr size_t blocks_ahead = 12; // a prefetch of every line is slower, by up to a half (AVX2, Zen 4)
  const size_t steps = (args.cols + 7) / 8;
  float bases[kScanUsers];
  for (size_t user = 0; user < args.users; ++user) bases[user] = plane_base(args.u_quant[user].sum);
  uint64_t found = 0;
  for (size_t block = begin; block < end; ++block) {
    __builtin_prefetch(args.high + (block + blocks_ahead) * steps * 64); // the hardware follows
    bool below = true;
    size_t user = 0;
    for (; user + R <= args.users; user += R)
      below = planes_below<A, R>(args, user, block, steps, bases, thresholds) && below;
    if constexpr (R > 1)
      for (; user < args.users; ++user)
        below = planes_below<A, 1>(args, user, block, steps, bases, thresholds) && below;
    if (below) continue;
    found |= uint64_t{1} << (block - begin);
    for (size_t step = 0; step < steps; ++step) // the caller is about to finish it
      __builtin_prefetch(args.low + (block * steps + step) * 64);
  }
  return found;
}

// Every step is exact: see ScanPlanesI8.
template <class A>
void score_planes_i8(const ScanPlanesI8& args, size_t block, float* values) {
  const size_t steps = (args.cols + 7) / 8, at = block * steps * 64;
  for (size_t user = 0; user < args.users; ++user) {
    const int8_t* u = args.u + user * args.u_stride;
    const F16<A> high = nibble_sums<A>(u, args.high + at, steps),
                 low = nibble_sums<A>(u, args.low + at, steps);
    const F16<A> start = F16<A>::broadcast(static_cast<float>(-128 * args.u_quant[user].sum));
    const F16<A> sum = high * F16<A>::broadcast(16.0f) + start + low;
    plane_value<A>(args, user, block, sum).store(values + user * kBlock);
  }
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SCAN_SCAN_PLANES_HPP
