// Sources: RUCAIBox/RecBole gru4rec.py, narm.py, stamp.py. Padding stands on the right, where no event's
// state depends on it; NARM gives it the weight zero, STAMP attends to it like to events. None of them has
// positions.
#include "converter/families/recurrent.hpp"

#include "converter/families/layers.hpp"
#include "converter/families/several_variants.hpp"
#include "converter/graph/builder.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr const char* kItems = "item_embedding.weight";

// Names of the layers of a torch.nn.GRU without biases.
std::vector<std::string> gru_names(std::int64_t layers, const std::string& name) {
  return expand({}, {name + ".weight_ih_l#", name + ".weight_hh_l#"}, layers);
}
std::vector<std::string> gru_names(const Weights& weights, const std::string& name) {
  return gru_names(std::max<std::int64_t>(1, weights.blocks(name + ".weight_hh_l#")), name);
}

// Adds a GRU of `hidden` units over rows of `dim` elements: three gates, one under the other.
void add_gru(SynthModel& model, const std::string& name, std::int64_t dim, std::int64_t hidden) {
  model.add(gru_names(model.blocks(), name), {{"*.weight_ih_l0", {3 * hidden, dim}, SynthKind::matrix},
                                              {"*.weight_*", {3 * hidden, hidden}, SynthKind::matrix}});
}

// A model of RecBole's with its item table, and the longest history, which these weights do not tell.
SynthModel start_model(const std::string& family, const SynthSizes& sizes) {
  SynthModel model(family, sizes);
  model.config["max_seq_length"] = sizes.max_history;
  model.add({kItems}, {{kItems, {sizes.items + 1, sizes.dim}, SynthKind::padded_embedding}});
  return model;
}

struct Start {
  Builder graph;
  ValueId items;
  std::int64_t max_history;
};

Start start(Weights& weights, const Chooser& chooser) {
  const std::int64_t slots = chooser.slots_without_positions(50);
  Start start{Builder(slots, PaddingSide::right), kNone, chooser.max_history(slots)};
  const std::int64_t rows = weights.matrix(kItems).rows();
  Embedding embedding{weights.rows(kItems, "", 1, rows - 1)};
  embedding.pad = weights.rows(kItems, ".padding", 0, 1);
  start.items = start.graph.embedding("embedding", std::move(embedding));
  return start;
}

// All layers over `x`, with their biases where there are some. Adds one to `layers` for each.
ValueId run_gru(Builder& graph, Weights& weights, const std::string& name, ValueId x, std::int64_t& layers) {
  for (; weights.has(fmt::format("{}.weight_hh_l{}", name, layers)); ++layers) {
    const auto weight = [&](const char* kind) { return fmt::format("{}.{}_l{}", name, kind, layers); };
    const auto bias = [&](const char* kind) {
      return weights.has(weight(kind)) ? std::optional<Constant>(weights.matrix(weight(kind))) : std::nullopt;
    };
    x = graph.gru(fmt::format("gru{}", layers), x, weights.matrix(weight("weight_ih")),
                  weights.matrix(weight("weight_hh")), bias("bias_ih"), bias("bias_hh"));
  }
  return x;
}

void finish(Start& start, ValueId output, Recipe& recipe, std::int64_t layers) {
  recipe.graph = start.graph.finish(output, 1, start.max_history);
  recipe.blocks = layers;
  recipe.padding_treatment = "no event's result depends on it";
}

// The user vector is a linear of the last state.
class Gru4Rec final : public SingleVariant {
 public:
  Gru4Rec()
      : SingleVariant("gru4rec", "recbole", "RecBole's GRU4Rec",
                      "GRU4Rec of RecBole: the last state of a GRU") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    SynthModel model = start_model(name(), sizes);
    const std::int64_t dim = sizes.dim, hidden = model.hidden(2 * dim);
    add_gru(model, "gru_layers", dim, hidden);
    model.add(dense_, {{"*.weight", {dim, hidden}, SynthKind::matrix}, {"*.bias", {dim}, SynthKind::bias}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    std::vector<std::string> names = gru_names(weights, "gru_layers");
    names.emplace_back(kItems);
    names.insert(names.end(), dense_.begin(), dense_.end());
    return names;
  }
  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    Start s = start(weights, chooser);
    std::int64_t layers = 0;
    const ValueId last = s.graph.last("last", run_gru(s.graph, weights, "gru_layers", s.items, layers));
    finish(s, linear_layer(s.graph, weights, "dense", last, "dense"), recipe, layers);
  }

 private:
  const std::vector<std::string> dense_ = {"dense.weight", "dense.bias"};
};

// Additive attention with softmax on the states by the last one (Bahdanau et al. 2015, arXiv:1409.0473); the
// user vector is a linear of [attended | h_T]. heed's own form: tests/golden/gru4rec_attention.py.
class Gru4RecAttention final : public SingleVariant {
 public:
  Gru4RecAttention()
      : SingleVariant("gru4rec", "attention", "heed's GRU4Rec with attention",
                      "a GRU with biases, then additive attention on its states") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    SynthModel model = start_model(name(), sizes);
    const std::int64_t dim = sizes.dim, hidden = model.hidden(2 * dim), blocks = model.blocks();
    add_gru(model, "gru", dim, hidden);
    model.add(expand({}, biases_, blocks), {{"*", {3 * hidden}, SynthKind::bias}});
    model.add(head_, {{"attention.v.weight", {1, dim}, SynthKind::matrix},
                      {"output.weight", {dim, 2 * hidden}, SynthKind::matrix},
                      {"*.weight", {dim, hidden}, SynthKind::matrix},
                      {"*.bias", {dim}, SynthKind::bias}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    std::vector<std::string> names = gru_names(weights, "gru");
    names.emplace_back(kItems);
    const auto layers = static_cast<std::int64_t>(names.size() / 2);
    const std::vector<std::string> biases = expand({}, biases_, layers);
    names.insert(names.end(), biases.begin(), biases.end());
    names.insert(names.end(), head_.begin(), head_.end());
    return names;
  }
  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    Start s = start(weights, chooser);
    Builder& graph = s.graph;
    std::int64_t layers = 0;
    const ValueId states = run_gru(graph, weights, "gru", s.items, layers);
    const ValueId last = graph.last("last", states);
    const ValueId keys = graph.linear("keys", states, weights.matrix("attention.key.weight"), {});
    const ValueId query = linear_layer(graph, weights, "query", last, "attention.query");
    const ValueId attended = graph.additive_attention(
        "attended", keys, query, weights.matrix("attention.v.weight"), states, "tanh", false, true);
    const ValueId both = graph.concat("attended_and_last", attended, last);
    finish(s, linear_layer(graph, weights, "output", both, "output"), recipe, layers);
  }

