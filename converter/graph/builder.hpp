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

// A gap of times leads to a bucket: how many of `edges` [1, n], ascending, are at most |t_i - t_j|.
struct TimeRule {
  ValueId times = kNone; // of Builder::feature()
  Constant edges;
  bool query_next = false;             // t_i is the time of the event after i (of the newest its own)
  std::optional<Constant> bias = {};   // [heads or 1, n + 1], added to scores
  std::optional<Constant> keys = {};   // [n + 1, columns], added to keys
  std::optional<Constant> values = {}; // [n + 1, columns], added to values
};

struct AttentionRule {
  std::int64_t heads = 1;
  bool causal = true;
  bool padding_masked = false; // keys of padded slots are hidden; otherwise attended to like any key
  double fill = -std::numeric_limits<double>::infinity(); // added to the score of a hidden key
  std::optional<double> scale = {};                       // of q k^T; absent: 1 / sqrt(columns of a head)
  std::int64_t key_heads = 0;                             // of keys and values; 0: as many as of queries
  std::string weighting = "softmax"; // or "silu" (silu(score) * factor), "hard" (the largest score alone)
  double factor = 1;                 // of silu
  std::int64_t window = 0;           // keys fewer than that many places away; 0: all
  std::int64_t stride = 1;           // keys a multiple of that many places away
  bool by_queries = false;           // the softmax of each key runs over all queries
  std::optional<Constant> position_bias = {}; // [heads or 1, 2 slots - 1], by the places from key to query
  std::optional<TimeRule> time = {};
};

class Builder {
 public:
  Builder(std::int64_t slots, PaddingSide padding);

  // Padding depends on the events, so it is computed with them: a history is filled to all slots.
  void compute_padding() { graph_.computes_padding = true; }
  // What a caller passes beside the history, for feature_embedding() or TimeRule.
  ValueId feature(Feature feature);

  // y = table[id] * scale + positions[slot]. Once a graph.
  ValueId embedding(const std::string& name, Embedding embedding);
  // table[id - first_id] for each place, or for the request. Error(weights_shape) unless the table has a row
  // for each id.
  ValueId feature_embedding(const std::string& name, ValueId feature, const Constant& table);
  // The row of each slot of a table of positions; the rows of a table, as latent queries for instance.
  ValueId position(const std::string& name, const Constant& table);
  ValueId parameter(const std::string& name, const Constant& table);
  ValueId layer_norm(const std::string& name, ValueId x, const Norm& norm);
  // x / max(|x|, eps) for each head's share of the columns: products of such rows are cosines.
  ValueId l2_norm(const std::string& name, ValueId x, std::int64_t heads, double eps);
  // act(x weight^T + bias) + residual
  ValueId linear(const std::string& name, ValueId x, const Constant& weight,
                 const std::optional<Constant>& bias, const std::string& activation = "none",
                 ValueId residual = kNone);
  // act(bias + sum over w of weight[:, w] x[t - width + 1 + w]): a convolution along the history that sees
  // nothing newer, zeros before the first event. weight [channels, width * columns of x], oldest first.
  ValueId conv1d(const std::string& name, ValueId x, const Constant& weight,
                 const std::optional<Constant>& bias, const std::string& activation, std::int64_t width);
  // softmax(q k^T / sqrt(columns of a head)) v, or what `rule` says. k and v may be parameters, too.
  // Error(invalid_argument) when heads do not divide the columns.
  ValueId attention(const std::string& name, ValueId q, ValueId k, ValueId v, const AttentionRule& rule);
  // a + b and a b, element by element. b may be a single row, and in multiply a single column.
  ValueId add(const std::string& name, ValueId a, ValueId b);
  ValueId multiply(const std::string& name, ValueId a, ValueId b);
  ValueId concat(const std::string& name, ValueId a, ValueId b);
  // A GRU as torch.nn.GRU has it: weight_ih [3 hidden, columns of x], weight_hh [3 hidden, hidden], gates in
  // the order reset, update, new.
  ValueId gru(const std::string& name, ValueId x, const Constant& weight_ih, const Constant& weight_hh,
              const std::optional<Constant>& bias_ih = {}, const std::optional<Constant>& bias_hh = {});
  // The same step for each row by itself: `gates` is the input's share, `state` the state's.
  ValueId gru_cell(const std::string& name, ValueId gates, ValueId state, ValueId h);
  // The mean of x over the distinct items that come before ("in") or after ("out") an event's item in the
  // history: the edges of the session's graph.
  ValueId neighbours(const std::string& name, ValueId x, const std::string& direction);
  // Several rows side by side as one.
  ValueId flatten(const std::string& name, ValueId x);
  // out[r] = bias[r] + sum over slots s of weights[h * R + r][s] x[s], each head h for its share of the
  // columns; weights [heads * R, slots]. `per_event`: a row for each place, R = slots.
  ValueId mix(const std::string& name, ValueId x, const Constant& weights,
              const std::optional<Constant>& bias, std::int64_t heads, bool per_event);
  // Interests by dynamic routing, from logits [interests, slots] by slot. `dynamic`: a history of T events
  // has floor(log2(T + 1)) of them at most, and the rows after them repeat the first.
  ValueId capsule_routing(const std::string& name, ValueId x, const Constant& logits, std::int64_t iterations,
                          bool dynamic);
  // Each column's largest value over the places from `skip` on; padding counts only where it is computed.
  ValueId largest(const std::string& name, ValueId x, std::int64_t skip = 0);
  // One row out of the real events: "sum" or "mean", each times its weight (one column), if given. With
  // `padding_attended` padded slots take part in the sum, but not in the number that a mean divides by.
  ValueId pool(const std::string& name, ValueId x, const std::string& kind, ValueId weights = kNone,
               bool padding_attended = false);
  // The sum over t of w[t] values[t] with w[t] = v . act(keys[t] + query), or with the softmax of w; query is
  // a single row or kNone, v [1, columns of keys].
  ValueId additive_attention(const std::string& name, ValueId keys, ValueId query, const Constant& v,
                             ValueId values, const std::string& activation, bool padding_attended = false,
                             bool softmax = false);
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
  // Appends a node whose columns come from x.
  ValueId append_like(ValueId x, Node node);
  void set_filler();
  ValueId add_optional(const std::optional<Constant>& constant);
  void set_time(Node& node, const TimeRule& rule, std::int64_t heads, std::int64_t cols);
  // The weight that decided how many columns `id` has, with its shape.
  const std::string& origin(ValueId id) const { return origins_[static_cast<std::size_t>(id)]; }
  void set_origin(ValueId id, std::string origin);
  void expect_same_cols(ValueId a, ValueId b) const;
  void expect_vector(const Constant& vector, std::int64_t cols, const std::string& other) const;
  // [rows, cols], or [1, cols] where `one`.
  void expect_matrix(const Constant& matrix, std::int64_t rows, std::int64_t cols, const std::string& other,
                     bool one = false) const;

  Graph graph_;
  std::vector<std::string> origins_;
  ValueId history_ = kNone;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_BUILDER_HPP
