#include "converter/measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace heed::measure {

double quantile(const std::vector<double>& sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

double median(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t middle = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

Summary summarize(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  Summary s{};
  s.p50 = quantile(samples, 0.5);
  s.p90 = quantile(samples, 0.9);
  s.p99 = quantile(samples, 0.99);
  s.p999 = quantile(samples, 0.999);
  s.min = samples.front();
  s.max = samples.back();
  s.relative_iqr = (quantile(samples, 0.75) - quantile(samples, 0.25)) / s.p50;
  return s;
}

double rank_test(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<std::pair<double, bool>> all; // a sample, and whether it is one of a
  for (const double x : a) all.emplace_back(x, true);
  for (const double x : b) all.emplace_back(x, false);
  std::sort(all.begin(), all.end());
  // Twice the rank, which is a whole number where equal samples share the mean of theirs.
  std::vector<std::size_t> ranks(all.size());
  for (std::size_t first = 0; first < all.size();) {
    std::size_t last = first;
    while (last + 1 < all.size() && all[last + 1].first == all[first].first) ++last;
    for (std::size_t i = first; i <= last; ++i) ranks[i] = first + last + 2;
    first = last + 1;
  }
  std::size_t total = 0, of_a = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    total += ranks[i];
    if (all[i].second) of_a += ranks[i];
  }
  // ways[n][s]: in how many ways n of the samples have the sum of ranks s.
  std::vector<std::vector<double>> ways(a.size() + 1, std::vector<double>(total + 1, 0.0));
  ways[0][0] = 1;
  for (const std::size_t rank : ranks)
    for (std::size_t n = a.size(); n > 0; --n)
      for (std::size_t s = total; s >= rank; --s) ways[n][s] += ways[n - 1][s - rank];
  // The share of those that lie at least as far from the expected sum as that of a does.
  const double expected =
      static_cast<double>(total) * static_cast<double>(a.size()) / static_cast<double>(all.size());
  const double distance = std::abs(static_cast<double>(of_a) - expected);
  double as_far = 0, every = 0;
  for (std::size_t s = 0; s <= total; ++s) {
    every += ways[a.size()][s];
    if (std::abs(static_cast<double>(s) - expected) >= distance - 1e-9) as_far += ways[a.size()][s];
  }
  return as_far / every;
}

} // namespace heed::measure
