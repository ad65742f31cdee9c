// Catalogue scans for several users at once: a register tile of users by the 16 rows of a block.
#ifndef HEED_RUNTIME_KERNELS_SCAN_SCAN_USERS_HPP
#define HEED_RUNTIME_KERNELS_SCAN_SCAN_USERS_HPP

#include "runtime/kernels/simd/tiles.hpp"

namespace heed::kernels {
namespace {

// Users whose sums the registers hold. Compact, one: a row is still read once for all.
constexpr size_t users_at_once(size_t tile_rows) {
  return kCompact ? 1 : tile_rows < kScanUsers ? tile_rows : kScanUsers;
}

// One catalogue format against up to kScanUsers vectors: the ranking values of block `block` for R users from
// `user` on.
template <class A>
class UsersF32 {
 public:
  using Args = ScanUsersF32;
  static constexpr size_t at_once = users_at_once(A::tile_rows);
  HEED_INLINE explicit UsersF32(const ScanUsersF32& args) : args_(args) {}

  template <size_t R>
  HEED_INLINE void score(size_t user, size_t block, F16<A> (&values)[R][1]) const {
    clear(values);
    fma_tile(values, args_.u + user * args_.u_stride, args_.u_stride,
             args_.rows_n16 + block * args_.cols * kBlock, 0, kBlock, args_.cols);
    if (!args_.bias) return;
    const F16<A> bias = F16<A>::load(args_.bias + block * kBlock);
    for (size_t r = 0; r < R; ++r) values[r][0] = values[r][0] + bias;
  }

 private:
  const ScanUsersF32& args_;
};

template <class A>
class UsersI8 {
  using Dot = typename A::Dot;

 public:
  using Args = ScanUsersI8;
  static constexpr size_t at_once = users_at_once(A::dot_tile_rows);
  HEED_INLINE explicit UsersI8(const ScanUsersI8& args)
      : args_(args), groups_((args.cols + 3) / 4), u_(args.u, args.u_stride, groups_, args.users) {}

  template <size_t R>
  HEED_INLINE void score(size_t user, size_t block, F16<A> (&values)[R][1]) {
    typename Dot::Sums sums[R][1];
    dot_tile<A>(sums, u_, args_.u_quant, user, args_.rows_n16k4 + block * groups_ * 64, groups_);
    const F16<A> scales = F16<A>::load(args_.row_scales + block * kBlock);
    for (size_t r = 0; r < R; ++r) {
      values[r][0] = to_float<A>(sums[r][0]) * scales;
      if (args_.bias)
        values[r][0] = fma(values[r][0], F16<A>::broadcast(args_.u_quant[user + r].scale),
                           F16<A>::load(args_.bias + block * kBlock));
    }
  }

 private:
  const ScanUsersI8& args_;
  size_t groups_;
  typename Dot::template Inputs<kScanUsers> u_;
};

// The values of R users from `user` on for one block go to `values`; whether none is above its threshold.
template <class A, size_t R, class Users>
HEED_INLINE bool users_below(Users& users, size_t user, size_t block, const float* thresholds,
                             float* values) {
  F16<A> scores[R][1];
  users.score(user, block, scores);
  Mask16<A> below = scores[0][0] <= F16<A>::broadcast(thresholds[user]);
  for (size_t r = 1; r < R; ++r) below = below & (scores[r][0] <= F16<A>::broadcast(thresholds[user + r]));
  for (size_t r = 0; r < R; ++r) scores[r][0].store(values + (user + r) * kBlock);
  return all(below);
}

// Whole tiles of users, then one user after the other: a batch has such a rest once, at its end.
template <class Users, class A>
HEED_INLINE size_t scan_users(const typename Users::Args& args, size_t begin, size_t end,
                              const float* thresholds, float* values) {
  Users users(args);
  for (size_t block = begin; block < end; ++block) {
    constexpr size_t R = Users::at_once;
    bool below = true;
    size_t user = 0;
    for (; user + R <= args.users; user += R)
      below = users_below<A, R>(users, user, block, thresholds, values) && below;
    if constexpr (R > 1)
      for (; user < args.users; ++user)
        below = users_below<A, 1>(users, user, block, thresholds, values) && below;
    if (!below) return block;
  }
  return end;
}

template <class A>
size_t scan_users_f32(const ScanUsersF32& args, size_t begin, size_t end, const float* thresholds,
                      float* values) {
  return scan_users<UsersF32<A>, A>(args, begin, end, thresholds, values);
}
template <class A>
size_t scan_users_i8(const ScanUsersI8& args, size_t begin, size_t end, const float* thresholds,
                     float* values) {
  return scan_users<UsersI8<A>, A>(args, begin, end, thresholds, values);
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SCAN_SCAN_USERS_HPP
