#include "converter/graph/builder.hpp"

#include "converter/error.hpp"
#include "converter/graph/builder_messages.hpp"
#include "converter/graph/operators.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace heed::convert {

Builder::Builder(std::int64_t slots, PaddingSide padding) {
  graph_.form = Form::source;
  graph_.slots = slots;
  graph_.padding = padding;
  GraphValue ids;
  ids.name = "history";
  ids.kind = ValueKind::ids;
  graph_.values.push_back(std::move(ids));
  history_ = 0;
}

void Builder::set_origin(ValueId id, std::string origin) {
  origins_.resize(graph_.values.size());
  origins_[static_cast<std::size_t>(id)] = std::move(origin);
}

void Builder::expect_vector(const Constant& vector, std::int64_t cols, const std::string& other) const {
  if (vector.rows() != 1 || vector.cols() != cols) misfit(vector, other, fmt::format("[1, {}]", cols));
}

void Builder::expect_matrix(const Constant& matrix, std::int64_t rows, std::int64_t cols,
                            const std::string& other, bool one) const {
  if (matrix.cols() != cols || (matrix.rows() != rows && !(one && matrix.rows() == 1)))
    misfit(matrix, other, fmt::format("[{}, {}]", rows, cols));
}

void Builder::expect_same_cols(ValueId a, ValueId b) const {
  if (graph_.value(a).cols != graph_.value(b).cols)
    throw Error(StatusCode::weights_shape,
                fmt::format("weights {} and {} make rows of different length", origin(a), origin(b)));
}

ValueId Builder::append(Node node) {
  const Shape shape = infer_shape(graph_, node);
  node.output = graph_.add_rows(node.name, shape.count, shape.cols);
  graph_.nodes.push_back(node);
  return node.output;
}

ValueId Builder::append_like(ValueId x, Node node) {
  const ValueId out = append(std::move(node));
  set_origin(out, origin(x));
  return out;
}

ValueId Builder::add_optional(const std::optional<Constant>& constant) {
  return constant ? graph_.add_constant(*constant) : kNone;
}

ValueId Builder::feature(Feature feature) {
  GraphValue value;
  value.name = feature.name;
  value.kind = feature.kind == FeatureKind::event_times ? ValueKind::times : ValueKind::ids;
  value.feature = static_cast<int>(graph_.features.size());
  graph_.features.push_back(std::move(feature));
  graph_.values.push_back(std::move(value));
  return static_cast<ValueId>(graph_.values.size()) - 1;
}

ValueId Builder::feature_embedding(const std::string& name, ValueId feature, const Constant& table) {
  const Feature& described_by = graph_.features[static_cast<std::size_t>(graph_.value(feature).feature)];
  if (table.rows() < described_by.vocabulary)
    misfit(table, "feature " + described_by.name,
           fmt::format("[{}, {}]", described_by.vocabulary, table.cols()));
  Node node{"embedding", name, {feature, graph_.add_constant(table), kNone, kNone}, kNone, {}};
  node.set("scale", 1.0);
  node.set("position_rule", std::string("none"));
  node.set("pad_position", false);
  const ValueId out = append(std::move(node));
  set_origin(out, described(table));
  return out;
}

ValueId Builder::position(const std::string& name, const Constant& table) {
  expect_matrix(table, graph_.slots, table.cols(), "the history's slots");
  Node node{"position", name, {graph_.add_constant(table)}, kNone, {}};
  node.set("position_rule", std::string(graph_.padding == PaddingSide::left ? "from_right" : "from_left"));
  const ValueId out = append(std::move(node));
  set_origin(out, described(table));
  return out;
}

ValueId Builder::parameter(const std::string& name, const Constant& table) {
  const ValueId out = append({"parameter", name, {graph_.add_constant(table)}, kNone, {}});
  set_origin(out, described(table));
  return out;
}

