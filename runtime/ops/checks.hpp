// Shape checks that several operators share. Each returns whether the condition holds.
#ifndef HEED_RUNTIME_OPS_CHECKS_HPP
#define HEED_RUNTIME_OPS_CHECKS_HPP

#include "runtime/ops/graph.hpp"

namespace heed::ops {

// Row-major f32 [rows, cols].
inline bool is_row_major(const Constant& c, std::uint64_t rows, std::uint64_t cols) {
  return c.dtype == DType::f32 && c.layout == Layout::row_major && c.rows == rows && c.cols == cols;
}

// f32 in n16 or i8 in n16k4: what matmuls read; lookups and scans also read planes.
inline bool is_blocked(const Constant& c) {
  return c.layout == Layout::n16 || c.layout == Layout::n16k4;
}

// Columns that a reader accepts of any value, at most.
constexpr std::uint64_t kMostCols = std::uint64_t{1} << 20;
// Rows of a value that has not one for each event, at most.
constexpr std::uint64_t kMostRows = std::uint64_t{1} << 16;

// Whether the products of an i8 row of that many columns sum to less than 2^31. True of f32.
inline bool sums_fit(const Constant& weight) {
  constexpr std::uint64_t kMaxI8Columns = 131072;
  return weight.dtype != DType::i8 || weight.cols <= kMaxI8Columns;
}

// Input `i` is absent, or a row vector of `cols` elements.
inline bool optional_vector(const Graph& graph, const Node& node, int i, std::uint64_t cols) {
  const Constant* c = graph.constant_input(node, i);
  return c == nullptr || is_row_major(*c, 1, cols);
}

// As many rows as `like`, whatever the history.
inline bool equal_rows(const Value& value, const Value& like) {
  return value.events == like.events && value.count == like.count;
}
inline void same_rows(const Value& like, Value* out) {
  out->events = like.events;
  out->count = like.count;
}

// Input `i` is absent, or rows of the same shape as `like`.
inline bool optional_rows(const Graph& graph, const Node& node, int i, const Value& like) {
  if (!node.has(i)) return true;
  const Value& value = graph.input(node, i);
  return equal_rows(value, like) && value.cols == like.cols;
}

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_CHECKS_HPP
