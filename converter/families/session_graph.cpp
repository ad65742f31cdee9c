// Source: RUCAIBox/RecBole srgnn.py, gcsan.py. The graph's nodes are the distinct items of the events that
// count; `step` times each gathers the mean of its predecessors' rows and of its successors', and a gated
// cell joins them with its own. Padding stands on the right and is no node, so no event's result depends on
// it.
#include "converter/families/session_graph.hpp"

#include "converter/error.hpp"
#include "converter/families/computed.hpp"
#include "converter/families/layers.hpp"
#include "converter/families/post_norm_encoder.hpp"
#include "converter/families/single_variant.hpp"
#include "converter/graph/builder.hpp"

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr const char* kItems = "item_embedding.weight";
constexpr std::int64_t kMostSteps = 32;

const std::vector<std::string>& gnn_names() {
  static const std::vector<std::string> names = {kItems,
                                                 "gnn.linear_edge_in.weight",
                                                 "gnn.linear_edge_in.bias",
                                                 "gnn.linear_edge_out.weight",
                                                 "gnn.linear_edge_out.bias",
                                                 "gnn.w_ih",
                                                 "gnn.w_hh",
                                                 "gnn.b_ih",
                                                 "gnn.b_hh"};
  return names;
}

// RecBole's cell keeps (1 - z) of the state where torch.nn.GRU, and heed's, keep z: 1 - sigmoid(x) =
// sigmoid(-x), so the update gate's third of the rows changes its sign.
Constant turned_update(const Constant& gates) {
  Matrix matrix = gates.read();
  const std::size_t third = matrix.values.size() / 3;
  for (std::size_t i = third; i < 2 * third; ++i) matrix.values[i] = -matrix.values[i];
  Constant out = gates;
  out.source = computed_rows(std::move(matrix));
  return out;
}

// b + w times the rows' own biases, which are added to what the gates read.
Constant with_edge_biases(Weights& weights, const Constant& w, const Constant& b) {
  const Constant edges[] = {weights.matrix("gnn.b_iah"), weights.matrix("gnn.b_ioh")};
  const Matrix matrix = w.read();
  Matrix bias = b.read();
  if (edges[0].cols() + edges[1].cols() != matrix.cols || bias.cols != matrix.rows)
    throw Error(StatusCode::weights_shape,
                fmt::format("weights gnn.b_iah, gnn.b_ioh and {} of {} do not fit gnn.w_ih [{}, {}]", b.name,
                            bias.cols, matrix.rows, matrix.cols));
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    std::int64_t column = 0;
    for (const Constant& edge : edges)
      for (const double value : edge.read().values) bias.row(0)[r] += matrix.row(r)[column++] * value;
  }
  return computed(b.name, std::move(bias));
}

struct Session {
  Builder graph;
  ValueId nodes; // of each event, the row of its item's node
  std::int64_t max_history;
};

Session run_gnn(Weights& weights, const Chooser& chooser) {
  const std::int64_t slots = chooser.slots_without_positions(50);
  Session session{Builder(slots, PaddingSide::right), kNone, chooser.max_history(slots)};
  Builder& graph = session.graph;
  const std::int64_t rows = weights.matrix(kItems).rows();
  Embedding embedding{weights.rows(kItems, "", 1, rows - 1)};
  embedding.pad = weights.rows(kItems, ".padding", 0, 1);
  ValueId h = graph.embedding("embedding", std::move(embedding));
  Constant w_ih = weights.matrix("gnn.w_ih"), b_ih = weights.matrix("gnn.b_ih");
  if (weights.has("gnn.b_iah")) b_ih = with_edge_biases(weights, w_ih, b_ih);
  w_ih = turned_update(w_ih);
  b_ih = turned_update(b_ih);
  const Constant w_hh = turned_update(weights.matrix("gnn.w_hh"));
  const Constant b_hh = turned_update(weights.matrix("gnn.b_hh"));
  const std::int64_t steps = chooser.integer("step", 1, 1, kMostSteps);
  for (std::int64_t i = 0; i < steps; ++i) {
    const std::string step = fmt::format("step{}.", i);
    const ValueId in = graph.neighbours(
        step + "in", linear_layer(graph, weights, step + "edge_in", h, "gnn.linear_edge_in"), "in");
    const ValueId out = graph.neighbours(
        step + "out", linear_layer(graph, weights, step + "edge_out", h, "gnn.linear_edge_out"), "out");
    const ValueId gates = graph.linear(step + "gates", graph.concat(step + "edges", in, out), w_ih, b_ih);
    h = graph.gru_cell(step + "nodes", gates, graph.linear(step + "state", h, w_hh, b_hh), h);
  }
  session.nodes = h;
  return session;
}

void finish(Session& session, ValueId output, Recipe& recipe) {
  recipe.graph = session.graph.finish(output, 1, session.max_history);
  recipe.padding_treatment = "no event's result depends on it";
}