ValueId Builder::embedding(const std::string& name, Embedding embedding) {
  const std::int64_t dim = embedding.table.cols();
  const std::string table = described(embedding.table);
  graph_.items = embedding.table.rows();
  Node node{"embedding", name, {history_, kNone, kNone, kNone}, kNone, {}};
  node.inputs[1] = graph_.add_constant(std::move(embedding.table));
  graph_.table = graph_.input_table = graph_.value(node.inputs[1]).constant;
  if (embedding.append) {
    expect_vector(*embedding.append, dim, table);
    graph_.appended = graph_.value(graph_.add_constant(*embedding.append)).constant;
  }
  graph_.hidden_row = embedding.hidden_row;
  graph_.drop_oldest = embedding.drop_oldest;
  std::string rule = "none";
  if (embedding.positions) {
    if (embedding.positions->cols() != dim || embedding.positions->rows() != graph_.slots)
      misfit(*embedding.positions, table, fmt::format("[{}, {}]", graph_.slots, dim));
    node.inputs[2] = graph_.add_constant(*embedding.positions);
    rule = graph_.padding == PaddingSide::left ? "from_right" : "from_left";
  }
  if (embedding.pad) {
    expect_vector(*embedding.pad, dim, table);
    node.inputs[3] = graph_.add_constant(*embedding.pad);
  }
  node.set("scale", embedding.scale);
  node.set("position_rule", rule);
  node.set("pad_position", embedding.pad_position);
  const ValueId out = append(std::move(node));
  set_origin(out, table);
  return out;
}

ValueId Builder::layer_norm(const std::string& name, ValueId x, const Norm& norm) {
  expect_vector(norm.gamma, graph_.value(x).cols, origin(x));
  expect_vector(norm.beta, graph_.value(x).cols, origin(x));
  Node node{"layer_norm", name, {x, kNone, kNone}, kNone, {}};
  node.inputs[1] = graph_.add_constant(norm.gamma);
  node.inputs[2] = graph_.add_constant(norm.beta);
  node.set("eps", norm.eps);
  node.set("unbiased", norm.unbiased);
  node.set("eps_outside", norm.eps_outside);
  const ValueId out = append(std::move(node));
  set_origin(out, origin(x));
  return out;
}

ValueId Builder::l2_norm(const std::string& name, ValueId x, std::int64_t heads, double eps) {
  if (heads < 1 || graph_.value(x).cols % heads != 0)
    throw Error(StatusCode::invalid_argument, fmt::format("{} heads do not divide the {} columns of {}",
                                                          heads, graph_.value(x).cols, origin(x)));
  return append_like(x, {"l2_norm", name, {x}, kNone, {{"heads", heads}, {"eps", eps}}});
}

ValueId Builder::conv1d(const std::string& name, ValueId x, const Constant& weight,
                        const std::optional<Constant>& bias, const std::string& activation,
                        std::int64_t width) {
  const ValueId windows =
      width == 1 ? x : append_like(x, {"unfold", name + ".windows", {x}, kNone, {{"width", width}}});
  return linear(name, windows, weight, bias, activation);
}

ValueId Builder::linear(const std::string& name, ValueId x, const Constant& weight,
                        const std::optional<Constant>& bias, const std::string& activation,
                        ValueId residual) {
  const std::int64_t in = graph_.value(x).cols;
  if (weight.cols() != in) misfit(weight, origin(x), fmt::format("[{}, {}]", weight.rows(), in));
  if (residual != kNone && graph_.value(residual).cols != weight.rows())
    misfit(weight, origin(residual), fmt::format("[{}, {}]", graph_.value(residual).cols, in));
  if (bias) expect_vector(*bias, weight.rows(), described(weight));
  Node node{"linear", name, {x, kNone, kNone, residual}, kNone, {}};
  node.inputs[1] = graph_.add_constant(weight);
  if (bias) node.inputs[2] = graph_.add_constant(*bias);
  node.set("activation", activation);
  const ValueId out = append(std::move(node));
  set_origin(out, described(weight));
  return out;
}

ValueId Builder::add(const std::string& name, ValueId a, ValueId b) {
  expect_same_cols(a, b);
  const ValueId out = append({"add", name, {a, b}, kNone, {}});
  set_origin(out, origin(a));
  return out;
}

