#include "converter/graph/interpreter.hpp"

#include "converter/graph/reference_ops.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace heed::convert {
namespace {

Matrix transposed(const Matrix& matrix) {
  Matrix out(matrix.cols, matrix.rows);
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    for (std::int64_t c = 0; c < matrix.cols; ++c) out.row(c)[r] = matrix.row(r)[c];
  }
  return out;
}

constexpr std::int64_t kAppended = -2; // Places::rows: Graph::appended

// The events of a history that count.
std::vector<std::int64_t> counted(const Graph& graph, const std::vector<std::int64_t>& history) {
  const auto size = static_cast<std::int64_t>(history.size());
  const std::int64_t count = std::clamp<std::int64_t>(size - graph.drop_oldest, 0, graph.max_history);
  return {history.end() - count, history.end()};
}

// out += weight * row, `times` times.
void add_padding_term(Matrix& out, double weight, const double* row, std::int64_t times) {
  for (std::int64_t c = 0; c < out.cols; ++c) out.row(0)[c] += static_cast<double>(times) * weight * row[c];
}

bool all_hidden(const Graph& graph, const std::vector<std::int64_t>& events) {
  return std::all_of(events.begin(), events.end(), [&](std::int64_t row) { return row == graph.hidden_row; });
}

} // namespace

// Where the events of one history stand.
struct Interpreter::Places {
  std::vector<std::int64_t> rows;  // computed: a row of the input table, kNone for padding, or kAppended
  std::vector<std::int64_t> slots; // the slot of each
  std::int64_t length = 0;         // places that the events take, and what is appended to them
  std::int64_t events = 0;         // of these, those that are computed

  std::int64_t count() const { return static_cast<std::int64_t>(rows.size()); }
};

Interpreter::Interpreter(const Graph& graph) : graph_(graph), constants_(graph.constants.size()) {
  for (std::size_t i = 0; i < constants_.size(); ++i) {
    const auto id = static_cast<ConstantId>(i);
    if (id != graph.table && id != graph.input_table) constants_[i] = graph.constants[i].read();
  }
  std::vector<bool> turned(constants_.size()); // nodes may share a weight
  for (const Node& node : graph.nodes) {
    if (node.op != "linear" && node.op != "gru") continue;
    const auto weight = static_cast<std::size_t>(graph.value(node.input(1)).constant);
    if (!turned[weight]) constants_[weight] = transposed(constants_[weight]);
    turned[weight] = true;
  }
}

const Matrix* Interpreter::constant(ValueId id) const {
  return id == kNone ? nullptr : &constants_[static_cast<std::size_t>(graph_.value(id).constant)];
}

std::vector<double> Interpreter::run(const std::vector<std::int64_t>& history) const {
  const std::vector<std::int64_t> events = counted(graph_, history);
  const bool computes = graph_.appends() ? !events.empty() : !all_hidden(graph_, events);
  if (!computes && graph_.form == Form::file) return graph_.empty_history;
  return run_all(history)[static_cast<std::size_t>(graph_.output)].values;
}

std::vector<Matrix> Interpreter::run_all(const std::vector<std::int64_t>& history) const {
  std::vector<std::int64_t> events = counted(graph_, history);
  if (graph_.appends()) events.push_back(graph_.append_row == kNone ? kAppended : graph_.append_row);
  Places places;
  places.length = static_cast<std::int64_t>(events.size());
  const std::int64_t first = graph_.padding == PaddingSide::left ? graph_.slots - places.length : 0;
  for (std::int64_t slot = 0; slot < graph_.slots; ++slot) {
    const bool real = slot >= first && slot < first + places.length;
    const std::int64_t row = real ? events[static_cast<std::size_t>(slot - first)] : kNone;
    if (graph_.form == Form::file && (!real || row == graph_.hidden_row)) continue;
    if (row != kNone && row != graph_.hidden_row) ++places.events;
    places.rows.push_back(row);
    places.slots.push_back(slot);
  }
  if (places.rows.empty()) throw std::logic_error("the file form computes real events only");
  std::vector<Matrix> values(graph_.values.size());
  for (const Node& node : graph_.nodes) run_node(node, places, values);
  return values;
}

