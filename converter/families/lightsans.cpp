// Source: RUCAIBox/RecBole lightsans.py, layers.py (LightTransformerEncoder). Nothing is masked: padded slots
// take part in every softmax, and what they hold depends on the events, so heed computes them. Per block:
//
//   item      keys and values are pooled to a few latent interests, D = softmax over slots of K theta,
//             K' = D^T K; then softmax over the *queries* of Q K'^T / sqrt(d), times V'
//   position  softmax over the queries of LN(P) Wq (LN(P) Wk)^T, scaled twice, times V: a constant matrix a
//   head
#include "converter/families/lightsans.hpp"

#include "converter/error.hpp"
#include "converter/families/computed.hpp"
#include "converter/families/layers.hpp"
#include "converter/families/single_variant.hpp"
#include "converter/graph/builder.hpp"
#include "converter/graph/reference_ops.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr const char* kItems = "item_embedding.weight";
constexpr const char* kPositions = "position_embedding.weight";
constexpr const char* kBlock = "trm_encoder.layer.#.";

std::vector<std::string> names_of(std::int64_t blocks) {
  std::vector<std::string> inner = {"trm_encoder.layer.#.multi_head_attention.attpooling_key.theta",
                                    "trm_encoder.layer.#.multi_head_attention.attpooling_value.theta"};
  for (const char* layer :
       {"multi_head_attention.query", "multi_head_attention.key", "multi_head_attention.value",
        "multi_head_attention.pos_q_linear", "multi_head_attention.pos_k_linear",
        "multi_head_attention.pos_ln", "multi_head_attention.dense", "multi_head_attention.LayerNorm",
        "feed_forward.dense_1", "feed_forward.dense_2", "feed_forward.LayerNorm"}) {
    for (const char* kind : {"weight", "bias"}) inner.push_back(fmt::format("{}{}.{}", kBlock, layer, kind));
  }
  return expand({kItems, kPositions, "LayerNorm.weight", "LayerNorm.bias"}, inner, blocks);
}

std::int64_t blocks_of(const Weights& weights) {
  return std::max<std::int64_t>(1, weights.blocks(kBlock));
}

// x W^T + b in double precision.
Matrix apply(Weights& weights, const std::string& name, const Matrix& x) {
  const Constant weight = weights.matrix(name + ".weight");
  const Matrix bias = weights.matrix(name + ".bias").read();
  if (weight.cols() != x.cols || bias.cols != weight.rows())
    throw Error(StatusCode::weights_shape,
                fmt::format("weight {}.weight [{}, {}] does not fit the {} columns of "
                            "position_embedding.weight",
                            name, weight.rows(), weight.cols(), x.cols));
  return reference::linear(x, transposed(weight).read(), &bias, nullptr, "none");
}

// Weights of places [heads * slots, slots], row h * slots + query.
Constant position_weights(Weights& weights, const std::string& attention, const Matrix& positions,
                          std::int64_t heads, double eps) {
  const Matrix gamma = weights.matrix(attention + "pos_ln.weight").read();
  const Matrix beta = weights.matrix(attention + "pos_ln.bias").read();
  if (gamma.cols != positions.cols || beta.cols != positions.cols)
    throw Error(StatusCode::weights_shape,
                fmt::format("weight {}pos_ln.weight does not fit the {} columns of {}", attention,
                            positions.cols, kPositions));
  const Matrix p = reference::layer_norm(positions, &gamma, &beta, eps, false, false);
  const Matrix q = apply(weights, attention + "pos_q_linear", p);
  const Matrix k = apply(weights, attention + "pos_k_linear", p);
  const std::int64_t slots = p.rows, dim = p.cols / heads;
  const double scale = 1 / std::sqrt(2.0 * static_cast<double>(dim)) / std::sqrt(static_cast<double>(dim));
  Matrix out(heads * slots, slots);
  for (std::int64_t h = 0; h < heads; ++h) {
    for (std::int64_t j = 0; j < slots; ++j) {
      double largest = -INFINITY, total = 0;
      for (std::int64_t i = 0; i < slots; ++i) {
        double score = 0;
        for (std::int64_t c = h * dim; c < (h + 1) * dim; ++c) score += q.row(i)[c] * k.row(j)[c];
        out.row(h * slots + i)[j] = scale * score;
        largest = std::max(largest, scale * score);
      }
      for (std::int64_t i = 0; i < slots; ++i) total += std::exp(out.row(h * slots + i)[j] - largest);
      for (std::int64_t i = 0; i < slots; ++i) {
        double& weight = out.row(h * slots + i)[j];
        weight = std::exp(weight - largest) / total;
      }
    }
  }
  return computed(attention + "position_weights", std::move(out));
}