SynthModel start_model(const std::string& family, const SynthSizes& sizes, bool edge_biases) {
  using K = SynthKind;
  SynthModel model(family, sizes);
  const std::int64_t dim = sizes.dim;
  model.config["max_seq_length"] = sizes.max_history;
  model.config["step"] = 1;
  std::vector<std::string> names = gnn_names();
  if (edge_biases) names.insert(names.end(), {"gnn.b_iah", "gnn.b_ioh"});
  model.add(names, {{kItems, {sizes.items + 1, dim}, K::padded_embedding},
                    {"gnn.w_ih", {3 * dim, 2 * dim}, K::matrix},
                    {"gnn.w_hh", {3 * dim, dim}, K::matrix},
                    {"gnn.b_ih", {3 * dim}, K::bias},
                    {"gnn.b_hh", {3 * dim}, K::bias},
                    {"*.weight", {dim, dim}, K::matrix},
                    {"*", {dim}, K::bias}});
  return model;
}

// The weight of event t is v . sigmoid(W1 h_T + W2 h_t + b), without softmax; the user vector is a linear of
// the weighted sum beside h_T.
class SrGnn final : public SingleVariant {
 public:
  SrGnn()
      : SingleVariant("srgnn", "recbole", "RecBole's SRGNN",
                      "SR-GNN of RecBole: a gated graph network, then soft attention by the last item") {}
  SynthModel synthesize(const SynthSizes& sizes) const override {
    using K = SynthKind;
    const std::int64_t dim = sizes.dim;
    SynthModel model = start_model(name(), sizes, true);
    model.add(head_, {{"linear_three.weight", {1, dim}, K::matrix},
                      {"linear_transform.weight", {dim, 2 * dim}, K::matrix},
                      {"*.weight", {dim, dim}, K::matrix},
                      {"*.bias", {dim}, K::bias}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights&) const override {
    std::vector<std::string> names = gnn_names();
    names.insert(names.end(), {"gnn.b_iah", "gnn.b_ioh"});
    names.insert(names.end(), head_.begin(), head_.end());
    return names;
  }
  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    Session s = run_gnn(weights, chooser);
    Builder& graph = s.graph;
    const ValueId last = graph.last("last", s.nodes);
    const ValueId query = linear_layer(graph, weights, "query", last, "linear_one");
    const ValueId keys = linear_layer(graph, weights, "keys", s.nodes, "linear_two");
    const ValueId global = graph.additive_attention(
        "global", keys, query, weights.matrix("linear_three.weight"), s.nodes, "sigmoid");
    const ValueId both = graph.concat("global_and_local", global, last);
    finish(s, linear_layer(graph, weights, "output", both, "linear_transform"), recipe);
  }

 private:
  const std::vector<std::string> head_ = {
      "linear_one.weight",   "linear_one.bias",         "linear_two.weight",    "linear_two.bias",
      "linear_three.weight", "linear_transform.weight", "linear_transform.bias"};
};

const EncoderNames& gcsan_encoder() {
  static const EncoderNames names = {"self_attention.layer.", "multi_head_attention", "feed_forward"};
  return names;
}

// Self-attention blocks over the nodes; the user vector is weight * x_T + (1 - weight) * h_T.
class GcSan final : public SingleVariant {
 public:
  GcSan()
      : SingleVariant("gcsan", "recbole", "RecBole's GCSAN",
                      "GC-SAN of RecBole: a gated graph network, then self-attention blocks") {}
  SynthModel synthesize(const SynthSizes& sizes) const override {
    SynthModel model = start_model(name(), sizes, false);
    model.config["weight"] = 0.6;
    model.config["num_heads"] = model.heads();
    model.config["activation"] = "gelu";
    std::vector<SynthWeight> rules;
    add_encoder_rules(rules, sizes.dim, model.hidden(4 * sizes.dim));
    model.add(expand({}, block_names(gcsan_encoder()), model.blocks()), rules);
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    std::vector<std::string> names = gnn_names();
    const std::vector<std::string> blocks =
        expand({}, block_names(gcsan_encoder()), count_blocks(weights, gcsan_encoder()));
    names.insert(names.end(), blocks.begin(), blocks.end());
    return names;
  }
  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    const std::int64_t blocks = count_blocks(weights, gcsan_encoder());
    EncoderRule rule;
    rule.attention.heads = chooser.heads(1);
    rule.activation = chooser.activation("gelu_erf");
    rule.eps = chooser.eps(1e-12);
    const double weight = chooser.real("weight", 0.6);
    Session s = run_gnn(weights, chooser);
    Builder& graph = s.graph;
    const ValueId x = post_norm_encoder(graph, weights, gcsan_encoder(), blocks, s.nodes, rule);
    const auto share = [&](const std::string& name, ValueId of, double factor) {
      Matrix one(1, 1);
      one.values[0] = factor;
      const ValueId column = graph.parameter(name + ".weight", computed(name + ".weight", std::move(one)));
      return graph.multiply(name, graph.last(name + ".last", of), column);
    };
    finish(s, graph.add("output", share("global", x, weight), share("local", s.nodes, 1 - weight)), recipe);
    recipe.blocks = blocks;
    recipe.heads = rule.attention.heads;
  }
};

} // namespace

const Family& srgnn_family() {
  static const SrGnn family;
  return family;
}
const Family& gcsan_family() {
  static const GcSan family;
  return family;
}

} // namespace heed::convert
