#include "runtime/ops/group_scorer.hpp"

#include "runtime/ops/block_values.hpp"
#include "runtime/ops/left_out.hpp"

#include <algorithm>

namespace heed::ops {

namespace {

using kernels::kBlock;
using kernels::kScanUsers;

// Rows that all users of a group are scored against before the next: they stay in the first cache beside the
// users.
constexpr std::size_t kChunkBytes = 16384;

} // namespace

std::size_t GroupScorer::scan(std::size_t first_user, std::size_t users, std::size_t begin, std::size_t end,
                              const float* thresholds, float* values) const {
  if (rows_.dtype == DType::i8) {
    const QuantizedView& i8 = vectors_.i8;
    return kernels_.scan_users_i8({rows_.i8(), rows_.scales, bias_, i8.data + first_user * i8.stride,
                                   i8.quant + first_user, rows_.cols, i8.stride, users},
                                  begin, end, thresholds, values);
  }
  const RowsView& f32 = vectors_.f32;
  return kernels_.scan_users_f32(
      {rows_.f32(), bias_, f32.data + first_user * f32.stride, rows_.cols, f32.stride, users}, begin, end,
      thresholds, values);
}

template <class Thresholds, class Offer>
void GroupScorer::scan_chunk(std::size_t first_user, std::size_t users, std::size_t from, std::size_t to,
                             Thresholds thresholds, Offer offer) const {
  alignas(base::kAlignment) float values[kScanUsers * kBlock];
  if (rows_.layout == Layout::planes) {
    const kernels::ScanPlanesI8 planes = vectors_.planes(rows_, bias_, first_user, users);
    for (std::uint64_t found = kernels_.scan_planes_i8(planes, from, to, thresholds()); found != 0;
         found &= found - 1) {
      const std::size_t block = from + static_cast<std::size_t>(__builtin_ctzll(found));
      kernels_.score_planes_i8(planes, block, values);
      offer(block, values);
    }
    return;
  }
  for (std::size_t block = from;; ++block) {
    block = scan(first_user, users, block, to, thresholds(), values);
    if (block == to) return;
    offer(block, values);
  }
}

void GroupScorer::collect(std::uint64_t first, std::uint64_t end, const Span<const std::uint64_t>* excluded,
                          TopK* best) const {
  const std::size_t blocks = (end + kBlock - 1) / kBlock;
  const std::size_t bytes = kBlock * rows_.cols * (rows_.dtype == DType::i8 ? 1 : sizeof(float));
  // No more than a scan of planes takes.
  const std::size_t chunk = std::clamp<std::size_t>(kChunkBytes / bytes, 1, kernels::kPlaneBlocks);
  LeftOut left_out[kGroup];
  for (std::size_t u = 0; u < users_; ++u) left_out[u] = LeftOut(excluded[u]);
  for (std::size_t from = first / kBlock; from < blocks; from += chunk) {
    const std::size_t to = std::min(from + chunk, blocks);
    for (std::size_t u = 0; u < users_; u += kScanUsers) {
      const std::size_t users = std::min(kScanUsers, users_ - u);
      float limits[kScanUsers];
      const auto thresholds = [&] {
        for (std::size_t i = 0; i < users; ++i) limits[i] = best[u + i].threshold();
        return limits;
      };
      scan_chunk(u, users, from, to, thresholds, [&](std::size_t block, const float* values) {
        for (std::size_t i = 0; i < users; ++i)
          offer_block(
              block, end, values + i * kBlock, [&] { return best[u + i].threshold(); },
              [&](std::uint64_t row, float value) {
                if (!left_out[u + i].holds(row)) best[u + i].offer({value, row});
              });
      });
    }
  }
}

void GroupScorer::finish(std::size_t user, TopK* best) const {
  UserScorer(kernels_, rows_, bias_, vectors_, user).finish(best);
}

} // namespace heed::ops
