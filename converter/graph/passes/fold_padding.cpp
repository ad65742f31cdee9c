// Why this is exact. With padding on the left, a causal query at a padded slot sees padded slots alone, so
// what a padded slot holds in any block does not depend on the events: a run over padding gives the keys and
// values that every history sees there. With padding on the right, causality hides it from all events. A
// masked key contributes exp(fill) = 0.
#include "converter/graph/interpreter.hpp"
#include "converter/graph/operators.hpp"
#include "converter/graph/passes/foldable.hpp"
#include "converter/graph/passes/passes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace heed::convert {
namespace {

// Equal rows, up to the rounding of sums over different numbers of equal terms.
bool rows_equal(const Matrix& matrix) {
  double largest = 0;
  for (const double x : matrix.values) largest = std::max(largest, std::fabs(x));
  for (std::int64_t r = 1; r < matrix.rows; ++r) {
    for (std::int64_t c = 0; c < matrix.cols; ++c) {
      if (std::fabs(matrix.row(r)[c] - matrix.row(0)[c]) > 1e-12 * largest) return false;
    }
  }
  return true;
}

Matrix first_row(const Matrix& matrix) {
  Matrix row(1, matrix.cols);
  std::copy_n(matrix.row(0), matrix.cols, row.row(0));
  return row;
}

ValueId add_padding(Graph& graph, const std::string& name, Matrix matrix) {
  const bool decided = graph.constants[static_cast<std::size_t>(graph.table)].stored != Stored::source;
  Constant constant;
  constant.name = name;
  constant.source = computed_rows(std::move(matrix));
  constant.stored = decided ? Stored::f32 : Stored::source;
  constant.source_bits = 64;
  return graph.add_constant(std::move(constant));
}

// Of a value for a history of padding, the rows of padded slots: all but that of what follows every history.
Matrix padded_rows(const Graph& graph, const Matrix& rows) {
  const std::int64_t appended = graph.length_of(0);
  Matrix padded(rows.rows - appended, rows.cols);
  const std::int64_t first = graph.padding == PaddingSide::left ? 0 : appended;
  std::copy_n(rows.row(first), padded.values.size(), padded.values.begin());
  return padded;
}

// A sum over places takes of padded slots what `value` holds there: as a constant, the node's input `to`.
void fold_sum(const Graph& source, Graph& graph, Node& node, ValueId value, std::size_t to,
              const std::string& suffix, const std::vector<Matrix>& padding) {
  const Matrix rows = padded_rows(source, padding[static_cast<std::size_t>(value)]);
  if (!row_by_row(source, value) || !rows_equal(rows))
    unsupported(node, "the padded slots that it sums do not all hold the same");
  node.inputs[to] = add_padding(graph, node.name + suffix, first_row(rows));
}

// pool and additive_attention.
void fold_sums(const Graph& source, Graph& graph, Node& node, const std::vector<Matrix>& padding) {
  const bool attended = node.choice("padding") == "attended";
  node.set("padding", std::string(attended ? "constant" : "none"));
  if (!attended) return;
  if (node.op == "pool") {
    if (node.input(1) != kNone) unsupported(node, "it weighs padded slots");
    fold_sum(source, graph, node, node.input(0), 2, ".pad", padding);
  } else {
    fold_sum(source, graph, node, node.input(0), 4, ".pad_key", padding);
    fold_sum(source, graph, node, node.input(3), 5, ".pad_value", padding);
  }
}

// `node` has the source's inputs; `padding` holds the source's values for a history of padding.
void fold_attention(Graph& graph, Node& node, bool attended, const std::vector<Matrix>& padding) {
  node.drop("fill");
  if (!attended) {
    node.set("padding", std::string("none"));
    return;
  }
  const Matrix& k = padding[static_cast<std::size_t>(node.input(1))];
  const Matrix& v = padding[static_cast<std::size_t>(node.input(2))];
  const bool constant = rows_equal(k) && rows_equal(v) && !tells_places_apart(node);
  node.set("padding", std::string(constant ? "constant" : "per_slot"));
  node.inputs[3] = add_padding(graph, node.name + ".pad_k", constant ? first_row(k) : k);
  node.inputs[4] = add_padding(graph, node.name + ".pad_v", constant ? first_row(v) : v);
}

// Intervals as the file has them, for matmuls: each head's rows by themselves, padded to 16; those of values
// transposed.
void lay_out_intervals(Graph& graph, Node& node) {
  constexpr std::int64_t kBlock = 16;
  const auto padded = [](std::int64_t rows) { return (rows + kBlock - 1) / kBlock * kBlock; };
  const std::int64_t heads = node.integer("heads"), dim = graph.value(node.input(0)).cols / heads;
  for (const std::size_t input : {std::size_t{9}, std::size_t{10}}) {
    if (node.input(input) == kNone) continue;
    const Constant constant = graph.constant(node.input(input));
    const Matrix rows = constant.read();
    const bool keys = input == 9;
    const std::int64_t step = padded(keys ? rows.rows : dim);
    Matrix laid(heads * step, keys ? dim : rows.rows);
    for (std::int64_t b = 0; b < rows.rows; ++b) {
      for (std::int64_t c = 0; c < rows.cols; ++c) {
        const std::int64_t first = c / dim * step;
        (keys ? laid.row(first + b)[c % dim] : laid.row(first + c % dim)[b]) = rows.row(b)[c];
      }
    }
    node.inputs[input] = add_padding(graph, constant.name, std::move(laid));
  }
}

// Padding is computed with the events: a graph of rows that all exist.
Graph fill_padding(const Graph& source) {
  Graph graph = source;
  graph.form = Form::file;
  check_fillable(source);
  if (graph.fill_row == kNone) throw std::logic_error("add_special_rows() has not run");
  for (Node& node : graph.nodes) {
    if (node.op == "embedding") {
      node.inputs.resize(3);
      node.drop("pad_position");
    }
    if (node.op == "attention") {
      node.drop("fill");
      lay_out_intervals(graph, node);
    }
    if (node.op == "attention" || node.op == "pool" || node.op == "additive_attention")
      node.set("padding", std::string("none"));
  }
  return graph;
}

// What the outputs are for a history without events: the reference's answer to padding alone, or zeros where
// that is not finite.
void record_empty_history(const Graph& source, const std::vector<Matrix>& padding, Graph& graph) {
  const auto answer = [&](ValueId id) {
    Matrix values = padding[static_cast<std::size_t>(id)];
    const auto finite = [](double x) { return std::isfinite(static_cast<float>(x)); };
    if (!std::all_of(values.values.begin(), values.values.end(), finite))
      std::fill(values.values.begin(), values.values.end(), 0.0);
    return values;
  };
  graph.empty_history = answer(source.output);
  for (std::size_t i = 0; i < source.outputs.size(); ++i)
    if (!source.value(source.outputs[i].value).each_place())
      graph.outputs[i].empty_history = answer(source.outputs[i].value);
}

Graph fold_constants(const Graph& source, const std::vector<Matrix>& padding) {
  const bool attended = check_foldable(source);
  Graph graph = source;
  graph.form = Form::file;
  graph.nodes.clear();
  std::vector<ValueId> renamed(source.values.size()); // source value -> its value in `graph`
  std::iota(renamed.begin(), renamed.end(), 0);
  for (Node node : source.nodes) {
    if (node.op == "mask_padding") { // real events pass it unchanged
      renamed[static_cast<std::size_t>(node.output)] = renamed[static_cast<std::size_t>(node.input(0))];
      continue;
    }
    if (node.op == "embedding") {
      node.inputs.resize(3);
      node.drop("pad_position");
    }
    if (node.op == "attention") {
      const bool places = source.value(node.input(1)).each_place();
      fold_attention(graph, node, attended && places && node.choice("padding") == "attended", padding);
      lay_out_intervals(graph, node);
    }
    if (node.op == "pool" || node.op == "additive_attention") fold_sums(source, graph, node, padding);
    for (ValueId& input : node.inputs) {
      const auto i = static_cast<std::size_t>(input);
      if (input != kNone && i < renamed.size()) input = renamed[i];
    }
    graph.nodes.push_back(std::move(node));
  }
  graph.output = renamed[static_cast<std::size_t>(source.output)];
  for (GraphOutput& output : graph.outputs) output.value = renamed[static_cast<std::size_t>(output.value)];
  return graph;
}

} // namespace

Graph fold_padding(const Graph& source) {
  const std::vector<Matrix> padding = Interpreter(source).run_all({});
  Graph graph = source.computes_padding ? fill_padding(source) : fold_constants(source, padding);
  record_empty_history(source, padding, graph);
  remove_unused(graph);
  check(graph);
  return graph;
}

} // namespace heed::convert