void Interpreter::run_node(const Node& node, const Places& places, std::vector<Matrix>& values) const {
  const auto in = [&](std::size_t i) -> const Matrix& {
    return values[static_cast<std::size_t>(node.input(i))];
  };
  Matrix& out = values[static_cast<std::size_t>(node.output)];
  if (node.op == "embedding") {
    out = embedding(node, places);
  } else if (node.op == "layer_norm") {
    out = reference::layer_norm(in(0), constant(node.input(1)), constant(node.input(2)), node.real("eps"),
                                node.flag("unbiased"), node.flag("eps_outside"));
  } else if (node.op == "linear") {
    out = reference::linear(in(0), *constant(node.input(1)), constant(node.input(2)),
                            node.input(3) == kNone ? nullptr : &in(3), node.choice("activation"));
  } else if (node.op == "attention") {
    out = attention(node, places, values);
  } else if (node.op == "add") {
    out = reference::combine(in(0), in(1), [](double a, double b) { return a + b; });
  } else if (node.op == "multiply") {
    out = reference::combine(in(0), in(1), [](double a, double b) { return a * b; });
  } else if (node.op == "concat") {
    out = reference::concat(in(0), in(1));
  } else if (node.op == "gru") {
    out = reference::gru(in(0), *constant(node.input(1)), constant(node.input(2)));
  } else if (node.op == "additive_attention") {
    out = additive_attention(node, places, values);
  } else if (node.op == "pool") {
    out = pool(node, in(0), node.input(1) == kNone ? nullptr : &in(1), places);
  } else if (node.op == "activation") {
    out = in(0);
    const reference::Activation activate = reference::find_activation(node.choice("kind"));
    for (double& x : out.values) x = activate(x);
  } else if (node.op == "last") {
    out = last(in(0), places);
  } else if (node.op == "mask_padding") {
    out = in(0);
    for (std::int64_t p = 0; p < places.count(); ++p) {
      if (places.rows[static_cast<std::size_t>(p)] == kNone) std::fill_n(out.row(p), out.cols, 0.0);
    }
  } else {
    throw std::logic_error("the interpreter does not know " + node.op);
  }
}

Matrix Interpreter::embedding(const Node& node, const Places& places) const {
  const Constant& table = graph_.constants[static_cast<std::size_t>(graph_.input_table)];
  const Matrix* positions = constant(node.input(2));
  const Matrix* pad = constant(node.input(3));
  const double scale = node.real("scale");
  const bool pad_position = graph_.form == Form::source && node.flag("pad_position");
  Matrix out(places.count(), table.cols());
  for (std::int64_t p = 0; p < places.count(); ++p) {
    double* y = out.row(p);
    const std::int64_t item = places.rows[static_cast<std::size_t>(p)];
    if (item != kNone) {
      if (item == kAppended)
        graph_.constants[static_cast<std::size_t>(graph_.appended)].read_row(0, y);
      else
        table.read_row(item, y);
      for (std::int64_t c = 0; c < out.cols; ++c) y[c] *= scale;
    } else if (pad != nullptr) {
      std::copy_n(pad->row(0), out.cols, y);
    }
    if (positions == nullptr || (item == kNone && !pad_position)) continue;
    for (std::int64_t c = 0; c < out.cols; ++c)
      y[c] += positions->row(places.slots[static_cast<std::size_t>(p)])[c];
  }
  return out;
}

