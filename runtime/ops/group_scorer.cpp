#include "runtime/ops/group_scorer.hpp"

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

void GroupScorer::collect(std::uint64_t first, std::uint64_t end, const Span<const std::uint64_t>* excluded,
                          TopK* best) const {
  alignas(base::kAlignment) float values[kScanUsers * kBlock];
  float thresholds[kScanUsers];
  const std::size_t blocks = (end + kBlock - 1) / kBlock;
  const std::size_t bytes = kBlock * rows_.cols * (rows_.dtype == DType::i8 ? 1 : sizeof(float));
  const std::size_t chunk = std::max<std::size_t>(kChunkBytes / bytes, 1);
  for (std::size_t from = first / kBlock; from < blocks; from += chunk) {
    const std::size_t to = std::min(from + chunk, blocks);
    for (std::size_t u = 0; u < users_; u += kScanUsers) {
      const std::size_t users = std::min(kScanUsers, users_ - u);
      for (std::size_t block = from;; ++block) {
        for (std::size_t i = 0; i < users; ++i) thresholds[i] = best[u + i].threshold();
        block = scan(u, users, block, to, thresholds, values);
        if (block == to) break;
        const std::uint64_t row = block * kBlock;
        const std::size_t lanes = std::min<std::uint64_t>(kBlock, end - row); // further rows are not items
        for (std::size_t i = 0; i < users; ++i)
          for (std::size_t lane = 0; lane < lanes; ++lane) {
            const float value = values[i * kBlock + lane];
            if (value <= best[u + i].threshold()) continue;
            const Span<const std::uint64_t>& without = excluded[u + i];
            if (!std::binary_search(without.begin(), without.end(), row + lane))
              best[u + i].offer({value, row + lane});
          }
      }
    }
  }
}

void GroupScorer::finish(std::size_t user, TopK* best) const {
  UserScorer(kernels_, rows_, bias_, vectors_, user).finish(best);
}

} // namespace heed::ops
