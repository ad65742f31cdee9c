// What a list of times says.
#ifndef HEED_CONVERTER_MEASURE_STATISTICS_HPP
#define HEED_CONVERTER_MEASURE_STATISTICS_HPP

#include <vector>

namespace heed::measure {

// Of an ascending, not empty list: the smallest sample that is not below `share` of all of them.
double quantile(const std::vector<double>& sorted, double share);
// Of any not empty list: the middle sample, or the mean of the two in the middle.
double median(std::vector<double> samples);

struct Summary {
  double p50, p90, p99, p999, min, max;
  double relative_iqr; // (third quartile - first quartile) / p50
};
Summary summarize(std::vector<double> samples); // not empty

// The probability that two samples of one distribution differ in their ranks as much as these do, either way:
// the Mann-Whitney test, exact with and without ties, for two to kMostRanked samples each. It asks nothing of
// the distribution's shape.
constexpr int kMostRanked = 64;
double rank_test(const std::vector<double>& a, const std::vector<double>& b);

} // namespace heed::measure

#endif // HEED_CONVERTER_MEASURE_STATISTICS_HPP