ValueId Builder::multiply(const std::string& name, ValueId a, ValueId b) {
  if (graph_.value(b).cols != 1) expect_same_cols(a, b);
  const ValueId out = append({"multiply", name, {a, b}, kNone, {}});
  set_origin(out, origin(a));
  return out;
}

ValueId Builder::concat(const std::string& name, ValueId a, ValueId b) {
  const ValueId out = append({"concat", name, {a, b}, kNone, {}});
  set_origin(out, origin(a) + " and " + origin(b));
  return out;
}

ValueId Builder::gru(const std::string& name, ValueId x, const Constant& weight_ih, const Constant& weight_hh,
                     const std::optional<Constant>& bias_ih, const std::optional<Constant>& bias_hh) {
  if (weight_hh.rows() != 3 * weight_hh.cols() || weight_ih.rows() != weight_hh.rows())
    misfit(weight_hh, described(weight_ih), fmt::format("[{}, {}]", weight_ih.rows(), weight_ih.rows() / 3));
  if (bias_hh) expect_vector(*bias_hh, weight_hh.rows(), described(weight_hh));
  const ValueId gates = linear(name + ".input", x, weight_ih, bias_ih);
  Node node{"gru", name, {gates, kNone, kNone}, kNone, {}};
  node.inputs[1] = graph_.add_constant(weight_hh);
  if (bias_hh) node.inputs[2] = graph_.add_constant(*bias_hh);
  const ValueId out = append(std::move(node));
  set_origin(out, described(weight_hh));
  return out;
}

ValueId Builder::gru_cell(const std::string& name, ValueId gates, ValueId state, ValueId h) {
  const std::int64_t cols = graph_.value(h).cols;
  for (const ValueId share : {gates, state})
    if (graph_.value(share).cols != 3 * cols)
      throw Error(StatusCode::weights_shape,
                  fmt::format("weight {} should make three gates for each of the {} columns of {}",
                              origin(share), cols, origin(h)));
  return append_like(h, {"gru_cell", name, {gates, state, h}, kNone, {}});
}

ValueId Builder::neighbours(const std::string& name, ValueId x, const std::string& direction) {
  return append_like(x, {"neighbours", name, {x}, kNone, {{"direction", direction}}});
}

ValueId Builder::flatten(const std::string& name, ValueId x) {
  return append_like(x, {"flatten", name, {x}, kNone, {}});
}

ValueId Builder::mix(const std::string& name, ValueId x, const Constant& weights,
                     const std::optional<Constant>& bias, std::int64_t heads, bool per_event) {
  const std::int64_t rows = weights.rows() / heads;
  expect_matrix(weights, heads * (per_event ? graph_.slots : rows), graph_.slots, "the history's slots");
  if (bias) expect_vector(*bias, rows, described(weights));
  Node node{"mix", name, {x, kNone, kNone}, kNone, {{"heads", heads}, {"per_event", per_event}}};
  node.inputs[1] = graph_.add_constant(weights);
  node.inputs[2] = add_optional(bias);
  return append_like(x, std::move(node));
}

ValueId Builder::capsule_routing(const std::string& name, ValueId x, const Constant& logits,
                                 std::int64_t iterations, bool dynamic) {
  expect_matrix(logits, logits.rows(), graph_.slots, "the history's slots");
  Node node{"capsule_routing", name, {x, kNone}, kNone, {{"iterations", iterations}, {"dynamic", dynamic}}};
  node.inputs[1] = graph_.add_constant(logits);
  node.set("position_rule", std::string(graph_.padding == PaddingSide::left ? "from_right" : "from_left"));
  return append_like(x, std::move(node));
}

ValueId Builder::largest(const std::string& name, ValueId x, std::int64_t skip) {
  Node node{"pool", name, {x, kNone, kNone}, kNone, {{"kind", std::string("max")}}};
  node.set("padding", std::string(graph_.computes_padding ? "attended" : "masked"));
  if (skip > 0) node.set("skip", skip);
  return append_like(x, std::move(node));
}

