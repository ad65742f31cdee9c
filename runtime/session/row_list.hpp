// Item rows in a buffer of fixed size.
#ifndef HEED_RUNTIME_SESSION_ROW_LIST_HPP
#define HEED_RUNTIME_SESSION_ROW_LIST_HPP

#include <heed/span.hpp>
#include <heed/status.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace heed {

struct RowList {
  std::uint64_t* rows;
  std::size_t size, capacity;

  // Errors: limit_exceeded. Only lists of excluded items can be full: those of candidates are checked before.
  Status add(std::int64_t row) {
    if (size == capacity)
      return Status(StatusCode::limit_exceeded,
                    "seen and denied items exceed SessionOptions::max_excluded (" + std::to_string(capacity) +
                        ")");
    rows[size++] = static_cast<std::uint64_t>(row);
    return {};
  }
  void sort() { std::sort(rows, rows + size); }
  Span<const std::uint64_t> view() const { return {rows, size}; }
};

} // namespace heed

#endif // HEED_RUNTIME_SESSION_ROW_LIST_HPP
