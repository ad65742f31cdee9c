// Source: shenweichen/DeepMatch deepmatch/models/mind.py, layers/core.py (CapsuleLayer). A history is routed
// to a few interests; each passes a small network, after the user's embedding where there is one, and the
// interest that likes an item best scores it. Padding takes no part. The logits that routing starts from are
// drawn anew in every call of DeepMatch and are in no checkpoint of its own: heed draws them once, or takes
// them from a weight "capsule_layer/routing_logits" [places, interests], the newest event first.
#include "converter/families/mind.hpp"

#include "converter/error.hpp"
#include "converter/families/computed.hpp"
#include "converter/families/layers.hpp"
#include "converter/families/single_variant.hpp"
#include "converter/graph/builder.hpp"
#include "converter/random.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr const char* kItems = "sparse_seq_emb_hist_item_id/embeddings";
constexpr const char* kUsers = "sparse_emb_user_id/embeddings";
constexpr const char* kBilinear = "capsule_layer/S";
constexpr const char* kLogits = "capsule_layer/routing_logits";

// Normal numbers, more or less, of deviation 1: what TensorFlow's truncated_normal draws, from a seed of
// heed's.
Constant drawn_logits(std::int64_t interests, std::int64_t slots) {
  SplitMix64 random(2019);
  Matrix logits(interests, slots);
  for (double& x : logits.values) {
    double sum = -6; // of twelve: the mean
    for (int i = 0; i < 12; ++i) sum += random.unit();
    x = std::clamp(sum, -2.0, 2.0);
  }
  return computed(kLogits, std::move(logits));
}

class Mind final : public SingleVariant {
 public:
  Mind()
      : SingleVariant("mind", "deepmatch", "DeepMatch's MIND",
                      "MIND of DeepMatch: several interests by dynamic routing") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    using K = SynthKind;
    SynthModel model(name(), sizes);
    constexpr std::int64_t kInterests = 4;
    const std::int64_t dim = sizes.dim, hidden = model.hidden(2 * dim);
    std::vector<std::string> all = names_of(2);
    all.emplace_back(kLogits);
    model.config["k_max"] = kInterests;
    model.config["iteration_times"] = 3;
    model.config["dynamic_k"] = false;
    model.config["dnn_activation"] = "relu";
    model.add(all, {{kItems, {sizes.items + 1, dim}, K::padded_embedding},
                    {kBilinear, {dim, dim}, K::matrix},
                    {kLogits, {sizes.max_history, kInterests}, K::embedding},
                    {"user_dnn/kernel0", {dim, hidden}, K::matrix},
                    {"user_dnn/bias0", {hidden}, K::bias},
                    {"user_dnn/kernel1", {hidden, dim}, K::matrix},
                    {"user_dnn/bias1", {dim}, K::bias}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights& weights) const override {
    return names_of(std::max<std::int64_t>(1, weights.blocks("user_dnn/kernel#")));
  }
  std::vector<Harmless> harmless() const override {
    return {{"sampled_softmax_layer/*", "the bias of sampled softmax, used in training alone"}};
  }

  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    const Constant logits = start_of_routing(weights, chooser);
    const std::int64_t slots = logits.cols();
    const auto saved = chooser.config().flag({"dynamic_k"});
    const bool dynamic = saved.value_or(false);
    if (!saved) chooser.assume("dynamic_k false: the reference's default (--set dynamic_k=true sets it)");
    Builder graph(slots, PaddingSide::left);
    Embedding embedding{weights.rows(kItems, "", 1, weights.matrix(kItems).rows() - 1)};
    const ValueId x = graph.linear("mapped", graph.embedding("embedding", std::move(embedding)),
                                   weights.transposed(kBilinear), {});
    ValueId y =
        graph.capsule_routing("interests", x, logits, chooser.integer("iteration_times", 3, 1, 16), dynamic);
    const std::string activation = chooser.activation("relu");
    const std::int64_t layers = weights.blocks("user_dnn/kernel#");
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string layer = fmt::format("tower{}", i), act = i + 1 < layers ? activation : "none";
      const Constant kernel = weights.transposed(fmt::format("user_dnn/kernel{}", i));
      const Constant bias = weights.matrix(fmt::format("user_dnn/bias{}", i));
      y = i == 0 && weights.has(kUsers) ? after_user(graph, weights, layer, y, kernel, bias, act)
                                        : graph.linear(layer, y, kernel, bias, act);
    }
    if (dynamic)
      chooser.note(
          fmt::format("dynamic_k: a history of T events has floor(log2(T + 1)) interests, {} at most; "
                      "vectors after those repeat the first",
                      logits.rows()));
    recipe.graph = graph.finish(y, 1, chooser.max_history(slots));
    recipe.padding_treatment = "takes no part";
  }

 private:
  static std::vector<std::string> names_of(std::int64_t layers) {
    return expand({kItems, kBilinear}, {"user_dnn/kernel#", "user_dnn/bias#"}, layers);
  }

  // [interests, slots], a column a slot of a history padded on the left.
  static Constant start_of_routing(Weights& weights, const Chooser& chooser) {
    if (weights.has(kLogits)) return reversed_columns(weights.transposed(kLogits));
    const std::int64_t slots = chooser.slots_without_positions(50);
    const std::int64_t interests = chooser.integer("k_max", 2, 1, 64);
    chooser.assume("routing starts from logits of heed's own, for DeepMatch draws others in every call");
    return drawn_logits(interests, slots);
  }

  // The first layer over [user | interest]: the user's share is the same for all interests.
  static ValueId after_user(Builder& graph, Weights& weights, const std::string& layer, ValueId interests,
                            const Constant& kernel, const Constant& bias, const std::string& activation) {
    const Constant users = weights.matrix(kUsers);
    const std::int64_t own = users.cols();
    if (kernel.cols() <= own)
      throw Error(StatusCode::weights_shape,
                  fmt::format("weight user_dnn/kernel0 [{}, {}] leaves no row for interests", kernel.cols(),
                              kernel.rows()));
    const ValueId user = graph.linear(layer + ".user", user_embedding(graph, "user", users, 0),
                                      columns(kernel, ".user", 0, own), bias);
    const ValueId shares = graph.linear(layer + ".interests", interests,
                                        columns(kernel, ".interests", own, kernel.cols() - own), {});
    const ValueId sum = graph.add(layer + ".sum", shares, user);
    return activation == "none" ? sum : graph.activation(layer, sum, activation);
  }
};

} // namespace

const Family& mind_family() {
  static const Mind family;
  return family;
}

} // namespace heed::convert