ValueId Builder::pool(const std::string& name, ValueId x, const std::string& kind, ValueId weights,
                      bool padding_attended) {
  Node node{"pool", name, {x, weights, kNone}, kNone, {{"kind", kind}}};
  node.set("padding", std::string(padding_attended ? "attended" : "masked"));
  const ValueId out = append(std::move(node));
  set_origin(out, origin(x));
  return out;
}

ValueId Builder::additive_attention(const std::string& name, ValueId keys, ValueId query, const Constant& v,
                                    ValueId values, const std::string& activation, bool padding_attended,
                                    bool softmax) {
  if (query != kNone) expect_same_cols(keys, query);
  expect_vector(v, graph_.value(keys).cols, origin(keys));
  Node node{"additive_attention", name, {keys, query, kNone, values, kNone, kNone}, kNone, {}};
  node.inputs[2] = graph_.add_constant(v);
  node.set("activation", activation);
  node.set("padding", std::string(padding_attended ? "attended" : "masked"));
  if (softmax) node.set("weighting", std::string("softmax"));
  const ValueId out = append(std::move(node));
  set_origin(out, origin(values));
  return out;
}

ValueId Builder::activation(const std::string& name, ValueId x, const std::string& kind) {
  const ValueId out = append({"activation", name, {x}, kNone, {{"kind", kind}}});
  set_origin(out, origin(x));
  return out;
}

ValueId Builder::mask_padding(const std::string& name, ValueId x) {
  const ValueId out = append({"mask_padding", name, {x}, kNone, {}});
  set_origin(out, origin(x));
  return out;
}

ValueId Builder::last(const std::string& name, ValueId x) {
  const ValueId out = append({"last", name, {x}, kNone, {}});
  set_origin(out, origin(x));
  return out;
}

void Builder::score_rows(const Constant& rows) {
  if (rows.rows() != graph_.items)
    misfit(rows, described(graph_.constants[static_cast<std::size_t>(graph_.input_table)]),
           fmt::format("[{}, {}]", graph_.items, rows.cols()));
  graph_.table = graph_.value(graph_.add_constant(rows)).constant;
}

void Builder::score_bias(const Constant& bias) {
  expect_vector(bias, graph_.items, described(graph_.constants[static_cast<std::size_t>(graph_.table)]));
  graph_.bias = graph_.value(graph_.add_constant(bias)).constant;
}

// The row that padded slots look up: what they hold, before the embedding's scale.
void Builder::set_filler() {
  Matrix row(1, graph_.constants[static_cast<std::size_t>(graph_.input_table)].cols());
  for (const Node& node : graph_.nodes) {
    if (node.op != "embedding" || node.input(0) != history_ || node.input(3) == kNone) continue;
    row = graph_.constant(node.input(3)).read();
    for (double& x : row.values) x /= node.real("scale");
  }
  Constant filler;
  filler.name = "filler";
  filler.source = computed_rows(std::move(row));
  graph_.filler = graph_.value(graph_.add_constant(std::move(filler))).constant;
}

Graph Builder::finish(ValueId output, std::int64_t first_id, std::int64_t max_history) {
  const std::int64_t most = graph_.slots - graph_.length_of(0);
  if (max_history < 1 || max_history > most)
    throw Error(
        StatusCode::invalid_argument,
        fmt::format("a maximum history of {} is outside the model's 1 to {} events", max_history, most));
  const Constant& table = graph_.constants[static_cast<std::size_t>(graph_.table)];
  if (graph_.value(output).cols != table.cols())
    throw Error(StatusCode::weights_shape, fmt::format("the rows of {} are not scored by vectors of {}",
                                                       described(table), origin(output)));
  if (graph_.computes_padding) set_filler();
  graph_.output = output;
  graph_.first_id = first_id;
  graph_.max_history = max_history;
  check(graph_);
  return std::move(graph_);
}

} // namespace heed::convert
