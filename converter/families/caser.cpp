// Sources: RUCAIBox/RecBole caser.py; the attention variant is heed's own form of it,
// tests/golden/caser_attention.py.
#include "converter/families/caser.hpp"

#include "converter/families/computed.hpp"
#include "converter/families/layers.hpp"
#include "converter/families/several_variants.hpp"
#include "converter/graph/builder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr const char* kItems = "item_embedding.weight";
constexpr const char* kUsers = "user_embedding.weight";

// Vertical convolutions are fixed weights over places; horizontal ones are windows of 1 to all places, of
// each the largest result. Padding's row is convolved like any other, so it is computed.
class RecBole final : public SingleVariant {
 public:
  RecBole()
      : SingleVariant("caser", "recbole", "RecBole's Caser",
                      "Caser of RecBole: convolutions along the history and across it, and the user") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    using K = SynthKind;
    SynthModel model(name(), sizes);
    constexpr std::int64_t kVertical = 4, kHorizontal = 16; // filters, the reference's 8 and 16 halved
    const std::int64_t dim = sizes.dim, places = sizes.max_history;
    std::vector<SynthWeight> rules = {{kItems, {sizes.items + 1, dim}, K::padded_embedding},
                                      {kUsers, {2, dim}, K::padded_embedding},
                                      {"conv_v.weight", {kVertical, 1, places, 1}, K::matrix},
                                      {"conv_v.bias", {kVertical}, K::bias}};
    for (std::int64_t i = 0; i < places; ++i) {
      rules.push_back({fmt::format("conv_h.{}.weight", i), {kHorizontal, 1, i + 1, dim}, K::matrix});
      rules.push_back({fmt::format("conv_h.{}.bias", i), {kHorizontal}, K::bias});
    }
    rules.push_back({"fc1.weight", {dim, kVertical * dim + kHorizontal * places}, K::matrix});
    rules.push_back({"fc2.weight", {dim, 2 * dim}, K::matrix});
    rules.push_back({"*.bias", {dim}, K::bias});
    model.add(names_of(places), rules);
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    return names_of(std::max<std::int64_t>(1, weights.blocks("conv_h.#.weight")));
  }

  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    const std::int64_t slots = weights.blocks("conv_h.#.weight");
    Builder graph(slots, PaddingSide::right);
    graph.compute_padding();
    Embedding embedding{weights.rows(kItems, "", 1, weights.matrix(kItems).rows() - 1)};
    embedding.pad = weights.rows(kItems, ".padding", 0, 1);
    const ValueId x = graph.embedding("embedding", std::move(embedding));
    ValueId found =
        graph.flatten("vertical", graph.mix("vertical.filters", x, weights.flattened("conv_v.weight"),
                                            weights.matrix("conv_v.bias"), 1, false));
    for (std::int64_t i = 0; i < slots; ++i) {
      const std::string filter = fmt::format("horizontal{}", i), weight = fmt::format("conv_h.{}.", i);
      const ValueId windows = graph.conv1d(filter + ".filters", x, weights.flattened(weight + "weight"),
                                           weights.matrix(weight + "bias"), "relu", i + 1);
      // Windows that begin before the history are the convolution's, not Caser's.
      found = graph.concat(filter + ".found", found, graph.largest(filter, windows, i));
    }
    const ValueId history = linear_layer(graph, weights, "history", found, "fc1", "relu");
    const ValueId user = user_embedding(graph, "user", weights.matrix(kUsers), 1);
    const ValueId both = graph.concat("history_and_user", history, user);
    recipe.graph = graph.finish(linear_layer(graph, weights, "output", both, "fc2", "relu"), 1,
                                chooser.max_history(slots));
    recipe.padding_treatment = "convolved like events, and computed";
  }

 private:
  static std::vector<std::string> names_of(std::int64_t places) {
    return expand(
        {kItems, kUsers, "conv_v.weight", "conv_v.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"},
        {"conv_h.#.weight", "conv_h.#.bias"}, places);
  }
};

// A causal convolution over events and their places, then additive attention with softmax.
class Attention final : public SingleVariant {
 public:
  Attention()
      : SingleVariant("caser", "attention", "heed's Caser with attention",
                      "a causal convolution along the history, then additive attention") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    using K = SynthKind;
    SynthModel model(name(), sizes);
    constexpr std::int64_t kWidth = 3;
    const std::int64_t dim = sizes.dim, channels = model.hidden(dim);
    std::vector<std::string> all = names_;
    all.emplace_back(kPlaces);
    model.config["max_seq_length"] = sizes.max_history;
    model.add(all, {{kItems, {sizes.items + 1, dim}, K::padded_embedding},
                    {kPlaces, {sizes.max_history, dim}, K::embedding},
                    {"conv.weight", {channels, dim, kWidth}, K::matrix},
                    {"conv.bias", {channels}, K::bias},
                    {"attention.key.weight", {dim, channels}, K::matrix},
                    {"attention.v.weight", {1, dim}, K::matrix},
                    {"output.weight", {dim, channels}, K::matrix},
                    {"*.bias", {dim}, K::bias}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights&) const override { return names_; }

  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    const bool places = weights.has(kPlaces);
    const std::int64_t slots =
        places ? chooser.slots(weights.matrix(kPlaces).rows()) : chooser.slots_without_positions(50);
    const Constant kernel = weights.conv1d("conv.weight");
    Builder graph(slots, PaddingSide::right);
    Embedding embedding{weights.rows(kItems, "", 1, weights.matrix(kItems).rows() - 1)};
    if (places) embedding.positions = weights.rows(kPlaces, "", 0, slots);
    const std::int64_t dim = embedding.table.cols();
    const ValueId x = graph.embedding("embedding", std::move(embedding));
    const ValueId found = graph.conv1d("convolution", x, kernel, weights.matrix("conv.bias"), "relu",
                                       std::max<std::int64_t>(1, kernel.cols() / dim));
    const ValueId keys = linear_layer(graph, weights, "keys", found, "attention.key");
    const ValueId attended = graph.additive_attention(
        "attended", keys, kNone, weights.matrix("attention.v.weight"), found, "tanh", false, true);
    recipe.graph = graph.finish(linear_layer(graph, weights, "output", attended, "output"), 1,
                                chooser.max_history(slots));
    recipe.padding_treatment = "there is none";
  }

 private:
  static constexpr const char* kPlaces = "position_embedding.weight";
  const std::vector<std::string> names_ = {kItems,
                                           "conv.weight",
                                           "conv.bias",
                                           "attention.key.weight",
                                           "attention.key.bias",
                                           "attention.v.weight",
                                           "output.weight",
                                           "output.bias"};
};

} // namespace

const Family& caser_family() {
  static const RecBole recbole;
  static const Attention attention;
  static const SeveralVariants family("caser", "convolutions along the history: Caser",
                                      {&recbole, &attention});
  return family;
}

} // namespace heed::convert
