#include "converter/graph/interpreter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace heed::convert {
namespace {

constexpr std::int64_t kAppended = -2; // Places::rows: Graph::appended

// The events of a history that count, by their index in it.
std::vector<std::int64_t> counted(const Graph& graph, const std::vector<std::int64_t>& history) {
  const auto size = static_cast<std::int64_t>(history.size());
  const std::int64_t count = std::clamp<std::int64_t>(size - graph.drop_oldest, 0, graph.max_history);
  std::vector<std::int64_t> events(static_cast<std::size_t>(count));
  std::iota(events.begin(), events.end(), size - count);
  return events;
}

// out += weight * row, `times` times.
void add_padding_term(Matrix& out, double weight, const double* row, std::int64_t times) {
  for (std::int64_t c = 0; c < out.cols; ++c) out.row(0)[c] += static_cast<double>(times) * weight * row[c];
}

bool all_hidden(const Graph& graph, const Request& request, const std::vector<std::int64_t>& events) {
  return std::all_of(events.begin(), events.end(), [&](std::int64_t event) {
    return request.history[static_cast<std::size_t>(event)] == graph.hidden_row;
  });
}

// Feature::gaps.
void count_gaps(std::vector<double>& times) {
  double smallest = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double gap = times[i] - times[i - 1];
    if (gap > 0 && (smallest == 0 || gap < smallest)) smallest = gap;
  }
  const double oldest = times.empty() ? 0 : times[0];
  for (double& time : times) time = std::nearbyint((time - oldest) / (smallest > 0 ? smallest : 1)) + 1;
}

} // namespace

// Where the events of one history stand.
struct Interpreter::Places {
  std::vector<std::int64_t> rows;      // computed: a row of the input table, kNone for padding, or kAppended
  std::vector<std::int64_t> slots;     // the slot of each
  std::vector<std::int64_t> events_at; // the caller's event of each, or kNone
  std::vector<std::vector<double>> features; // by Graph::features: values of each, and the request's own
  std::int64_t length = 0;                   // places that the events take, and what is appended to them
  std::int64_t events = 0;                   // of these, those that are computed
  std::int64_t newest = kNone;               // index of the newest of these

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
  for (const Node& node : graph.nodes) {
    if (node.op == "attention") read_intervals(node);
  }
}

// [buckets, columns], whatever the form. The file lays them out for matmuls: each head's rows by themselves,
// padded to 16, the values' transposed.
void Interpreter::read_intervals(const Node& node) {
  for (const std::size_t input : {std::size_t{9}, std::size_t{10}}) {
    if (node.input(input) == kNone) continue;
    const Matrix& stored = *constant(node.input(input));
    Matrix& rows = intervals_[node.input(input)];
    rows = stored;
    if (graph_.form == Form::source) continue;
    const std::int64_t heads = node.integer("heads"), dim = graph_.value(node.input(0)).cols / heads;
    const std::int64_t step = stored.rows / heads;
    rows = Matrix(constant(node.input(7))->cols + 1, heads * dim);
    for (std::int64_t b = 0; b < rows.rows; ++b) {
      for (std::int64_t c = 0; c < rows.cols; ++c) {
        const std::int64_t first = c / dim * step;
        rows.row(b)[c] = input == 9 ? stored.row(first + b)[c % dim] : stored.row(first + c % dim)[b];
      }
    }
  }
}

const Matrix* Interpreter::constant(ValueId id) const {
  return id == kNone ? nullptr : &constants_[static_cast<std::size_t>(graph_.value(id).constant)];
}

std::vector<double> Interpreter::run(const Request& request) const {
  const std::vector<std::int64_t> events = counted(graph_, request.history);
  const bool computes = graph_.appends() ? !events.empty() : !all_hidden(graph_, request, events);
  if (!computes && graph_.form == Form::file) return graph_.empty_history.values;
  return run_all(request)[static_cast<std::size_t>(graph_.output)].values;
}

