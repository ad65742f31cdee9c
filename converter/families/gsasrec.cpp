// Source: asash/gSASRec-pytorch gsasrec.py, transformer_decoder.py. Items are numbered from 1, padding is N +
// 1 and stands on the left; padded slots are set to zero after the embedding and after each block, and keys
// of zeros are removed. Per block: q = LN(x); y = LN(q + attention(q, x, x)), without output projection; x =
// y + W2 relu(W1 y). The first versions lacked the relu (--activation none), and scored by the input's rows.
#include "converter/families/gsasrec.hpp"

#include "converter/families/layers.hpp"
#include "converter/families/single_variant.hpp"
#include "converter/graph/builder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr const char* kItems = "item_embedding.weight";
constexpr const char* kPositions = "position_embedding.weight";
constexpr const char* kOutput = "output_embedding.weight";
constexpr const char* kBlocks = "transformer_blocks.#.";

std::int64_t blocks_of(const Weights& weights) {
  return std::max<std::int64_t>(1, weights.blocks(kBlocks));
}

class GSasrec final : public SingleVariant {
 public:
  GSasrec()
      : SingleVariant("gsasrec", "pytorch", "asash/gSASRec-pytorch",
                      "gSASRec of asash: SASRec with rows of their own for scores") {}

  SynthModel synthesize(const SynthSizes& sizes) const override {
    using K = SynthKind;
    SynthModel model(name(), sizes);
    const std::int64_t dim = sizes.dim, rows = sizes.items + 2, hidden = model.hidden(dim);
    model.config["num_heads"] = model.heads();
    model.config["activation"] = "relu";
    std::vector<std::string> all = names(model.blocks());
    all.emplace_back(kOutput);
    model.add(all, {{kItems, {rows, dim}, K::embedding},
                    {kPositions, {sizes.max_history, dim}, K::embedding},
                    {kOutput, {rows, dim}, K::embedding},
                    {"*_norm.weight", {dim}, K::scale},
                    {"*.dense1.weight", {hidden, dim}, K::matrix},
                    {"*.dense1.bias", {hidden}, K::bias},
                    {"*.dense2.weight", {dim, hidden}, K::matrix},
                    {"*.weight", {dim, dim}, K::matrix},
                    {"*.bias", {dim}, K::bias}});
    return model;
  }

 protected:
  std::vector<std::string> names(const Weights& weights) const override { return names(blocks_of(weights)); }
  static std::vector<std::string> names(std::int64_t blocks) {
    std::vector<std::string> inner;
    for (const char* layer :
         {"first_norm", "second_norm", "multihead_attention.query_proj", "multihead_attention.key_proj",
          "multihead_attention.val_proj", "dense1", "dense2"}) {
      for (const char* kind : {"weight", "bias"})
        inner.push_back(fmt::format("{}{}.{}", kBlocks, layer, kind));
    }
    return expand({kItems, kPositions, "seq_norm.weight", "seq_norm.bias"}, inner, blocks);
  }

  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    const std::int64_t blocks = blocks_of(weights);
    const Constant positions = weights.matrix(kPositions);
    const std::int64_t items = weights.matrix(kItems).rows() - 2; // row 0 is unused, the last is padding
    chooser.check_sizes(positions.cols(), blocks);
    AttentionRule rule;
    rule.heads = chooser.heads(0);
    rule.padding_masked = true;
    const std::string activation = chooser.activation("relu");
    const std::int64_t slots = chooser.slots(positions.rows());
    const double eps = chooser.eps(1e-5);

    Embedding embedding{weights.rows(kItems, "", 1, items)};
    embedding.positions = weights.rows(kPositions, "", 0, slots);
    Builder graph(slots, PaddingSide::left);
    ValueId x = graph.mask_padding("embedding.mask", graph.embedding("embedding", std::move(embedding)));
    for (std::int64_t i = 0; i < blocks; ++i) {
      const std::string block = fmt::format("block{}.", i);
      const std::string layer = fmt::format("transformer_blocks.{}.", i);
      const auto linear = [&](const std::string& name, ValueId in, const std::string& weight,
                              const std::string& act, ValueId residual) {
        return linear_layer(graph, weights, block + name, in, layer + weight, act, residual);
      };
      const auto norm = [&](const std::string& name, ValueId in, const std::string& weight) {
        return graph.layer_norm(block + name, in, take_norm(weights, layer + weight, eps));
      };
      const ValueId query = norm("attention_norm", x, "first_norm");
      const ValueId q = linear("query", query, "multihead_attention.query_proj", "none", kNone);
      const ValueId k = linear("key", x, "multihead_attention.key_proj", "none", kNone);
      const ValueId v = linear("value", x, "multihead_attention.val_proj", "none", kNone);
      const ValueId mixed = graph.attention(block + "attention", q, k, v, rule);
      const ValueId y =
          norm("forward_norm", graph.add(block + "attention_residual", mixed, query), "second_norm");
      x = linear("forward2", linear("forward1", y, "dense1", activation, kNone), "dense2", "none", y);
      x = graph.mask_padding(block + "mask", x);
    }
    x = graph.last("last", graph.layer_norm("final_norm", x, take_norm(weights, "seq_norm", eps)));
    if (weights.has(kOutput)) {
      graph.score_rows(weights.rows(kOutput, "", 1, items));
      chooser.note("items are scored by rows of their own, output_embedding");
    }
    recipe.graph = graph.finish(x, 1, chooser.max_history(slots));
    recipe.blocks = blocks;
    recipe.heads = rule.heads;
    recipe.padding_treatment = "masked, and set to zero after every block";
  }
};

} // namespace

const Family& gsasrec_family() {
  static const GSasrec family;
  return family;
}

} // namespace heed::convert
