// Activation channels of very different size share one scale a row, and the small ones drown. Where nothing
// else reads them, activations can be divided by a vector of factors and the columns of the weights that read
// them be multiplied by it: the product stays, the sizes become alike. The factors are those of SmoothQuant
// (Xiao et al., ICML 2023, arXiv:2211.10438) with alpha = 1/2: sqrt(largest activation / largest weight).
//
// What can be divided: the result of a normalisation (a second one with smaller gamma and beta, as the first
// may serve as a residual); that of a linear with activation none or relu, by its weights' rows and its bias;
// and the values that attention averages, by the linear that makes them.
#include "converter/graph/operators.hpp"
#include "converter/graph/passes/activations.hpp"
#include "converter/graph/passes/passes.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace heed::convert {
namespace {

using Factors = std::vector<double>;

// The rows of another source, times one factor a row and one a column (empty: none).
class Scaled final : public RowSource {
 public:
  Scaled(RowSourcePtr base, Factors rows, Factors columns)
      : RowSource(base->rows(), base->cols()), base_(std::move(base)), row_factors_(std::move(rows)),
        column_factors_(std::move(columns)) {}
  void read_row(std::int64_t row, double* out) const override {
    base_->read_row(row, out);
    if (!row_factors_.empty()) {
      for (std::int64_t c = 0; c < cols(); ++c) out[c] *= row_factors_[static_cast<std::size_t>(row)];
    }
    for (std::size_t c = 0; c < column_factors_.size(); ++c) out[c] *= column_factors_[c];
  }

 private:
  RowSourcePtr base_;
  Factors row_factors_, column_factors_;
};

Factors inverse(const Factors& factors) {
  Factors result;
  for (const double f : factors) result.push_back(1.0 / f);
  return result;
}

// What a column of activations is divided by, and the weights are multiplied by.
Factors factors_of(const Factors& activations, const Factors& weights) {
  Factors factors(activations.size(), 1.0);
  for (std::size_t c = 0; c < factors.size(); ++c) {
    const bool used = activations[c] > 0 && weights[c] > 0;
    if (used) factors[c] = std::clamp(std::sqrt(activations[c] / weights[c]), 1e-4, 1e4);
  }
  return factors;
}

class Equalizer {
 public:
  Equalizer(Graph& graph, const std::vector<Request>& histories)
      : graph_(graph), largest_(graph.values.size()) {
    for_each_activation(graph, histories, [&](ValueId id, const double* row) {
      Factors& most = largest_[static_cast<std::size_t>(id)];
      most.resize(static_cast<std::size_t>(graph.value(id).cols));
      for (std::size_t c = 0; c < most.size(); ++c) most[c] = std::max(most[c], std::fabs(row[c]));
    });
  }

  void run() {
    // Dividing what a node makes changes the size of its weights' rows, which decides about what it reads.
    // So: last nodes first, and normalisations, whose weights nothing else looks at, at the end.
    const std::size_t count = graph_.nodes.size();
    for (std::size_t n = count; n-- > 0;) {
      if (node(n).op == "linear") divide_linear(n, n);
      // Values that are not the linear's alone cannot be divided through it.
      if (node(n).op != "attention" || node(n).has("key_heads") || node(n).input(10) != kNone) continue;
      const ValueId v = node(n).input(2);
      if (values_alone(n) && graph_.producer(v) != kNone)
        divide_linear(static_cast<std::size_t>(graph_.producer(v)), n);
    }
    for (std::size_t n = 0; n < count; ++n) {
      if (node(n).op == "layer_norm" && node(n).input(1) != kNone) divide_norm(n);
    }
    remove_unused(graph_); // it sorts the nodes, too
    check(graph_);
  }

 private:
  Node& node(std::size_t n) { return graph_.nodes[n]; }

  // Indices of the nodes that read a value.
  std::vector<std::size_t> users(ValueId id) const {
    std::vector<std::size_t> found;
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const std::vector<ValueId>& inputs = graph_.nodes[n].inputs;
      if (std::find(inputs.begin(), inputs.end(), id) != inputs.end()) found.push_back(n);
    }
    return found;
  }

