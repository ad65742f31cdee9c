// Two-plane scans: bounds from the high nibbles, values from both.
#ifndef HEED_RUNTIME_KERNELS_SCAN_SCAN_PLANES_HPP
#define HEED_RUNTIME_KERNELS_SCAN_SCAN_PLANES_HPP

#include "runtime/kernels/simd/tiles.hpp"

namespace heed::kernels {
namespace {

// The sums of x times the nibbles of a block in P planes for R users.
template <class A, size_t R, size_t P>
HEED_INLINE void nibble_tile(F16<A> (&sums)[R][P], const int8_t* x, size_t x_stride,
                             const uint8_t* const (&planes)[P], size_t steps) {
  using Nibbles = typename A::Nibbles;
  typename Nibbles::Sums whole[R][P];
  for (size_t r = 0; r < R; ++r)
    for (size_t p = 0; p < P; ++p) whole[r][p] = Nibbles::zero();
  for (size_t first = 0; first < steps; first += kPlaneSteps) {
    typename Nibbles::Sums partial[R][P];
    for (size_t r = 0; r < R; ++r)
      for (size_t p = 0; p < P; ++p) partial[r][p] = Nibbles::zero();
    const size_t end = smaller(first + kPlaneSteps, steps);
    for (size_t g = first; g < end; ++g) {
      typename Nibbles::Weights weights[P];
      for (size_t p = 0; p < P; ++p) weights[p] = Nibbles::load(planes[p] + g * 64);
      for (size_t r = 0; r < R; ++r) {
        const int8_t* columns = x + r * x_stride + 8 * g;
        const typename Nibbles::Input low = Nibbles::input(columns), high = Nibbles::input(columns + 4);
        for (size_t p = 0; p < P; ++p) Nibbles::add(partial[r][p], weights[p], low, high);
      }
    }
    for (size_t r = 0; r < R; ++r)
      for (size_t p = 0; p < P; ++p) Nibbles::widen(whole[r][p], partial[r][p]);
  }
  for (size_t r = 0; r < R; ++r)
    for (size_t p = 0; p < P; ++p) Nibbles::to_float(whole[r][p], sums[r][p].part);
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
  F16<A> sums[R][1];
  nibble_tile<A>(sums, args.u + user * args.u_stride, args.u_stride, {args.high + block * steps * 64}, steps);
  bool below = true;
  for (size_t r = 0; r < R; ++r) {
    const float rest = args.bounds[block] * args.u_norms[user + r];
    const F16<A> most = sums[r][0] * F16<A>::broadcast(16.0f) + F16<A>::broadcast(rest + bases[user + r]);
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
    F16<A> sums[1][2];
    nibble_tile<A>(sums, args.u + user * args.u_stride, 0, {args.high + at, args.low + at}, steps);
    const F16<A> start = F16<A>::broadcast(static_cast<float>(-128 * args.u_quant[user].sum));
    const F16<A> sum = sums[0][0] * F16<A>::broadcast(16.0f) + start + sums[0][1];
    plane_value<A>(args, user, block, sum).store(values + user * kBlock);
  }
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SCAN_SCAN_PLANES_HPP
