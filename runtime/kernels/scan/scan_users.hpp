// Catalogue scans for several users at once: a register tile of users by the 16 rows of a block.
#ifndef HEED_RUNTIME_KERNELS_SCAN_SCAN_USERS_HPP
#define HEED_RUNTIME_KERNELS_SCAN_SCAN_USERS_HPP

#include "runtime/kernels/simd/tiles.hpp"

namespace heed::kernels {
namespace {

// The ranking values of block `block` for R users from `user` on.
template <class A, size_t R>
HEED_INLINE void score_users(const ScanUsersF32& args, size_t user, size_t block, F16<A> (&values)[R][1]) {
  clear(values);
  fma_tile(values, args.u + user * args.u_stride, args.u_stride, args.rows_n16 + block * args.cols * kBlock,
           0, kBlock, args.cols);
  if (!args.bias) return;
  const F16<A> bias = F16<A>::load(args.bias + block * kBlock);
  for (size_t r = 0; r < R; ++r) values[r][0] = values[r][0] + bias;
}
template <class A, size_t R>
HEED_INLINE void score_users(const ScanUsersI8& args, size_t user, size_t block, F16<A> (&values)[R][1]) {
  using Dot = typename A::Dot;
  const size_t groups = (args.cols + 3) / 4;
  typename Dot::Sums sums[R][1];
  for (size_t r = 0; r < R; ++r) sums[r][0] = Dot::start(args.u_quant[user + r].sum);
  dot_tile<A>(sums, args.u + user * args.u_stride, args.u_stride, args.rows_n16k4 + block * groups * 64,
              groups);
  const F16<A> scales = F16<A>::load(args.row_scales + block * kBlock);
  for (size_t r = 0; r < R; ++r) {
    values[r][0] = to_float<A>(sums[r][0]) * scales;
    if (args.bias)
      values[r][0] = fma(values[r][0], F16<A>::broadcast(args.u_quant[user + r].scale),
                         F16<A>::load(args.bias + block * kBlock));
  }
}

// The values of R users from `user` on for one block go to `values`; whether none is above its threshold.
template <class A, size_t R, class Args>
HEED_INLINE bool users_below(const Args& args, size_t user, size_t block, const float* thresholds,
                             float* values) {
  F16<A> scores[R][1];
  score_users<A, R>(args, user, block, scores);
  Mask16<A> below = scores[0][0] <= F16<A>::broadcast(thresholds[user]);
  for (size_t r = 1; r < R; ++r) below = below & (scores[r][0] <= F16<A>::broadcast(thresholds[user + r]));
  for (size_t r = 0; r < R; ++r) scores[r][0].store(values + (user + r) * kBlock);
  return all(below);
}

// Users whose sums the registers hold.
template <class A>
constexpr size_t users_at_once(const ScanUsersF32*) {
  return A::tile_rows < kScanUsers ? A::tile_rows : kScanUsers;
}
template <class A>
constexpr size_t users_at_once(const ScanUsersI8*) {
  return A::dot_tile_rows < kScanUsers ? A::dot_tile_rows : kScanUsers;
}

// Whole tiles of users, then one user after the other: a batch has such a rest once, at its end.
template <class A, class Args>
HEED_INLINE size_t scan_users(const Args& args, size_t begin, size_t end, const float* thresholds,
                              float* values) {
  for (size_t block = begin; block < end; ++block) {
    constexpr size_t R = users_at_once<A>(static_cast<const Args*>(nullptr));
    bool below = true;
    size_t user = 0;
    for (; user + R <= args.users; user += R)
      below = users_below<A, R>(args, user, block, thresholds, values) && below;
    for (; user < args.users; ++user)
      below = users_below<A, 1>(args, user, block, thresholds, values) && below;
    if (!below) return block;
  }
  return end;
}

template <class A>
size_t scan_users_f32(const ScanUsersF32& args, size_t begin, size_t end, const float* thresholds,
                      float* values) {
  return scan_users<A>(args, begin, end, thresholds, values);
}
template <class A>
size_t scan_users_i8(const ScanUsersI8& args, size_t begin, size_t end, const float* thresholds,
                     float* values) {
  return scan_users<A>(args, begin, end, thresholds, values);
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SCAN_SCAN_USERS_HPP
