// What the cases of operators share: a node is added to a valid model, and nothing reads its result.
#ifndef HEED_TESTS_INVALID_OPERATOR_SUPPORT_HPP
#define HEED_TESTS_INVALID_OPERATOR_SUPPORT_HPP

#include "tests/invalid/cases.hpp"

#include <cstdlib>

namespace heed::test {

using TM = TestModel;
using format::Rows;

// What the added node may read.
struct Values {
  int events; // [events, 4]
  int single; // [1, 4]
};

inline int output_of(const format::ModelT& m, const char* op) {
  for (const auto& n : m.nodes)
    if (n->op == op) return n->outputs[0];
  std::abort(); // a mistake in these files
}

inline EncoderOptions tiny() {
  EncoderOptions o;
  o.items = 5;
  o.dim = o.hidden = 4;
  o.blocks = 1;
  o.slots = 3;
  o.max_history = 2;
  return o;
}

inline InvalidCase refused(const char* name, const char* mentions,
                           std::function<void(TestModel&, const Values&)> append,
                           const EncoderOptions& options = tiny()) {
  return {name, StatusCode::graph_invalid, mentions, [append, options] {
            Encoder encoder = make_encoder(options);
            TestModel& m = encoder.model;
            append(m, {output_of(m.meta, "embedding"), output_of(m.meta, "last")});
            return m.bytes();
          }};
}

inline int matrix(TestModel& m, std::size_t rows, std::size_t cols) {
  return m.constant(m.add_row_major("matrix", random_matrix(rows, cols, 1, 1.0f)));
}
inline int vector(TestModel& m, std::size_t cols) {
  return m.constant(m.add_row_major("vector", random_matrix(1, cols, 1, 1.0f)));
}
inline int weight(TestModel& m, std::size_t rows, std::size_t cols) {
  return m.constant(m.add_n16("weight", random_matrix(rows, cols, 1, 1.0f)));
}
// [rows, cols], whatever the history; 2 or 3 rows.
inline int several(TestModel& m, std::size_t rows, std::size_t cols = 4) {
  return m.node("parameter", {matrix(m, rows, cols)}, {}, Rows::several, cols, rows);
}
// [events, 8] and [events, 1] out of [events, 4]
inline int wide(TestModel& m, const Values& v) {
  return m.node("concat", {v.events, v.events}, {}, Rows::events, 8);
}
inline int narrow(TestModel& m, const Values& v) {
  return m.node("linear", {v.events, weight(m, 1, 4)}, {TM::choice("activation", "none")}, Rows::events, 1);
}

} // namespace heed::test

#endif // HEED_TESTS_INVALID_OPERATOR_SUPPORT_HPP
