#include "runtime/ops/top_k.hpp"

#include <algorithm>

namespace heed::ops {

// std's heaps put the greatest on top; with ranks_before() as "less" that is the worst row.

void TopK::offer(const ScoredRow& candidate) noexcept {
  if (size_ == k_) {
    if (!ranks_before(candidate, heap_[0])) return;
    std::pop_heap(heap_, heap_ + size_, ranks_before);
    --size_;
  }
  heap_[size_++] = candidate;
  std::push_heap(heap_, heap_ + size_, ranks_before);
}

void TopK::raise(const ScoredRow& candidate) noexcept {
  ScoredRow* known =
      std::find_if(heap_, heap_ + size_, [&](const ScoredRow& kept) { return kept.row == candidate.row; });
  if (known == heap_ + size_) return offer(candidate);
  if (!ranks_before(candidate, *known)) return;
  *known = candidate;
  std::make_heap(heap_, heap_ + size_, ranks_before);
}

void TopK::merge(const TopK& other) noexcept {
  for (const ScoredRow& kept : other) offer(kept);
}

void TopK::finish() noexcept {
  std::sort_heap(heap_, heap_ + size_, ranks_before);
}

} // namespace heed::ops
