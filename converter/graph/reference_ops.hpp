// The operators' formulas in double precision, written to be read. They share nothing with the runtime.
#ifndef HEED_CONVERTER_GRAPH_REFERENCE_OPS_HPP
#define HEED_CONVERTER_GRAPH_REFERENCE_OPS_HPP

#include "converter/graph/constant.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert::reference {

// The function of that name, one of activation_names().
using Activation = double (*)(double);
Activation find_activation(const std::string& name);

// act(x W^T + bias) + residual. `weight_t` is W transposed: [columns in, columns out]. bias and residual may
// be null.
Matrix linear(const Matrix& x, const Matrix& weight_t, const Matrix* bias, const Matrix* residual,
              const std::string& activation);

// (x - mean) / sqrt(variance + eps) * gamma + beta for each row; unbiased: the squares over cols - 1;
// eps_outside: / (sqrt(variance) + eps). gamma and beta may be null together.
Matrix layer_norm(const Matrix& x, const Matrix* gamma, const Matrix* beta, double eps, bool unbiased,
                  bool eps_outside);

// f(a, b) element by element. A single row b counts for every row of a, a single column for every column.
Matrix combine(const Matrix& a, const Matrix& b, double (*f)(double, double));
// The columns of a, then those of b.
Matrix concat(const Matrix& a, const Matrix& b);

// h after each row of x (Cho et al. 2014, arXiv:1406.1078, as torch.nn.GRU): r = sigmoid(x_r + g_r),
// z = sigmoid(x_z + g_z), n = tanh(x_n + r g_n), h = (1 - z) n + z h with g = W h + bias. `weight_t` is W
// transposed: [columns, 3 columns].
Matrix gru(const Matrix& x, const Matrix& weight_t, const Matrix* bias);

// The step of a GRU for each row: x and state are the input's and the state's share of the gates.
Matrix gru_cell(const Matrix& x, const Matrix& state, const Matrix& h);

// Each column's largest value over the rows from `skip` on that count; 0 where there is none.
Matrix largest(const Matrix& x, const std::vector<double>& counts, std::int64_t skip);
// x / max(|x|, eps) for each head's share of the columns.
Matrix l2_norm(const Matrix& x, std::int64_t heads, double eps);
// Each row beside the width - 1 before it, oldest first, zeros before the first.
Matrix unfold(const Matrix& x, std::int64_t width);
Matrix flatten(const Matrix& x);
// out[r] = bias[r] + sum over t of weights[h * R + r][slots[t]] x[t], each head for its share of the columns;
// per_event: r is the slot of a row.
Matrix mix(const Matrix& x, const Matrix& weights, const Matrix* bias, std::int64_t heads,
           const std::vector<std::int64_t>& slots, bool per_event);
// The mean of x over the distinct items that edges between neighbouring events lead from (in) or to, each
// with its row where the edge stands first. A negative item is no node.
Matrix neighbours(const Matrix& x, const std::vector<std::int64_t>& items, bool in);
// Dynamic routing (Sabour et al. 2017, arXiv:1710.09829, as MIND has it) over the rows that count, from
// logits [interests at most, x.rows], for `interests` of them; the rows after them repeat the first.
Matrix capsule_routing(const Matrix& x, Matrix logits, const std::vector<double>& counts,
                       std::int64_t iterations, std::int64_t interests);

// The sum of the rows, each times how often it counts and its weight; null weights are ones.
Matrix weighted_sum(const Matrix& x, const Matrix* weights, const std::vector<double>& counts);

// v . act(key + query) for each key, [keys.rows, 1]; a null query is zero.
Matrix additive_similarity(const Matrix& keys, const Matrix* query, const Matrix& v,
                           const std::string& activation);

// Keys by the time between query and key: bucket of |t_i - t_j| = how many edges [1, n] are at most that.
struct AttentionTimes {
  std::vector<double> queries, keys, pads; // times
  const Matrix* edges = nullptr;
  const Matrix* bias = nullptr; // [heads or 1, n + 1]
  const Matrix* k = nullptr;    // [n + 1, columns], added to keys
  const Matrix* v = nullptr;    // and to values
};

struct AttentionArgs {
  const Matrix& q; // query i stands at the place k.rows - q.rows + i
  const Matrix& k;
  const Matrix& v;
  std::int64_t heads;
  double scale;
  bool causal;
  // Source form: keys that are hidden besides the future (empty: none), and what is added to the score of a
  // hidden key; minus infinity removes it.
  std::vector<bool> hidden = {};
  double fill = 0;
  // File form: padding keys that every query sees, and how often each counts. Null: none.
  const Matrix* pad_k = nullptr;
  const Matrix* pad_v = nullptr;
  std::int64_t pad_rows = 0;
  double multiplicity = 1;
  // Options.
  std::int64_t key_heads = 0; // 0: heads
  std::string weighting = "softmax";
  double factor = 1;
  std::int64_t window = 0, stride = 1;
  bool by_queries = false;
  std::vector<std::int64_t> slots = {};  // of each key; needed by windows, strides and positions
  const Matrix* position_bias = nullptr; // [heads or 1, 2 slots - 1]
  std::int64_t slot_count = 0;
  AttentionTimes times = {};
};
// weights(scale * q k^T + biases + hidden keys' fill) v for each head (Vaswani et al. 2017,
// arXiv:1706.03762). A query that sees no key gets zeros.
Matrix attention(const AttentionArgs& args);

} // namespace heed::convert::reference

#endif // HEED_CONVERTER_GRAPH_REFERENCE_OPS_HPP
