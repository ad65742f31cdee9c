// What rounding a tensor cost, element by element.
#ifndef HEED_CONVERTER_QUANTIZE_ERROR_STATS_HPP
#define HEED_CONVERTER_QUANTIZE_ERROR_STATS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace heed::convert {

class ErrorStats {
 public:
  // Adds `count` elements before and after.
  void add(const double* original, const double* stored, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const double error = std::fabs(original[i] - stored[i]);
      max_ = std::max(max_, error);
      sum_ += error;
      largest_ = std::max(largest_, std::fabs(original[i]));
    }
    count_ += count;
  }

  double max_error() const noexcept { return max_; }
  double mean_error() const noexcept { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }
  double largest_weight() const noexcept { return largest_; } // magnitude, to read the errors against
  std::uint64_t elements() const noexcept { return count_; }

 private:
  double max_ = 0, sum_ = 0, largest_ = 0;
  std::uint64_t count_ = 0;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_QUANTIZE_ERROR_STATS_HPP
