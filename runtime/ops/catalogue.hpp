// Scoring catalogue rows against one vector, and keeping the best: one pass, no score buffer.
#ifndef HEED_RUNTIME_OPS_CATALOGUE_HPP
#define HEED_RUNTIME_OPS_CATALOGUE_HPP

#include "runtime/kernels/kernels.hpp"
#include "runtime/ops/graph.hpp"
#include "runtime/ops/operator.hpp"
#include "runtime/ops/top_k.hpp"

#include <heed/span.hpp>

#include <cstddef>
#include <cstdint>

namespace heed::ops {

// Vectors of several users, or of one user's interests, ready for the kernels of the rows' precision:
// quantized once where the rows are int8.
struct UserVectors {
  // `rows_of` has `count` rows, 64-byte aligned, a multiple of 16 floats apart. `quantized` is room for as
  // many rows of cols rounded up to 64 bytes, 64-byte aligned, and `quants` for one of each, used when the
  // rows are int8. All must outlive the object.
  UserVectors(const kernels::KernelTable& kernels, const Constant& rows, const RowsView& rows_of,
              std::size_t count, std::int8_t* quantized, kernels::RowQuant* quants) noexcept;

  RowsView f32;
  QuantizedView i8;
};

// The catalogue's rows and one of the vectors.
//
// Kernels give *ranking values*; finish_score() turns one into the score that a caller sees (for int8 rows
// without a bias, the vector's own scale is applied only there). The order is the same.
class UserScorer {
 public:
  // `bias` may be null. All must outlive the scorer.
  UserScorer(const kernels::KernelTable& kernels, const Constant& rows, const float* bias,
             const UserVectors& vectors, std::size_t vector) noexcept;

  // Ranking values of these rows, in order; repeats are legal.
  void score_rows(const std::uint64_t* row, std::size_t count, float* values) const;
  // As kernels::KernelTable::scan_*.
  std::size_t scan(std::size_t begin, std::size_t end, float threshold, float* values) const;
  // NaN comes out as the canonical quiet NaN.
  float finish_score(float value) const;
  // Brings kept ranking values into order, as scores.
  void finish(TopK* best) const;
  // A threshold for scan() that no row with a score of at least `score` is left out by.
  float threshold_of(float score) const;

 private:
  const kernels::KernelTable& kernels_;
  bool int8_;
  kernels::ScanF32 f32_{};
  kernels::ScanI8 i8_{};
};

// A catalogue scored for one user, who has one vector or several interests; of these the best counts.
class CatalogueScorer {
 public:
  // As UserVectors and UserScorer. Several threads may use the scorer at once.
  CatalogueScorer(const kernels::KernelTable& kernels, const Constant& rows, const float* bias,
                  const RowsView& vectors, std::size_t interests, std::int8_t* quantized,
                  kernels::RowQuant* quants) noexcept
      : kernels_(kernels), rows_(rows), bias_(bias), interests_(interests),
        vectors_(kernels, rows, vectors, interests, quantized, quants) {}

  // Scores of these rows, in order; repeats are legal. The same bits as in the lists below.
  void score(const std::uint64_t* row, std::size_t count, float* scores) const;
  // Offers the rows `first` (a multiple of 16) to end - 1, without those in `excluded` (ascending, repeats
  // allowed), to `best`. Parts of a catalogue may be collected apart, merged, and finished once.
  void collect(std::uint64_t first, std::uint64_t end, Span<const std::uint64_t> excluded, TopK* best) const;
  // The same of `allowed` (ascending, repeats allowed, each below the number of items).
  void collect_of(Span<const std::uint64_t> allowed, Span<const std::uint64_t> excluded, TopK* best) const;
  // Brings what was collected into order, with the scores that a caller sees.
  void finish(TopK* best) const;

 private:
  UserScorer scorer(std::size_t interest) const {
    return UserScorer(kernels_, rows_, bias_, vectors_, interest);
  }

  const kernels::KernelTable& kernels_;
  const Constant& rows_;
  const float* bias_;
  std::size_t interests_;
  UserVectors vectors_;
};

// The canonical NaN for any NaN, otherwise the value.
float canonical(float value);

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_CATALOGUE_HPP
