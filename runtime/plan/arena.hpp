// Packing buffers with known lifetimes into one arena: pure arithmetic.
#ifndef HEED_RUNTIME_PLAN_ARENA_HPP
#define HEED_RUNTIME_PLAN_ARENA_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heed::plan {

// Alive from step `first` to step `last`, both included.
struct Buffer {
  std::uint64_t bytes;
  std::uint32_t first, last;
  std::uint64_t offset; // set by pack(): a multiple of base::kAlignment
};

// Gives every buffer an offset such that buffers alive at the same step never overlap; returns the bytes of
// the whole, a multiple of base::kAlignment. Largest first, each at the lowest free place (greedy by size:
// Pisarchyk and Lee 2020, arXiv:2001.03288). Deterministic. Precondition: the sizes sum to less than 2^63.
std::uint64_t pack(std::vector<Buffer>& buffers);

} // namespace heed::plan

#endif // HEED_RUNTIME_PLAN_ARENA_HPP
