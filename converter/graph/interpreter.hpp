// Runs a graph of either form in double precision: what the converter believes in.
#ifndef HEED_CONVERTER_GRAPH_INTERPRETER_HPP
#define HEED_CONVERTER_GRAPH_INTERPRETER_HPP

#include "converter/graph/ir.hpp"
#include "converter/graph/reference_ops.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace heed::convert {

// Requests hold rows of the item table (not external ids); the most recent max_history events count.
class Interpreter {
 public:
  // Reads all constants except the item table. The graph must outlive the interpreter.
  explicit Interpreter(const Graph& graph);

  // The user vector, dim() elements, or one after another those of several interests. In the source form an
  // empty history is a history of padding alone, and gives NaN where the reference defines no result (padding
  // on the right); in the file form it is Graph::empty_history.
  std::vector<double> run(const Request& request) const;

  // All values that nodes make, by ValueId. Precondition in the file form: the history is not empty.
  std::vector<Matrix> run_all(const Request& request) const;

 private:
  struct Places; // of one history
  Places place(const Request& request, const std::vector<std::int64_t>& events) const;
  void set_features(const Request& request, Places& places) const;
  void run_node(const Node& node, const Places& places, std::vector<Matrix>& values) const;
  Matrix embedding(const Node& node, const Places& places) const;
  void set_attention_options(const Node& node, const Places& places, reference::AttentionArgs& args) const;
  Matrix attention(const Node& node, const Places& places, const std::vector<Matrix>& values) const;
  std::vector<double> counts(const Node& node, const Places& places) const;
  Matrix additive_attention(const Node& node, const Places& places, const std::vector<Matrix>& values) const;
  Matrix pool(const Node& node, const Matrix& x, const Matrix* weights, const Places& places) const;
  Matrix last(const Matrix& x, bool each_place, const Places& places) const;
  Matrix feature_embedding(const Node& node, const Places& places) const;
  Matrix capsule_routing(const Node& node, const Matrix& x, const Places& places) const;
  const Matrix* constant(ValueId id) const;
  void read_intervals(const Node& node);

  const Graph& graph_;
  std::map<ValueId, Matrix> intervals_; // of attention, by value
  std::vector<Matrix>
      constants_; // by ConstantId; weights of linear and gru transposed; the item tables empty
};

// Scores of rows of the item table, which is read once and never held: dot products with user vectors (of
// each user's interests the largest), and the bias. `vectors` has a row a user, Result [vectors.rows,
// rows.size()].
Matrix score_rows(const Graph& graph, const Matrix& vectors, const std::vector<std::int64_t>& rows);

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_INTERPRETER_HPP
