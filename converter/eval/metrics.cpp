#include "converter/eval/metrics.hpp"

#include <cmath>

namespace heed::eval {

MetricsAtK metrics_at(std::uint64_t rank, std::uint32_t k) noexcept {
  if (rank > k) return {k, 0, 0, 0, 0, 0};
  const double r = static_cast<double>(rank);
  return {k, 1.0 / std::log2(r + 1.0), 1.0, 1.0, 1.0 / k, 1.0 / r};
}

std::vector<MetricsAtK> mean_metrics(Span<const std::uint64_t> ranks, Span<const std::uint32_t> ks) {
  std::vector<MetricsAtK> means;
  means.reserve(ks.size());
  for (const std::uint32_t k : ks) {
    MetricsAtK mean{k, 0, 0, 0, 0, 0};
    for (const std::uint64_t rank : ranks) {
      const MetricsAtK one = metrics_at(rank, k);
      mean.ndcg += one.ndcg;
      mean.hr += one.hr;
      mean.mrr += one.mrr;
    }
    if (!ranks.empty()) {
      const double users = static_cast<double>(ranks.size());
      mean.ndcg /= users;
      mean.hr /= users;
      mean.mrr /= users;
      mean.recall = mean.hr;
      mean.precision = mean.hr / k;
    }
    means.push_back(mean);
  }
  return means;
}

bool ranks_before(float a, std::uint64_t a_index, float b, std::uint64_t b_index) noexcept {
  if (std::isnan(a) || std::isnan(b)) {
    if (std::isnan(a) && std::isnan(b)) return a_index < b_index;
    return std::isnan(b);
  }
  return a > b || (a == b && a_index < b_index);
}

} // namespace heed::eval