std::vector<Matrix> Interpreter::run_all(const Request& request) const {
  Places places = place(request, counted(graph_, request.history));
  if (places.rows.empty()) throw std::logic_error("the file form computes real events only");
  set_features(request, places);
  std::vector<Matrix> values(graph_.values.size());
  for (const Node& node : graph_.nodes) run_node(node, places, values);
  return values;
}

Interpreter::Places Interpreter::place(const Request& request,
                                       const std::vector<std::int64_t>& events) const {
  Places places;
  const auto count = static_cast<std::int64_t>(events.size());
  places.length = count + (graph_.appends() ? 1 : 0);
  const std::int64_t first = graph_.padding == PaddingSide::left ? graph_.slots - places.length : 0;
  for (std::int64_t slot = 0; slot < graph_.slots; ++slot) {
    const std::int64_t place = slot - first;
    const bool real = place >= 0 && place < places.length;
    const bool appended = real && place == count;
    const std::int64_t event = real && !appended ? events[static_cast<std::size_t>(place)] : kNone;
    std::int64_t row = event == kNone ? kNone : request.history[static_cast<std::size_t>(event)];
    if (appended) row = graph_.append_row == kNone ? kAppended : graph_.append_row;
    if (graph_.form == Form::file && !real && graph_.fill_row != kNone) row = graph_.fill_row;
    const bool computed = graph_.form == Form::source || graph_.fill_row != kNone || real;
    if (!computed || (graph_.form == Form::file && row != kNone && row == graph_.hidden_row)) continue;
    if (real && row != graph_.hidden_row) ++places.events;
    if (real) places.newest = static_cast<std::int64_t>(places.rows.size());
    places.rows.push_back(row);
    places.slots.push_back(slot);
    places.events_at.push_back(event);
  }
  return places;
}

void Interpreter::set_features(const Request& request, Places& places) const {
  for (const Feature& feature : graph_.features) {
    const auto given = request.features.find(feature.name);
    const bool times = feature.kind == FeatureKind::event_times;
    std::vector<double> passed, values;
    if (given != request.features.end()) passed.assign(given->second.begin(), given->second.end());
    const bool any = !passed.empty();
    if (feature.gaps) count_gaps(passed);
    double absent = static_cast<double>(feature.default_value - (times ? 0 : feature.first_id));
    if (feature.gaps) absent = 1;
    for (double& id : passed) id -= times ? 0.0 : static_cast<double>(feature.first_id);
    if (feature.kind == FeatureKind::context_id) {
      places.features.push_back({any ? passed[0] : absent});
      continue;
    }
    for (std::size_t p = 0; p < places.rows.size(); ++p) {
      const std::int64_t event = places.events_at[p];
      const bool padding = event == kNone && (places.rows[p] == kNone || places.rows[p] == graph_.fill_row);
      if (event != kNone)
        values.push_back(any ? passed[static_cast<std::size_t>(event)] : absent);
      else if (times)
        values.push_back(padding ? 0 : any ? passed.back() : absent);
      else
        values.push_back(absent);
    }
    values.push_back(any ? passed.back() : absent);
    places.features.push_back(std::move(values));
  }
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
  } else if (node.op == "gru_cell") {
    out = reference::gru_cell(in(0), in(1), in(2));
  } else if (node.op == "neighbours") {
    out = reference::neighbours(in(0), places.rows, node.choice("direction") == "in");
  } else if (node.op == "unfold") {
    out = reference::unfold(in(0), node.integer("width"));
  } else if (node.op == "flatten") {
    out = reference::flatten(in(0));
  } else if (node.op == "mix") {
    out = reference::mix(in(0), *constant(node.input(1)), constant(node.input(2)), node.integer("heads"),
                         places.slots, node.flag("per_event"));
  } else if (node.op == "capsule_routing") {
    out = capsule_routing(node, in(0), places);
  } else if (node.op == "l2_norm") {
    out = reference::l2_norm(in(0), node.integer("heads"), node.real("eps"));
  } else if (node.op == "parameter") {
    out = *constant(node.input(0));
  } else if (node.op == "position") {
    out = Matrix(places.count(), constant(node.input(0))->cols);
    for (std::int64_t p = 0; p < places.count(); ++p)
      std::copy_n(constant(node.input(0))->row(places.slots[static_cast<std::size_t>(p)]), out.cols,
                  out.row(p));
  } else if (node.op == "additive_attention") {
    out = additive_attention(node, places, values);
  } else if (node.op == "pool") {
    out = pool(node, in(0), node.input(1) == kNone ? nullptr : &in(1), places);
  } else if (node.op == "activation") {
    out = in(0);
    const reference::Activation activate = reference::find_activation(node.choice("kind"));
    for (double& x : out.values) x = activate(x);
  } else if (node.op == "last") {
    out = last(in(0), graph_.value(node.input(0)).each_place(), places);
  } else if (node.op == "mask_padding") {
    out = in(0);
    for (std::int64_t p = 0; p < places.count(); ++p) {
      if (places.rows[static_cast<std::size_t>(p)] == kNone) std::fill_n(out.row(p), out.cols, 0.0);
    }
  } else {
    throw std::logic_error("the interpreter does not know " + node.op);
  }
}

