#include "converter/quantize/int8.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace heed::convert {

// Adding 1.5 * 2^23 leaves no bits for a fraction: the sum is rounded to an integer, half to even. Exact for
// magnitudes up to 2^22, and a vector instruction where std::nearbyint is a call.
static float round_half_even(float x) {
  return (x + 12582912.0f) - 12582912.0f;
}

// Rounds left to right; what an element loses is spread over those after it.
static void round_in_order(const float* row, std::size_t count, double scale, const SecondOrder& order,
                           std::int8_t* out) {
  std::vector<double> rest(row, row + count);
  for (std::size_t j = 0; j < count; ++j) {
    const double q = std::nearbyint(std::clamp(rest[j] / scale, -127.0, 127.0));
    out[j] = static_cast<std::int8_t>(q);
    const double error = (rest[j] - q * scale) / order.factor(j, j);
    for (std::size_t k = j + 1; k < count; ++k) rest[k] -= error * order.factor(j, k);
  }
}

float quantize_row(const float* row, std::size_t count, std::int8_t* out, const SecondOrder* order) {
  float largest = 0.0f;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::fabs(row[i]));
  const float scale = largest / 127.0f;
  if (scale == 0.0f) {
    std::fill(out, out + count, std::int8_t{0});
    return 1.0f;
  }
  if (order != nullptr) {
    round_in_order(row, count, scale, *order, out);
    return scale;
  }
  for (std::size_t i = 0; i < count; ++i) {
    // A denormal scale is coarse: the quotient may pass 127 by far.
    const float quotient = std::clamp(row[i] / scale, -127.0f, 127.0f);
    out[i] = static_cast<std::int8_t>(round_half_even(quotient));
  }
  return scale;
}

} // namespace heed::convert
