#include "runtime/ops/group_scorer.hpp"

#include "runtime/base/arithmetic.hpp"
#include "runtime/ops/catalogue.hpp"

#include <algorithm>

namespace heed::ops {

namespace {

using kernels::kBlock;
using kernels::kScanUsers;

// Rows that all users of a group are scored against before the next: they stay in the first cache beside the
// users.
constexpr std::size_t kChunkBytes = 16384;

} // namespace

GroupScorer::GroupScorer(const kernels::KernelTable& kernels, const Constant& rows, const float* bias,
                         const RowsView& vectors, std::size_t users, std::int8_t* quantized) noexcept
    : kernels_(kernels), rows_(rows), bias_(bias), vectors_(vectors), users_(users),
      quantized_stride_(base::round_up(rows.cols, base::kAlignment)), quantized_(quantized) {
  if (rows.dtype == DType::i8)
    kernels.quantize_rows(
        {vectors.data, quantized, quants_, users, rows.cols, vectors.stride, quantized_stride_});
}

std::size_t GroupScorer::scan(std::size_t first_user, std::size_t users, std::size_t begin, std::size_t end,
                              const float* thresholds, float* values) const {
  if (rows_.dtype == DType::i8)
    return kernels_.scan_users_i8({rows_.i8(), rows_.scales, bias_,
                                   quantized_ + first_user * quantized_stride_, quants_ + first_user,
                                   rows_.cols, quantized_stride_, users},
                                  begin, end, thresholds, values);
  return kernels_.scan_users_f32(
      {rows_.f32(), bias_, vectors_.data + first_user * vectors_.stride, rows_.cols, vectors_.stride, users},
      begin, end, thresholds, values);
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
  best->finish();
  const bool scaled = rows_.dtype == DType::i8 && bias_ == nullptr;
  for (ScoredRow& kept : *best)
    kept.score = canonical(scaled ? kept.score * quants_[user].scale : kept.score);
}

} // namespace heed::ops
