// Runs a graph of either form in double precision: what the converter believes in.
#ifndef HEED_CONVERTER_GRAPH_INTERPRETER_HPP
#define HEED_CONVERTER_GRAPH_INTERPRETER_HPP

#include "converter/graph/ir.hpp"

#include <cstdint>
#include <vector>

namespace heed::convert {

// Histories hold rows of the item table (not external ids), oldest first; the most recent max_history count.
class Interpreter {
 public:
  // Reads all constants except the item table. The graph must outlive the interpreter.
  explicit Interpreter(const Graph& graph);

  // The user vector, dim() elements. In the source form an empty history is a history of padding alone, and
  // gives NaN where the reference defines no result (padding on the right); in the file form it is
  // Graph::empty_history.
  std::vector<double> run(const std::vector<std::int64_t>& history) const;

  // All values that nodes make, by ValueId. Precondition in the file form: the history is not empty.
  std::vector<Matrix> run_all(const std::vector<std::int64_t>& history) const;

 private:
  struct Places; // of one history
  void run_node(const Node& node, const Places& places, std::vector<Matrix>& values) const;
  Matrix embedding(const Node& node, const Places& places) const;
  Matrix attention(const Node& node, const Places& places, const std::vector<Matrix>& values) const;
  std::vector<double> counts(const Node& node, const Places& places) const;
  Matrix additive_attention(const Node& node, const Places& places, const std::vector<Matrix>& values) const;
  Matrix pool(const Node& node, const Matrix& x, const Matrix* weights, const Places& places) const;
  Matrix last(const Matrix& x, const Places& places) const;
  const Matrix* constant(ValueId id) const;

  const Graph& graph_;
  std::vector<Matrix> constants_; // by ConstantId; weights of linear and gru transposed; the item table empty
};

// Scores of rows of the item table, which is read once and never held: dot products with user vectors, and
// the bias. Result [vectors.rows, rows.size()].
Matrix score_rows(const Graph& graph, const Matrix& vectors, const std::vector<std::int64_t>& rows);

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_INTERPRETER_HPP
