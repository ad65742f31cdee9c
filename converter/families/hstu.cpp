// Source: MobileTeleSystems/RecTools rectools/models/nn/transformers/hstu.py. Padding stands on the left and
// is masked. Positions count from the newest event. Per block, with N the places of the padded history:
//
//   n = LN(x); u, v, q, k = silu(n W); o = silu(q k^T + bias) / N v, causal; x = x + Wo (u * LN(o)) + bo
//   bias = by the places between key and query + by the time from the key to the event after the query
//
// Time is cut into buckets, floor(ln(max(1, |t|)) / 0.301), 128 at most. Scores are cosines.
#include "converter/families/hstu.hpp"

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

constexpr double kShortest = 1e-8; // a vector shorter than that has no direction

struct Names {
  std::string prefix; // of all: "torch_model." in RecTools' checkpoints, "" of the module alone

  std::string items() const { return prefix + "item_model.item_net_blocks.0.ids_emb.weight"; }
  std::string positions() const { return prefix + "pos_encoding_layer.pos_emb.weight"; }
  std::string blocks() const { return prefix + "transformer_layers.stu_blocks.#."; }
  std::string block(std::int64_t i) const {
    return fmt::format("{}transformer_layers.stu_blocks.{}.", prefix, i);
  }

  std::vector<std::string> all(std::int64_t count) const {
    std::vector<std::string> inner;
    for (const char* weight : {"norm_input.weight", "norm_input.bias", "uvqk_proj", "norm_attn_output.weight",
                               "norm_attn_output.bias", "output_mlp.weight", "output_mlp.bias"})
      inner.push_back(blocks() + weight);
    return expand({items()}, inner, count);
  }
};

Names names_in(const Weights& weights) {
  const Names full{"torch_model."};
  return weights.has(full.items()) ? full : Names{""};
}

std::int64_t blocks_of(const Weights& weights, const Names& names) {
  return std::max<std::int64_t>(1, weights.blocks(names.blocks()));
}

// Bucket k begins at e^(0.301 k) seconds: at the next whole second, as far as floats tell seconds apart.
Constant logarithmic_edges(std::int64_t buckets) {
  Matrix edges(1, buckets - 1);
  for (std::int64_t k = 1; k < buckets; ++k)
    edges.values[static_cast<std::size_t>(k - 1)] = std::ceil(std::exp(0.301 * static_cast<double>(k)));
  return computed("time_edges", std::move(edges));
}

// The tables that tell how many places there are.
std::int64_t places_of(Weights& weights, const Names& names, const Chooser& chooser) {
  if (weights.has(names.positions())) return chooser.slots(weights.matrix(names.positions()).rows());
  const std::string relative = names.block(0) + "rel_attn.pos_weights";
  if (weights.has(relative)) return chooser.slots((weights.matrix(relative).cols() + 1) / 2);
  return chooser.slots_without_positions(100);
}

// RecTools' similarity_module_kwargs.
bool scores_cosines(const Chooser& chooser) {
  const auto distance = chooser.config().text({"distance"});
  if (!distance) chooser.assume("scores are cosines, RecTools' default (--set distance=dot: plain products)");
  if (distance && *distance != "cosine" && *distance != "dot")
    throw Error(StatusCode::checkpoint_unsupported,
                fmt::format("the settings have the distance {}; heed has cosine and dot", *distance));
  return distance.value_or("cosine") == "cosine";
}

