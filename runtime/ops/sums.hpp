// Sums over events in plain C++: one multiplication and one addition at a time, so the bits are the same
// everywhere.
#ifndef HEED_RUNTIME_OPS_SUMS_HPP
#define HEED_RUNTIME_OPS_SUMS_HPP

#include <cstddef>

namespace heed::ops {

// out[c] += weight * row[c]
inline void add_weighted(const float* row, float weight, std::size_t cols, float* out) {
  for (std::size_t c = 0; c < cols; ++c) {
    const float term = weight * row[c];
    out[c] += term;
  }
}

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_SUMS_HPP