class LightSans final : public SingleVariant {
 public:
  LightSans()
      : SingleVariant("lightsans", "recbole", "RecBole's LightSANs",
                      "LightSANs of RecBole: low-rank attention, positions apart") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    using K = SynthKind;
    SynthModel model(name(), sizes);
    constexpr std::int64_t kInterests = 5; // the reference's
    const std::int64_t dim = sizes.dim, hidden = model.hidden(4 * dim);
    model.config["num_heads"] = model.heads();
    model.config["activation"] = "gelu";
    model.add(names_of(model.blocks()), {{kItems, {sizes.items + 1, dim}, K::padded_embedding},
                                         {kPositions, {sizes.max_history, dim}, K::embedding},
                                         {"*.theta", {dim, kInterests}, K::matrix},
                                         {"*LayerNorm.weight", {dim}, K::scale},
                                         {"*pos_ln.weight", {dim}, K::scale},
                                         {"*.dense_1.weight", {hidden, dim}, K::matrix},
                                         {"*.dense_1.bias", {hidden}, K::bias},
                                         {"*.dense_2.weight", {dim, hidden}, K::matrix},
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
    const Constant positions = weights.matrix(kPositions);
    const std::int64_t slots = positions.rows(), dim = positions.cols();
    chooser.check_sizes(dim, blocks);
    const std::int64_t heads = chooser.heads(2);
    const std::string activation = chooser.activation("gelu_erf");
    const double eps = chooser.eps(1e-12);
    if (dim % heads != 0)
      throw Error(StatusCode::invalid_argument,
                  fmt::format("{} heads do not divide the {} columns", heads, dim));
    const Matrix places = positions.read();

    Builder graph(slots, PaddingSide::right);
    graph.compute_padding();
    Embedding embedding{weights.rows(kItems, "", 1, weights.matrix(kItems).rows() - 1)};
    embedding.pad = weights.rows(kItems, ".padding", 0, 1);
    ValueId x = graph.layer_norm("embedding.norm", graph.embedding("embedding", std::move(embedding)),
                                 take_norm(weights, "LayerNorm", eps));
    for (std::int64_t i = 0; i < blocks; ++i) {
      const std::string block = fmt::format("block{}.", i);
      const std::string layer = fmt::format("trm_encoder.layer.{}.", i),
                        attention = layer + "multi_head_attention.";
      const auto linear = [&](const std::string& name, ValueId in, const std::string& weight,
                              const std::string& act = "none", ValueId residual = kNone) {
        return linear_layer(graph, weights, block + name, in, weight, act, residual);
      };
      // Rows of x, weighted by how each latent query likes them.
      const auto pooled = [&](const std::string& name, ValueId in, const std::string& theta) {
        AttentionRule rule;
        rule.causal = false;
        rule.scale = 1;
        const Constant queries = convert::transposed(weights.matrix(attention + theta + ".theta"));
        return graph.attention(block + name, graph.parameter(block + name + "_queries", queries), in, in,
                               rule);
      };
      const ValueId q = linear("query", x, attention + "query");
      const ValueId k = linear("key", x, attention + "key");
      const ValueId v = linear("value", x, attention + "value");
      AttentionRule rule;
      rule.heads = heads;
      rule.causal = false;
      rule.by_queries = true;
      const ValueId items = graph.attention(block + "attention", q, pooled("keys", k, "attpooling_key"),
                                            pooled("values", v, "attpooling_value"), rule);
      const ValueId by_place = graph.mix(
          block + "positions", v, position_weights(weights, attention, places, heads, eps), {}, heads, true);
      x = linear("projection", graph.add(block + "mixed", items, by_place), attention + "dense", "none", x);
      x = graph.layer_norm(block + "attention_norm", x, take_norm(weights, attention + "LayerNorm", eps));
      const ValueId hidden = linear("forward1", x, layer + "feed_forward.dense_1", activation);
      x = linear("forward2", hidden, layer + "feed_forward.dense_2", "none", x);
      x = graph.layer_norm(block + "forward_norm", x,
                           take_norm(weights, layer + "feed_forward.LayerNorm", eps));
    }
    recipe.graph = graph.finish(graph.last("last", x), 1, chooser.max_history(slots));
    recipe.blocks = blocks;
    recipe.heads = heads;
    recipe.padding_treatment = "takes part in every softmax, and is computed";
  }
};

} // namespace

const Family& lightsans_family() {
  static const LightSans family;
  return family;
}

} // namespace heed::convert
