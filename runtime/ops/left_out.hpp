// Rows that a scan must leave out.
#ifndef HEED_RUNTIME_OPS_LEFT_OUT_HPP
#define HEED_RUNTIME_OPS_LEFT_OUT_HPP

#include <heed/span.hpp>

#include <cstddef>
#include <cstdint>

namespace heed::ops {

// Asked for rows in ascending order, as a scan meets them: a place in the list that moves on with them costs
// less than a search for each.
class LeftOut {
 public:
  LeftOut() = default;
  // `rows` ascend, repeats allowed, and must outlive the object.
  explicit LeftOut(Span<const std::uint64_t> rows) noexcept : rows_(rows) {}

  // Whether `row`, not below that of the call before, is one of them.
  bool holds(std::uint64_t row) noexcept {
    while (next_ < rows_.size() && rows_[next_] < row) ++next_;
    return next_ < rows_.size() && rows_[next_] == row;
  }

 private:
  Span<const std::uint64_t> rows_;
  std::size_t next_ = 0;
};

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_LEFT_OUT_HPP
