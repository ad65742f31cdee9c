#include "runtime/ops/top_k.hpp"

#include <algorithm>

namespace heed::ops {

// std's heaps put the greatest on top; with RanksBefore as "less" that is the worst row.

void TopK::offer(const ScoredRow& candidate) noexcept {
  if (size_ < k_) {
    heap_[size_++] = candidate;
    return std::push_heap(heap_, heap_ + size_, RanksBefore());
  }
  if (ranks_before(candidate, heap_[0])) replace_worst(candidate);
}

// Sinks the newcomer from the top: half of what pop_heap() and push_heap() do.
void TopK::replace_worst(const ScoredRow& candidate) noexcept {
  std::size_t hole = 0;
  for (std::size_t child = 1; child < size_; child = 2 * hole + 1) {
    if (child + 1 < size_ && ranks_before(heap_[child], heap_[child + 1])) ++child; // the worse one
    if (!ranks_before(candidate, heap_[child])) break;
    heap_[hole] = heap_[child];
    hole = child;
  }
  heap_[hole] = candidate;
}

void TopK::raise(const ScoredRow& candidate) noexcept {
  ScoredRow* known =
      std::find_if(heap_, heap_ + size_, [&](const ScoredRow& kept) { return kept.row == candidate.row; });
  if (known == heap_ + size_) return offer(candidate);
  if (!ranks_before(candidate, *known)) return;
  *known = candidate;
  std::make_heap(heap_, heap_ + size_, RanksBefore());
}

void TopK::merge(const TopK& other) noexcept {
  for (const ScoredRow& kept : other) offer(kept);
}

void TopK::finish() noexcept {
  std::sort_heap(heap_, heap_ + size_, RanksBefore());
}

} // namespace heed::ops
