#include "runtime/plan/arena.hpp"

#include "runtime/base/arithmetic.hpp"

#include <algorithm>
#include <numeric>

namespace heed::plan {

std::uint64_t pack(std::vector<Buffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });

  std::uint64_t total = 0;
  std::vector<std::size_t> placed; // by offset
  for (const std::size_t index : order) {
    Buffer& buffer = buffers[index];
    const std::uint64_t bytes = base::round_up(buffer.bytes, base::kAlignment);
    std::uint64_t offset = 0;
    for (const std::size_t other_index : placed) {
      const Buffer& other = buffers[other_index];
      if (other.last < buffer.first || buffer.last < other.first) continue;
      if (offset + bytes <= other.offset) break; // it fits into the gap before this one
      offset = std::max(offset, other.offset + base::round_up(other.bytes, base::kAlignment));
    }
    buffer.offset = offset;
    total = std::max(total, offset + bytes);
    const auto place =
        std::lower_bound(placed.begin(), placed.end(), offset,
                         [&](std::size_t i, std::uint64_t at) { return buffers[i].offset < at; });
    placed.insert(place, index);
  }
  return total;
}

} // namespace heed::plan