  bool is_output(ValueId id) const {
    const auto same = [&](const GraphOutput& output) { return output.value == id; };
    return id == graph_.output || std::any_of(graph_.outputs.begin(), graph_.outputs.end(), same);
  }

  // Whether nothing but the averaging in attention `n` reads its values.
  bool values_alone(std::size_t n) {
    const std::vector<ValueId>& inputs = node(n).inputs;
    const ValueId v = node(n).input(2);
    return users(v).size() == 1 && std::count(inputs.begin(), inputs.end(), v) == 1 && !is_output(v);
  }

  // The linears whose x the value is; `others` tells whether anything else reads it.
  std::vector<std::size_t> linears(ValueId id, bool* others) const {
    std::vector<std::size_t> found;
    *others = is_output(id);
    for (const std::size_t n : users(id)) {
      const Node& user = graph_.nodes[n];
      if (user.op == "linear" && user.input(0) == id) found.push_back(n);
      *others = *others || user.op != "linear" || user.input(0) != id || user.input(3) == id;
    }
    return found;
  }

  Factors choose(ValueId activations, const std::vector<std::size_t>& readers) const {
    Factors weights(static_cast<std::size_t>(graph_.value(activations).cols));
    for (const std::size_t n : readers) {
      const Matrix weight = graph_.constant(graph_.nodes[n].input(1)).read();
      for (std::int64_t r = 0; r < weight.rows; ++r) {
        for (std::size_t c = 0; c < weights.size(); ++c)
          weights[c] = std::max(weights[c], std::fabs(weight.row(r)[c]));
      }
    }
    return factors_of(largest_[static_cast<std::size_t>(activations)], weights);
  }

  // Gives a node a scaled copy of one of its constants, which other nodes may share.
  void scale(std::size_t n, std::size_t input, Factors rows, Factors columns, const char* suffix = "") {
    if (node(n).input(input) == kNone) return;
    Constant constant = graph_.constant(node(n).input(input));
    constant.name += suffix;
    constant.source = std::make_shared<Scaled>(constant.source, std::move(rows), std::move(columns));
    const ValueId added = graph_.add_constant(std::move(constant));
    node(n).inputs[input] = added;
  }

  void divide_norm(std::size_t n) {
    bool others = false;
    const std::vector<std::size_t> readers = linears(node(n).output, &others);
    if (readers.empty()) return;
    const Factors factors = choose(node(n).output, readers);
    Node equal = node(n);
    if (others) {
      equal.name += ".equal";
      equal.output =
          graph_.add_rows(equal.name, graph_.value(equal.output).count, graph_.value(equal.output).cols);
      largest_.resize(graph_.values.size());
      graph_.nodes.push_back(equal);
    }
    const std::size_t made = others ? graph_.nodes.size() - 1 : n;
    for (const std::size_t input : {std::size_t{1}, std::size_t{2}})
      scale(made, input, {}, inverse(factors), others ? ".equal" : "");
    for (const std::size_t reader : readers) {
      scale(reader, 1, {}, factors);
      node(reader).inputs[0] = equal.output;
    }
  }

  // Divides what linear `n` makes, as it leaves node `end`: the linear itself, or attention over it.
  void divide_linear(std::size_t n, std::size_t end) {
    if (node(n).op != "linear" || node(n).input(3) != kNone) return;
    const std::string& activation = node(n).choice("activation");
    if (activation != "none" && (activation != "relu" || n != end)) return;
    bool others = false;
    const std::vector<std::size_t> readers = linears(node(end).output, &others);
    if (readers.empty() || others) return;
    const Factors factors = choose(node(end).output, readers);
    scale(n, 1, inverse(factors), {});
    scale(n, 2, {}, inverse(factors));
    for (const std::size_t reader : readers) scale(reader, 1, {}, factors);
  }

  Graph& graph_;
  std::vector<Factors> largest_; // by value
};

} // namespace

void equalize(Graph& graph, const std::vector<Request>& histories) {
  Equalizer(graph, histories).run();
}

} // namespace heed::convert
