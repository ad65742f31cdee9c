// Sources: RUCAIBox/RecBole gru4rec.py, narm.py. Padding stands on the right, where no event's state depends
// on it, and NARM gives it the weight zero; neither has positions.
#include "converter/families/recurrent.hpp"

#include "converter/families/single_variant.hpp"
#include "converter/graph/builder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr const char* kItems = "item_embedding.weight";

// Names of the layers of a torch.nn.GRU without biases.
std::vector<std::string> gru_names(const Weights& weights, const std::string& name) {
  const std::int64_t layers = std::max<std::int64_t>(1, weights.blocks(name + ".weight_hh_l#"));
  return expand({}, {name + ".weight_ih_l#", name + ".weight_hh_l#"}, layers);
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
  start.items = start.graph.embedding("embedding", std::move(embedding));
  return start;
}

// All layers over `x`. Adds one to `layers` for each.
ValueId run_gru(Builder& graph, Weights& weights, const std::string& name, ValueId x, std::int64_t& layers) {
  for (; weights.has(fmt::format("{}.weight_hh_l{}", name, layers)); ++layers)
    x = graph.gru(fmt::format("gru{}", layers), x,
                  weights.matrix(fmt::format("{}.weight_ih_l{}", name, layers)),
                  weights.matrix(fmt::format("{}.weight_hh_l{}", name, layers)));
  return x;
}

void finish(Start& start, ValueId output, Recipe& recipe, std::int64_t blocks) {
  recipe.graph = start.graph.finish(output, 1, start.max_history);
  recipe.blocks = blocks;
  recipe.heads = 1;
  recipe.padding_treatment = "no event's result depends on it";
}

// The user vector is a linear of the last state.
class Gru4Rec final : public SingleVariant {
 public:
  Gru4Rec()
      : SingleVariant("gru4rec", "recbole", "RecBole's GRU4Rec",
                      "GRU4Rec of RecBole: the last state of a GRU") {}

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    std::vector<std::string> names = gru_names(weights, "gru_layers");
    names.insert(names.end(), {kItems, "dense.weight", "dense.bias"});
    return names;
  }
  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    Start s = start(weights, chooser);
    std::int64_t layers = 0;
    const ValueId last = s.graph.last("last", run_gru(s.graph, weights, "gru_layers", s.items, layers));
    finish(s, s.graph.linear("dense", last, weights.matrix("dense.weight"), weights.matrix("dense.bias")),
           recipe, layers);
  }
};

// Each state h_t has the weight v . sigmoid(A1 h_t + A2 h_T), without softmax; then B [weighted sum | h_T].
class Narm final : public SingleVariant {
 public:
  Narm()
      : SingleVariant("narm", "recbole", "RecBole's NARM",
                      "NARM of RecBole: attention on the states of a GRU") {}

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    std::vector<std::string> names = gru_names(weights, "gru");
    names.insert(names.end(), {kItems, "a_1.weight", "a_2.weight", "v_t.weight", "b.weight"});
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
    const ValueId similarity =
        graph.activation("similarity", graph.add("keys_and_query", keys, query), "sigmoid");
    const ValueId alpha = graph.linear("attention_weights", similarity, weights.matrix("v_t.weight"), {});
    const ValueId local = graph.pool("local", states, "sum", alpha);
    finish(
        s,
        graph.linear("output", graph.concat("local_and_global", local, last), weights.matrix("b.weight"), {}),
        recipe, layers);
  }
};

} // namespace

const Family& gru4rec_family() {
  static const Gru4Rec family;
  return family;
}
const Family& narm_family() {
  static const Narm family;
  return family;
}

} // namespace heed::convert