 private:
  const std::vector<std::string> biases_ = {"gru.bias_ih_l#", "gru.bias_hh_l#"};
  const std::vector<std::string> head_ = {"attention.key.weight", "attention.query.weight",
                                          "attention.query.bias", "attention.v.weight",
                                          "output.weight",        "output.bias"};
};

// Each state h_t has the weight v . sigmoid(A1 h_t + A2 h_T), without softmax; then B [weighted sum | h_T].
class Narm final : public SingleVariant {
 public:
  Narm()
      : SingleVariant("narm", "recbole", "RecBole's NARM",
                      "NARM of RecBole: attention on the states of a GRU") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    SynthModel model = start_model(name(), sizes);
    const std::int64_t dim = sizes.dim, hidden = model.hidden(2 * dim);
    add_gru(model, "gru", dim, hidden);
    model.add(linears_, {{"a_*", {hidden, hidden}, SynthKind::matrix},
                         {"v_t.weight", {1, hidden}, SynthKind::matrix},
                         {"b.weight", {dim, 2 * hidden}, SynthKind::matrix}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    std::vector<std::string> names = gru_names(weights, "gru");
    names.emplace_back(kItems);
    names.insert(names.end(), linears_.begin(), linears_.end());
    return names;
  }
  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    Start s = start(weights, chooser);
    Builder& graph = s.graph;
    std::int64_t layers = 0;
    const ValueId states = run_gru(graph, weights, "gru", s.items, layers);
    const ValueId last = graph.last("last", states);
    const ValueId keys = graph.linear("keys", states, weights.matrix("a_1.weight"), {});
    const ValueId query = graph.linear("query", last, weights.matrix("a_2.weight"), {});
    const ValueId local =
        graph.additive_attention("local", keys, query, weights.matrix("v_t.weight"), states, "sigmoid");
    finish(
        s,
        graph.linear("output", graph.concat("local_and_global", local, last), weights.matrix("b.weight"), {}),
        recipe, layers);
  }

 private:
  const std::vector<std::string> linears_ = {"a_1.weight", "a_2.weight", "v_t.weight", "b.weight"};
};

// Each event x_t has the weight w0 . sigmoid(W1 x_t + W2 x_T + W3 mean + b), without softmax; the user vector
// is tanh(A (weighted sum + mean)) tanh(B x_T), element by element. The mean is the sum over all slots,
// padding's row included, over the number of events.
class Stamp final : public SingleVariant {
 public:
  Stamp()
      : SingleVariant("stamp", "recbole", "RecBole's STAMP",
                      "STAMP of RecBole: attention on the events by the last one and their mean") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    SynthModel model = start_model(name(), sizes);
    const std::int64_t dim = sizes.dim;
    model.add(rest_, {{"w0.weight", {1, dim}, SynthKind::matrix},
                      {"*.weight", {dim, dim}, SynthKind::matrix},
                      {"*", {dim}, SynthKind::bias}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights&) const override {
    std::vector<std::string> names = rest_;
    names.emplace_back(kItems);
    return names;
  }
  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    Start s = start(weights, chooser);
    Builder& graph = s.graph;
    const ValueId last = graph.last("last", s.items);
    const ValueId mean = graph.pool("mean", s.items, "mean", kNone, true);
    const ValueId keys = graph.linear("keys", s.items, weights.matrix("w1.weight"), weights.matrix("b_a"));
    const ValueId query =
        graph.add("query", graph.linear("query_last", last, weights.matrix("w2.weight"), {}),
                  graph.linear("query_mean", mean, weights.matrix("w3.weight"), {}));
    const ValueId attended = graph.additive_attention("attended", keys, query, weights.matrix("w0.weight"),
                                                      s.items, "sigmoid", true);
    const ValueId session =
        linear_layer(graph, weights, "session", graph.add("memory", attended, mean), "mlp_a", "tanh");
    const ValueId current = linear_layer(graph, weights, "current", last, "mlp_b", "tanh");
    finish(s, graph.multiply("output", session, current), recipe, 0);
    recipe.padding_treatment = "attended to like events";
  }

 private:
  const std::vector<std::string> rest_ = {"w0.weight",    "w1.weight",  "w2.weight",    "w3.weight", "b_a",
                                          "mlp_a.weight", "mlp_a.bias", "mlp_b.weight", "mlp_b.bias"};
};

} // namespace

const Family& gru4rec_family() {
  static const Gru4Rec recbole;
  static const Gru4RecAttention attention;
  static const SeveralVariants family("gru4rec", "recurrent: GRU4Rec", {&recbole, &attention});
  return family;
}
const Family& stamp_family() {
  static const Stamp family;
  return family;
}
const Family& narm_family() {
  static const Narm family;
  return family;
}

} // namespace heed::convert