Matrix Interpreter::attention(const Node& node, const Places& places,
                              const std::vector<Matrix>& values) const {
  const auto in = [&](std::size_t i) -> const Matrix& {
    return values[static_cast<std::size_t>(node.input(i))];
  };
  reference::AttentionArgs args{
      in(0), in(1), in(2), node.integer("heads"), node.real("scale"), node.choice("mask") == "causal"};
  args.fill = -std::numeric_limits<double>::infinity();
  const std::string& padding = node.choice("padding");
  if (graph_.form == Form::source) {
    args.fill = node.real("fill");
    if (padding == "masked") {
      for (const std::int64_t row : places.rows)
        args.hidden.push_back(row == kNone || row == graph_.hidden_row);
    }
  } else if (padding != "none" && graph_.slots > places.length) {
    const std::int64_t padded = graph_.slots - places.length;
    args.pad_k = constant(node.input(3));
    args.pad_v = constant(node.input(4));
    args.pad_rows = padding == "constant" ? 1 : padded;
    args.multiplicity = padding == "constant" ? static_cast<double>(padded) : 1.0;
  }
  return reference::attention(args);
}

// How often each computed row counts in a sum over places.
std::vector<double> Interpreter::counts(const Node& node, const Places& places) const {
  const bool attended = node.choice("padding") == "attended";
  std::vector<double> counts;
  for (const std::int64_t row : places.rows)
    counts.push_back(attended || (row != kNone && row != graph_.hidden_row) ? 1.0 : 0.0);
  return counts;
}

Matrix Interpreter::pool(const Node& node, const Matrix& x, const Matrix* weights,
                         const Places& places) const {
  Matrix out = reference::weighted_sum(x, weights, counts(node, places));
  if (node.choice("padding") == "constant")
    add_padding_term(out, 1.0, constant(node.input(2))->row(0), graph_.slots - places.length);
  if (node.choice("kind") == "mean") {
    for (double& y : out.values) y /= static_cast<double>(places.events);
  }
  return out;
}

Matrix Interpreter::additive_attention(const Node& node, const Places& places,
                                       const std::vector<Matrix>& values) const {
  const auto in = [&](std::size_t i) -> const Matrix& {
    return values[static_cast<std::size_t>(node.input(i))];
  };
  const Matrix* query = node.input(1) == kNone ? nullptr : &in(1);
  const auto similarity = [&](const Matrix& keys) {
    return reference::additive_similarity(keys, query, *constant(node.input(2)), node.choice("activation"));
  };
  const Matrix weights = similarity(in(0));
  Matrix out = reference::weighted_sum(in(3), &weights, counts(node, places));
  if (node.choice("padding") == "constant")
    add_padding_term(out, similarity(*constant(node.input(4))).values[0], constant(node.input(5))->row(0),
                     graph_.slots - places.length);
  return out;
}

Matrix Interpreter::last(const Matrix& x, const Places& places) const {
  Matrix out(1, x.cols);
  const bool right = graph_.form == Form::source && graph_.padding == PaddingSide::right;
  const std::int64_t row = right ? places.length - 1 : x.rows - 1;
  if (row >= 0) {
    std::copy_n(x.row(row), x.cols, out.row(0));
  } else {
    std::fill_n(out.row(0), x.cols, std::numeric_limits<double>::quiet_NaN());
  }
  return out;
}

Matrix score_rows(const Graph& graph, const Matrix& vectors, const std::vector<std::int64_t>& rows) {
  const Constant& table = graph.constants[static_cast<std::size_t>(graph.table)];
  std::vector<double> bias;
  if (graph.bias != kNone) bias = graph.constants[static_cast<std::size_t>(graph.bias)].read().values;
  Matrix scores(vectors.rows, static_cast<std::int64_t>(rows.size()));
  std::vector<double> item(static_cast<std::size_t>(table.cols()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    table.read_row(rows[i], item.data());
    for (std::int64_t u = 0; u < vectors.rows; ++u) {
      double sum = bias.empty() ? 0.0 : bias[static_cast<std::size_t>(rows[i])];
      for (std::int64_t c = 0; c < table.cols(); ++c)
        sum += vectors.row(u)[c] * item[static_cast<std::size_t>(c)];
      scores.row(u)[i] = sum;
    }
  }
  return scores;
}

} // namespace heed::convert
