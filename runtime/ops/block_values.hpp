// The ranking values of a block of rows, on their way to the best ones.
#ifndef HEED_RUNTIME_OPS_BLOCK_VALUES_HPP
#define HEED_RUNTIME_OPS_BLOCK_VALUES_HPP

#include "runtime/kernels/kernels.hpp"

#include <cstddef>
#include <cstdint>

namespace heed::ops {

// Bit i: values[i] is not <= the threshold. Without branches, of which a scan's stop has enough.
inline std::uint32_t lanes_above(const float* values, float threshold) {
  std::uint32_t above = 0;
  for (std::size_t lane = 0; lane < kernels::kBlock; ++lane)
    above |= static_cast<std::uint32_t>(!(values[lane] <= threshold)) << lane;
  return above;
}

// Calls offer(row, value) for the rows of a block, up to `end`, whose ranking value is not <= threshold().
template <class Threshold, class Offer>
void offer_block(std::size_t block, std::uint64_t end, const float* values, Threshold threshold,
                 Offer offer) {
  const std::uint64_t row = block * kernels::kBlock;
  std::uint32_t above = lanes_above(values, threshold());
  if (end - row < kernels::kBlock) above &= (1u << (end - row)) - 1; // further rows are not items
  for (; above != 0; above &= above - 1) {
    const auto lane = static_cast<unsigned>(__builtin_ctz(above));
    if (!(values[lane] <= threshold())) offer(row + lane, values[lane]); // it may have risen
  }
}

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_BLOCK_VALUES_HPP
