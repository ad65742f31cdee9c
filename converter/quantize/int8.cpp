#include "converter/quantize/int8.hpp"

#include <algorithm>
#include <cmath>

namespace heed::convert {

float quantize_row(const float* row, std::size_t count, std::int8_t* out) {
  float largest = 0.0f;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::fabs(row[i]));
  const float scale = largest / 127.0f;
  if (scale == 0.0f) {
    std::fill(out, out + count, std::int8_t{0});
    return 1.0f;
  }
  for (std::size_t i = 0; i < count; ++i) {
    // A denormal scale is coarse: the quotient may pass 127 by far.
    const float quotient = std::clamp(row[i] / scale, -127.0f, 127.0f);
    out[i] = static_cast<std::int8_t>(std::nearbyint(quotient)); // half to even in the default mode
  }
  return scale;
}

} // namespace heed::convert