Matrix Interpreter::feature_embedding(const Node& node, const Places& places) const {
  const Matrix& table = *constant(node.input(1));
  const std::vector<double>& ids =
      places.features[static_cast<std::size_t>(graph_.value(node.input(0)).feature)];
  Matrix out(graph_.value(node.output).single() ? 1 : places.count(), table.cols);
  for (std::int64_t p = 0; p < out.rows; ++p) {
    const auto row = static_cast<std::int64_t>(ids[static_cast<std::size_t>(p)]);
    for (std::int64_t c = 0; c < out.cols; ++c) out.row(p)[c] = table.row(row)[c] * node.real("scale");
  }
  return out;
}

Matrix Interpreter::capsule_routing(const Node& node, const Matrix& x, const Places& places) const {
  const Matrix& by_slot = *constant(node.input(1));
  Matrix logits(by_slot.rows, x.rows);
  for (std::int64_t k = 0; k < logits.rows; ++k)
    for (std::int64_t p = 0; p < x.rows; ++p)
      logits.row(k)[p] = by_slot.row(k)[places.slots[static_cast<std::size_t>(p)]];
  std::vector<double> counts;
  for (const std::int64_t row : places.rows) counts.push_back(row == kNone ? 0.0 : 1.0);
  std::int64_t interests = logits.rows;
  if (node.flag("dynamic")) {
    const double grown = std::floor(std::log2(static_cast<double>(places.length) + 1));
    interests = std::clamp<std::int64_t>(static_cast<std::int64_t>(grown), 1, interests);
  }
  return reference::capsule_routing(x, std::move(logits), counts, node.integer("iterations"), interests);
}

Matrix Interpreter::embedding(const Node& node, const Places& places) const {
  if (graph_.value(node.input(0)).feature != kNone) return feature_embedding(node, places);
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
    if (padding == "masked" && graph_.value(node.input(1)).each_place()) {
      for (const std::int64_t row : places.rows)
        args.hidden.push_back(row == kNone || row == graph_.hidden_row);
    }
  } else if (padding != "none" && graph_.fill_row == kNone && graph_.slots > places.length) {
    const std::int64_t padded = graph_.slots - places.length;
    args.pad_k = constant(node.input(3));
    args.pad_v = constant(node.input(4));
    args.pad_rows = padding == "constant" ? 1 : padded;
    args.multiplicity = padding == "constant" ? static_cast<double>(padded) : 1.0;
  }
  set_attention_options(node, places, args);
  return reference::attention(args);
}

