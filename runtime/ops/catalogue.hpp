// Scoring catalogue rows against one vector, and keeping the best: one pass, no score buffer.
#ifndef HEED_RUNTIME_OPS_CATALOGUE_HPP
#define HEED_RUNTIME_OPS_CATALOGUE_HPP

#include "runtime/kernels/kernels.hpp"
#include "runtime/ops/graph.hpp"
#include "runtime/ops/top_k.hpp"

#include <heed/span.hpp>

#include <cstddef>
#include <cstdint>

namespace heed::ops {

// Rows and one user's vector, ready for the kernels of the rows' precision.
//
// Kernels give *ranking values*; finish_score() turns one into the score that a caller sees (for int8 rows
// without a bias, the vector's own scale is applied only there). The order is the same.
class UserScorer {
 public:
  // `vector` is f32 [rows.cols], 64-byte aligned. `quantized` is room for cols rounded up to 64 bytes,
  // 64-byte aligned, used when the rows are int8. Both must outlive the scorer. `bias` may be null.
  UserScorer(const kernels::KernelTable& kernels, const Constant& rows, const float* bias,
             const float* vector, std::int8_t* quantized) noexcept;

  // Ranking values of these rows, in order; repeats are legal.
  void score_rows(const std::uint64_t* row, std::size_t count, float* values) const;
  // As kernels::KernelTable::scan_*.
  std::size_t scan(std::size_t begin, std::size_t end, float threshold, float* values) const;
  // NaN comes out as the canonical quiet NaN.
  float finish_score(float value) const;

 private:
  const kernels::KernelTable& kernels_;
  bool int8_;
  kernels::ScanF32 f32_{};
  kernels::ScanI8 i8_{};
};

// Offers rows 0 to items - 1 to `best`, without those in `excluded` (ascending, repeats allowed).
void scan_catalogue(const UserScorer& scorer, std::uint64_t items, Span<const std::uint64_t> excluded,
                    TopK* best);

// Offers `allowed` (ascending, repeats allowed, each below the number of items) without those in `excluded`.
void scan_allowed(const UserScorer& scorer, Span<const std::uint64_t> allowed,
                  Span<const std::uint64_t> excluded, TopK* best);

// The canonical NaN for any NaN, otherwise the value.
float canonical(float value);

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_CATALOGUE_HPP
