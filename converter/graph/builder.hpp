// Builds a source graph. Recipes of families/ use it; it checks every weight against its neighbours.
//
// Each function appends one operator and returns its output. A weight that does not fit is an
// Error(weights_shape) which names it, the weight that it must fit, and both shapes.
#ifndef HEED_CONVERTER_GRAPH_BUILDER_HPP
#define HEED_CONVERTER_GRAPH_BUILDER_HPP

#include "converter/graph/ir.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace heed::convert {

struct Norm {
  Constant gamma, beta;
  double eps;
  bool unbiased = false;    // the variance divides by columns - 1
  bool eps_outside = false; // eps is added to the root of the variance, not under it
};

struct Embedding {
  Constant table; // the items, without padding and other special rows
  double scale = 1.0;
  std::optional<Constant> positions = {}; // [slots, dim], one row a slot
  std::optional<Constant> pad = {};       // what a padded slot holds before its position; absent: zeros
  bool pad_position = false;              // a padded slot gets the position of its slot, too
  std::optional<Constant> append = {};    // [1, dim]: follows the newest event of every history
  std::int64_t hidden_row = kNone;        // an item that attention masks as it masks padding
  std::int64_t drop_oldest = 0;           // oldest events that do not count, whatever the history's length
};

struct AttentionRule {
  std::int64_t heads = 1;
  bool causal = true;
  bool padding_masked = false; // keys of padded slots are hidden; otherwise attended to like any key
  double fill = -std::numeric_limits<double>::infinity(); // added to the score of a hidden key
};

class Builder {
 public:
  Builder(std::int64_t slots, PaddingSide padding);

  // y = table[id] * scale + positions[slot]. Once a graph.
  ValueId embedding(const std::string& name, Embedding embedding);
  ValueId layer_norm(const std::string& name, ValueId x, const Norm& norm);
  // act(x weight^T + bias) + residual
  ValueId linear(const std::string& name, ValueId x, const Constant& weight,
                 const std::optional<Constant>& bias, const std::string& activation = "none",
                 ValueId residual = kNone);
  // softmax(q k^T / sqrt(columns of a head)) v. Error(invalid_argument) when heads do not divide the columns.
  ValueId attention(const std::string& name, ValueId q, ValueId k, ValueId v, const AttentionRule& rule);
  // a + b and a b, element by element. b may be a single row, and in multiply a single column.
  ValueId add(const std::string& name, ValueId a, ValueId b);
  ValueId multiply(const std::string& name, ValueId a, ValueId b);
  ValueId concat(const std::string& name, ValueId a, ValueId b);
  // A GRU as torch.nn.GRU has it: weight_ih [3 hidden, columns of x], weight_hh [3 hidden, hidden], gates in
  // the order reset, update, new.
  ValueId gru(const std::string& name, ValueId x, const Constant& weight_ih, const Constant& weight_hh,
              const std::optional<Constant>& bias_ih = {}, const std::optional<Constant>& bias_hh = {});
  // One row out of the real events: "sum" or "mean", each times its weight (one column), if given. With
  // `padding_attended` padded slots take part in the sum, but not in the number that a mean divides by.
  ValueId pool(const std::string& name, ValueId x, const std::string& kind, ValueId weights = kNone,
               bool padding_attended = false);
  // The sum over t of (v . act(keys[t] + query)) values[t]; query is a single row or kNone, v [1, columns of
  // keys].
  ValueId additive_attention(const std::string& name, ValueId keys, ValueId query, const Constant& v,
                             ValueId values, const std::string& activation, bool padding_attended = false);
  ValueId activation(const std::string& name, ValueId x, const std::string& kind);
  ValueId mask_padding(const std::string& name, ValueId x);
  ValueId last(const std::string& name, ValueId x);

  // Scores items by rows [items, columns of the output] of their own, not by those of the embedding's table.
  void score_rows(const Constant& rows);
  // Adds an element of bias [1, items] to each item's score.
  void score_bias(const Constant& bias);

  // The finished graph; its user vector is `output`. Items have the ids first_id, first_id + 1, ...
  // Error(invalid_argument) unless a history of max_history events, 1 at least, fits the slots;
  // Error(weights_shape) when the output has not the columns of the item table.
  Graph finish(ValueId output, std::int64_t first_id, std::int64_t max_history);

 private:
  ValueId append(Node node);
  // The weight that decided how many columns `id` has, with its shape.
  const std::string& origin(ValueId id) const { return origins_[static_cast<std::size_t>(id)]; }
  void set_origin(ValueId id, std::string origin);
  void expect_same_cols(ValueId a, ValueId b) const;
  void expect_vector(const Constant& vector, std::int64_t cols, const std::string& other) const;

  Graph graph_;
  std::vector<std::string> origins_;
  ValueId history_ = kNone;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_BUILDER_HPP
