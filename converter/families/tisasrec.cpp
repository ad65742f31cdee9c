// Source: pmixer/TiSASRec.pytorch model.py, utils.py. Padding stands on the left and is set to zero after the
// embedding and after each block; its keys are attended to, with the position of their slot and the interval
// to time 0. Times count in the user's own smallest gap, from 1. Per block: q = LN(x), keys and values of x
// plus those of positions and intervals, no output projection; y = LN(q + attention); x = y + W2 relu(W1 y).
#include "converter/families/tisasrec.hpp"

#include "converter/error.hpp"
#include "converter/families/computed.hpp"
#include "converter/families/layers.hpp"
#include "converter/families/single_variant.hpp"
#include "converter/graph/builder.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr const char* kItems = "item_emb.weight";
constexpr const char* kPositionKeys = "abs_pos_K_emb.weight";
constexpr const char* kPositionValues = "abs_pos_V_emb.weight";
constexpr const char* kIntervalKeys = "time_matrix_K_emb.weight";
constexpr const char* kIntervalValues = "time_matrix_V_emb.weight";

std::vector<std::string> names_of(std::int64_t blocks) {
  std::vector<std::string> inner;
  for (const char* layer : {"attention_layernorms.#", "attention_layers.#.Q_w", "attention_layers.#.K_w",
                            "attention_layers.#.V_w", "forward_layernorms.#", "forward_layers.#.conv1",
                            "forward_layers.#.conv2"}) {
    for (const char* kind : {"weight", "bias"}) inner.push_back(fmt::format("{}.{}", layer, kind));
  }
  return expand({kItems, kPositionKeys, kPositionValues, kIntervalKeys, kIntervalValues,
                 "last_layernorm.weight", "last_layernorm.bias"},
                inner, blocks);
}

std::int64_t blocks_of(const Weights& weights) {
  return std::max<std::int64_t>(1, weights.blocks("attention_layers.#."));
}

// 1, 2, ... `last`: the bucket of a gap is the gap itself, `last` at most.
Constant whole_steps(std::int64_t last) {
  Matrix edges(1, last);
  for (std::int64_t i = 0; i < last; ++i)
    edges.values[static_cast<std::size_t>(i)] = static_cast<double>(i + 1);
  return computed("time_edges", std::move(edges));
}

class TiSasrec final : public SingleVariant {
 public:
  TiSasrec()
      : SingleVariant("tisasrec", "pytorch", "pmixer/TiSASRec.pytorch",
                      "TiSASRec of pmixer: attention with the time between events") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    using K = SynthKind;
    SynthModel model(name(), sizes);
    constexpr std::int64_t kSpan = 256; // the reference's
    const std::int64_t dim = sizes.dim, hidden = model.hidden(dim);
    model.config["num_heads"] = model.heads();
    model.config["activation"] = "relu";
    model.add(names_of(model.blocks()), {{kItems, {sizes.items + 1, dim}, K::padded_embedding},
                                         {"abs_pos_*", {sizes.max_history, dim}, K::embedding},
                                         {"time_matrix_*", {kSpan + 1, dim}, K::embedding},
                                         {"*layernorm*.weight", {dim}, K::scale},
                                         {"*.conv1.weight", {hidden, dim, 1}, K::matrix},
                                         {"*.conv1.bias", {hidden}, K::bias},
                                         {"*.conv2.weight", {dim, hidden, 1}, K::matrix},
                                         {"*.weight", {dim, dim}, K::matrix},
                                         {"*.bias", {dim}, K::bias}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    return names_of(blocks_of(weights));
  }

  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    const std::int64_t blocks = blocks_of(weights);
    const std::int64_t dim = weights.matrix(kItems).cols();
    chooser.check_sizes(dim, blocks);
    const std::int64_t slots = chooser.slots(weights.matrix(kPositionKeys).rows());
    // The first version made a key for each item; gaps end where the values' table does.
    const std::int64_t span = weights.matrix(kIntervalValues).rows() - 1;
    if (span < 1)
      throw Error(StatusCode::weights_shape, fmt::format("weight {} has no row for a gap", kIntervalValues));
    const std::string activation = chooser.activation("relu");
    const double eps = chooser.eps(1e-8);
    AttentionRule rule;
    rule.heads = chooser.heads(0);

    Builder graph(slots, PaddingSide::left);
    Feature time;
    time.name = "time";
    time.kind = FeatureKind::event_times;
    time.gaps = true;
    TimeRule intervals{graph.feature(time), whole_steps(span)};
    intervals.keys = weights.rows(kIntervalKeys, "", 0, span + 1);
    intervals.values = weights.matrix(kIntervalValues);
    rule.time = intervals;

    Embedding embedding{weights.rows(kItems, "", 1, weights.matrix(kItems).rows() - 1)};
    embedding.scale = std::sqrt(static_cast<double>(dim));
    ValueId x = graph.mask_padding("embedding.mask", graph.embedding("embedding", std::move(embedding)));
    const ValueId place_keys = graph.position("position_keys", weights.rows(kPositionKeys, "", 0, slots));
    const ValueId place_values =
        graph.position("position_values", weights.rows(kPositionValues, "", 0, slots));
    for (std::int64_t i = 0; i < blocks; ++i) {
      const std::string block = fmt::format("block{}.", i),
                        attention = fmt::format("attention_layers.{}.", i);
      const auto norm = [&](const std::string& name, ValueId in, const std::string& weight) {
        return graph.layer_norm(block + name, in, take_norm(weights, fmt::format("{}.{}", weight, i), eps));
      };
      const auto linear = [&](const std::string& name, ValueId in, const std::string& weight,
                              const std::string& act = "none", ValueId residual = kNone) {
        return linear_layer(graph, weights, block + name, in, weight, act, residual);
      };
      const ValueId query = norm("attention_norm", x, "attention_layernorms");
      const ValueId q = linear("query", query, attention + "Q_w");
      const ValueId k = graph.add(block + "placed_key", linear("key", x, attention + "K_w"), place_keys);
      const ValueId v =
          graph.add(block + "placed_value", linear("value", x, attention + "V_w"), place_values);
      const ValueId mixed = graph.attention(block + "attention", q, k, v, rule);
      const ValueId y =
          norm("forward_norm", graph.add(block + "residual", query, mixed), "forward_layernorms");
      const ValueId hidden = linear("forward1", y, fmt::format("forward_layers.{}.conv1", i), activation);
      x = linear("forward2", hidden, fmt::format("forward_layers.{}.conv2", i), "none", y);
      x = graph.mask_padding(block + "mask", x);
    }
    x = graph.last("last", graph.layer_norm("final_norm", x, take_norm(weights, "last_layernorm", eps)));
    chooser.note("times count in each history's own smallest gap; a gap of more than " +
                 std::to_string(span) + " counts as that many");
    recipe.graph = graph.finish(x, 1, chooser.max_history(slots));
    recipe.blocks = blocks;
    recipe.heads = rule.heads;
    recipe.padding_treatment =
        "set to zero after every block, attended to with its slot's position and time 0";
  }
};

} // namespace

const Family& tisasrec_family() {
  static const TiSasrec family;
  return family;
}

} // namespace heed::convert
