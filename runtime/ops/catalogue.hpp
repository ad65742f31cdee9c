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
  // rows are int8; `norms` for one of each, used when they are planes. All must outlive the object.
  UserVectors(const kernels::KernelTable& kernels, const Constant& rows, const RowsView& rows_of,
              std::size_t count, std::int8_t* quantized, kernels::RowQuant* quants, float* norms) noexcept;
  // Planes and `users` of the vectors from `first` on.
  kernels::ScanPlanesI8 planes(const Constant& rows, const float* bias, std::size_t first,
                               std::size_t users) const noexcept;

  RowsView f32;
  QuantizedView i8;
  const float* norms;
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
  // As kernels::KernelTable::scan_*, over rows that are not planes.
  std::size_t scan(std::size_t begin, std::size_t end, float threshold, float* values) const;
  // As kernels::KernelTable::scan_planes_i8 and score_planes_i8, over planes.
  bool planes() const { return layout_ == Layout::planes; }
  std::uint64_t scan_planes(std::size_t begin, std::size_t end, float threshold) const;
  void score_block(std::size_t block, float* values) const;
  // NaN comes out as the canonical quiet NaN.
  float finish_score(float value) const;
  // Brings kept ranking values into order, as scores.
  void finish(TopK* best) const;
  // A threshold for scan() that no row with a score of at least `score` is left out by.
  float threshold_of(float score) const;

 private:
  const kernels::KernelTable& kernels_;
  Layout layout_;
  float factor_ = 1.0f; // of a ranking value to its score
  kernels::ScanF32 f32_{};
  kernels::ScanI8 i8_{};
  kernels::ScanPlanesI8 planes_{};
};

// A catalogue scored for one user, who has one vector or several interests; of these the best counts.
class CatalogueScorer {
 public:
  // As UserVectors and UserScorer. Several threads may use the scorer at once.
  CatalogueScorer(const kernels::KernelTable& kernels, const Constant& rows, const float* bias,
                  const RowsView& vectors, std::size_t interests, std::int8_t* quantized,
                  kernels::RowQuant* quants, float* norms) noexcept
      : kernels_(kernels), rows_(rows), bias_(bias), interests_(interests),
        vectors_(kernels, rows, vectors, interests, quantized, quants, norms) {}

  // Scores of these rows, in order; repeats are legal. The same bits as in the lists below.
  void score(const std::uint64_t* row, std::size_t count, float* scores) const;
  // Offers the rows `first` (a multiple of 16) to end - 1, without those in `excluded` (ascending, repeats
  // allowed), to `best`. Parts of a catalogue may be collected apart, merged, and finished once. Returns the
  // bytes of the catalogue that were read.
  std::uint64_t collect(std::uint64_t first, std::uint64_t end, Span<const std::uint64_t> excluded,
                        TopK* best) const;
  // The same of `allowed` (ascending, repeats allowed, each below the number of items).
  void collect_of(Span<const std::uint64_t> allowed, Span<const std::uint64_t> excluded, TopK* best) const;
  // Brings what was collected into order, with the scores that a caller sees.
  void finish(TopK* best) const;

 private:
  std::uint64_t scan_block_bytes() const;
  std::uint64_t low_block_bytes() const;
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