class Hstu final : public SingleVariant {
 public:
  Hstu()
      : SingleVariant("hstu", "rectools", "RecTools' HSTU",
                      "HSTU of RecTools: SiLU attention with positions and times, gated") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    using K = SynthKind;
    SynthModel model(name(), sizes);
    const Names names{"torch_model."};
    const std::int64_t dim = sizes.dim, places = sizes.max_history, blocks = model.blocks();
    model.config["num_heads"] = model.heads();
    model.config["distance"] = "cosine";
    std::vector<std::string> all = names.all(blocks);
    all.push_back(names.positions());
    for (std::int64_t i = 0; i < blocks; ++i) {
      all.push_back(names.block(i) + "rel_attn.pos_weights");
      all.push_back(names.block(i) + "rel_attn.time_weights");
    }
    model.add(all, {{names.items(), {sizes.items + 1, dim}, K::padded_embedding},
                    {names.positions(), {places, dim}, K::embedding},
                    {"*.pos_weights", {2 * places - 1}, K::bias},
                    {"*.time_weights", {129}, K::bias},
                    {"*.uvqk_proj", {dim, 4 * dim}, K::matrix},
                    {"*norm_*.weight", {dim}, K::scale},
                    {"*.weight", {dim, dim}, K::matrix},
                    {"*.bias", {dim}, K::bias}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    const Names names = names_in(weights);
    return names.all(blocks_of(weights, names));
  }

  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    const Names names = names_in(weights);
    const std::int64_t blocks = blocks_of(weights, names), slots = places_of(weights, names, chooser);
    const std::int64_t dim = weights.matrix(names.items()).cols();
    chooser.check_sizes(dim, blocks);
    const double eps = chooser.eps(1e-6);
    AttentionRule rule;
    rule.heads = chooser.heads(0);
    rule.scale = 1;
    rule.weighting = "silu";
    rule.factor = 1 / static_cast<double>(slots);
    rule.padding_masked = true;

    const bool cosine = scores_cosines(chooser);
    Builder graph(slots, PaddingSide::left);
    const bool timed = weights.has(names.block(0) + "rel_attn.time_weights");
    ValueId times = kNone;
    if (timed) {
      Feature time;
      time.name = "time";
      time.kind = FeatureKind::event_times;
      time.and_request = true;
      times = graph.feature(time);
    }
    Embedding embedding{weights.rows(names.items(), "", 1, weights.matrix(names.items()).rows() - 1)};
    const Constant scored = unit_rows(embedding.table, kShortest);
    embedding.scale = std::sqrt(static_cast<double>(dim));
    if (weights.has(names.positions()))
      embedding.positions = reversed_rows(weights.rows(names.positions(), "", 0, slots));
    ValueId x = graph.embedding("embedding", std::move(embedding));
    for (std::int64_t i = 0; i < blocks; ++i)
      x = block(graph, weights, names.block(i), fmt::format("block{}.", i), x, times, rule, eps);
    x = graph.last("last", x);
    if (cosine) {
      graph.score_rows(scored);
      x = graph.l2_norm("unit", x, 1, kShortest);
    }
    recipe.graph = graph.finish(x, 1, chooser.max_history(slots));
    recipe.blocks = blocks;
    recipe.heads = rule.heads;
    recipe.padding_treatment = "masked; its places count in the divisor of attention";
  }

 private:
  static ValueId block(Builder& graph, Weights& weights, const std::string& layer, const std::string& block,
                       ValueId x, ValueId times, AttentionRule rule, double eps) {
    const std::int64_t dim = weights.matrix(layer + "norm_input.weight").cols();
    const Constant projection = weights.transposed(layer + "uvqk_proj");
    if (projection.rows() != 4 * dim)
      throw Error(StatusCode::weights_shape,
                  fmt::format("weight {}uvqk_proj [{}, {}] does not hold four of {} columns", layer,
                              projection.cols(), projection.rows(), dim));
    const ValueId normed =
        graph.layer_norm(block + "input_norm", x, take_norm(weights, layer + "norm_input", eps));
    const auto part = [&](const char* name, std::int64_t index) {
      return graph.linear(block + name, normed, slice(projection, std::string(".") + name, index * dim, dim),
                          {}, "silu");
    };
    if (weights.has(layer + "rel_attn.pos_weights"))
      rule.position_bias = reversed_columns(weights.matrix(layer + "rel_attn.pos_weights"));
    if (times != kNone) {
      const Constant by_time = weights.matrix(layer + "rel_attn.time_weights");
      TimeRule time{times, logarithmic_edges(by_time.cols())};
      time.query_next = true;
      time.bias = by_time;
      rule.time = time;
    }
    const ValueId gate = part("gate", 0), v = part("value", 1), q = part("query", 2), k = part("key", 3);
    const ValueId mixed =
        graph.layer_norm(block + "attention_norm", graph.attention(block + "attention", q, k, v, rule),
                         take_norm(weights, layer + "norm_attn_output", eps));
    return linear_layer(graph, weights, block + "projection", graph.multiply(block + "gated", gate, mixed),
                        layer + "output_mlp", "none", x);
  }
};

} // namespace

const Family& hstu_family() {
  static const Hstu family;
  return family;
}

} // namespace heed::convert
