// The k best of a stream of scored rows.
#ifndef HEED_RUNTIME_OPS_TOP_K_HPP
#define HEED_RUNTIME_OPS_TOP_K_HPP

#include <cstddef>
#include <cstdint>
#include <limits>

namespace heed::ops {

struct ScoredRow {
  float score;
  std::uint64_t row;
};

// The order of results: a higher score first, at equal scores the lower row; NaN last.
inline bool ranks_before(const ScoredRow& a, const ScoredRow& b) {
  const bool a_nan = a.score != a.score, b_nan = b.score != b.score;
  if (a_nan != b_nan) return b_nan;
  if (!a_nan && a.score != b.score) return a.score > b.score;
  return a.row < b.row;
}

// ranks_before() as a type, which the standard algorithms inline.
struct RanksBefore {
  bool operator()(const ScoredRow& a, const ScoredRow& b) const { return ranks_before(a, b); }
};

// Keeps the k first in ranks_before() order, in the caller's memory, as a heap with the worst on top.
class TopK {
 public:
  TopK() = default; // keeps nothing yet
  // `storage` is room for k entries; k >= 1.
  TopK(ScoredRow* storage, std::size_t k) noexcept : heap_(storage), k_(k) {}

  // Values that are <= this can be left out without calling offer(), when rows come in ascending order. NaN
  // (which no value is <=) until k rows are there.
  float threshold() const noexcept {
    return size_ < k_ ? std::numeric_limits<float>::quiet_NaN() : heap_[0].score;
  }
  void offer(const ScoredRow& candidate) noexcept;
  // The same for a row that may have been offered before: its best score counts. Takes time in proportion to
  // k.
  void raise(const ScoredRow& candidate) noexcept;
  // Offers all that `other` keeps.
  void merge(const TopK& other) noexcept;
  // The kept rows, in no order before finish().
  ScoredRow* begin() const noexcept { return heap_; }
  ScoredRow* end() const noexcept { return heap_ + size_; }
  std::size_t size() const noexcept { return size_; }
  // Brings the kept rows into order, best first, in the storage. Ends the use.
  void finish() noexcept;

 private:
  void replace_worst(const ScoredRow& candidate) noexcept;

  ScoredRow* heap_ = nullptr;
  std::size_t k_ = 0, size_ = 0;
};

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_TOP_K_HPP