void Interpreter::set_attention_options(const Node& node, const Places& places,
                                        reference::AttentionArgs& args) const {
  args.key_heads = node.has("key_heads") ? node.integer("key_heads") : args.heads;
  if (node.has("weighting")) args.weighting = node.choice("weighting");
  if (node.has("factor")) args.factor = node.real("factor");
  if (node.has("window")) args.window = node.integer("window");
  if (node.has("stride")) args.stride = node.integer("stride");
  args.by_queries = node.has("normalise") && node.choice("normalise") == "queries";
  args.position_bias = constant(node.input(5));
  args.slot_count = graph_.slots;
  // Latent queries and keys have no slots.
  if (args.window > 0 || args.stride > 1 || args.position_bias != nullptr) args.slots = places.slots;
  if (node.input(6) == kNone) return;
  const std::vector<double>& times =
      places.features[static_cast<std::size_t>(graph_.value(node.input(6)).feature)];
  args.times.keys = times;
  const bool next = node.has("query_time") && node.choice("query_time") == "next";
  const std::int64_t first = args.k.rows - args.q.rows;
  // After the newest event comes the request, not padding.
  for (std::int64_t q = first; q < args.k.rows; ++q) {
    const std::size_t at = static_cast<std::size_t>(q);
    args.times.queries.push_back(!next ? times[at] : q == places.newest ? times.back() : times[at + 1]);
  }
  args.times.edges = constant(node.input(7));
  args.times.bias = constant(node.input(8));
  const auto intervals = [&](ValueId id) { return id == kNone ? nullptr : &intervals_.at(id); };
  args.times.k = intervals(node.input(9));
  args.times.v = intervals(node.input(10));
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
  if (node.choice("kind") == "max")
    return reference::largest(x, counts(node, places), node.has("skip") ? node.integer("skip") : 0);
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
  Matrix weights = similarity(in(0));
  const std::vector<double> times = counts(node, places);
  const bool pads = node.choice("padding") == "constant";
  double pad_weight = pads ? similarity(*constant(node.input(4))).values[0] : 0.0;
  double total = 1;
  if (node.has("weighting") && node.choice("weighting") == "softmax") {
    const auto padded = static_cast<double>(pads ? graph_.slots - places.length : 0);
    double largest = padded > 0 ? pad_weight : -std::numeric_limits<double>::infinity();
    for (std::size_t t = 0; t < times.size(); ++t)
      if (times[t] > 0) largest = std::max(largest, weights.values[t]);
    pad_weight = std::exp(pad_weight - largest);
    total = padded * pad_weight;
    for (std::size_t t = 0; t < times.size(); ++t) {
      weights.values[t] = times[t] > 0 ? std::exp(weights.values[t] - largest) : 0.0;
      total += times[t] * weights.values[t];
    }
  }
  Matrix out = reference::weighted_sum(in(3), &weights, times);
  if (pads) add_padding_term(out, pad_weight, constant(node.input(5))->row(0), graph_.slots - places.length);
  for (double& y : out.values) y /= total;
  return out;
}

Matrix Interpreter::last(const Matrix& x, bool each_place, const Places& places) const {
  Matrix out(1, x.cols);
  // Of several rows the last one; without events that of the newest slot, which has padding on the left.
  const bool left = places.newest == kNone && graph_.padding == PaddingSide::left;
  const std::int64_t row = !each_place || left ? x.rows - 1 : places.newest;
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
  const std::int64_t interests = vectors.cols / table.cols();
  std::vector<double> item(static_cast<std::size_t>(table.cols()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    table.read_row(rows[i], item.data());
    for (std::int64_t u = 0; u < vectors.rows; ++u) {
      double best = -std::numeric_limits<double>::infinity();
      for (std::int64_t k = 0; k < interests; ++k) {
        double sum = bias.empty() ? 0.0 : bias[static_cast<std::size_t>(rows[i])];
        for (std::int64_t c = 0; c < table.cols(); ++c)
          sum += vectors.row(u)[k * table.cols() + c] * item[static_cast<std::size_t>(c)];
        best = std::isnan(sum) ? sum : std::max(best, sum);
      }
      scores.row(u)[i] = best;
    }
  }
  return scores;
}

} // namespace heed::convert
