// A catalogue scored for several users, of one vector each, in one pass over its rows.
#ifndef HEED_RUNTIME_OPS_GROUP_SCORER_HPP
#define HEED_RUNTIME_OPS_GROUP_SCORER_HPP

#include "runtime/ops/catalogue.hpp"

#include <heed/span.hpp>

#include <cstddef>
#include <cstdint>

namespace heed::ops {

// Users that are scored together at most: so many passes over memory are saved, and their lists fit the
// caches.
constexpr std::size_t kGroup = 32;

class GroupScorer {
 public:
  // As UserVectors and UserScorer, with one vector of each of at most kGroup users. Several threads may use
  // the scorer at once.
  GroupScorer(const kernels::KernelTable& kernels, const Constant& rows, const float* bias,
              const RowsView& vectors, std::size_t users, std::int8_t* quantized, kernels::RowQuant* quants,
              float* norms) noexcept
      : kernels_(kernels), rows_(rows), bias_(bias), users_(users),
        vectors_(kernels, rows, vectors, users, quantized, quants, norms) {}

  // As CatalogueScorer::collect for every user: excluded[u], best[u].
  void collect(std::uint64_t first, std::uint64_t end, const Span<const std::uint64_t>* excluded,
               TopK* best) const;
  void finish(std::size_t user, TopK* best) const;

 private:
  // The rows of blocks `from` to to - 1 for users first_user to first_user + users - 1, at most kScanUsers:
  // offer(block, values) for those in which a value is not <= one of thresholds().
  template <class Thresholds, class Offer>
  void scan_chunk(std::size_t first_user, std::size_t users, std::size_t from, std::size_t to,
                  Thresholds thresholds, Offer offer) const;
  std::size_t scan(std::size_t first_user, std::size_t users, std::size_t begin, std::size_t end,
                   const float* thresholds, float* values) const;

  const kernels::KernelTable& kernels_;
  const Constant& rows_;
  const float* bias_;
  std::size_t users_;
  UserVectors vectors_;
};

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_GROUP_SCORER_HPP
