// The post-norm encoder of RecBole's SASRec, S3Rec, CoSeRec and ICLRec.
//
//   x = LN(E[id] + P[slot]); per block: x = LN(x + MHA(x)); x = LN(x + W2 act(W1 x)); no final LN.
// RecBole pads on the right and reads the last event's place; the others pad on the left. Both add -10000 to
// the scores of keys that are padding or in the future.
// Sources: RUCAIBox/RecBole sasrec.py, layers.py; salesforce/ICLRec models.py, modules.py.
#include "converter/families/sasrec.hpp"
#include "converter/graph/builder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace heed::convert::sasrec {
namespace {

constexpr double kHiddenScore = -10000;

struct Names {
  const char* items;
  const char* positions;
  const char* layer; // followed by the block's number
  const char* attention;
  const char* forward;
};

const Names& names_of(Naming naming) {
  static const Names recbole = {"item_embedding.weight", "position_embedding.weight", "trm_encoder.layer.",
                                "multi_head_attention", "feed_forward"};
  static const Names s3rec = {"item_embeddings.weight", "position_embeddings.weight", "item_encoder.layer.",
                              "attention", "intermediate"};
  return naming == Naming::recbole ? recbole : s3rec;
}

} // namespace

std::vector<std::string> post_norm_names(Naming naming, std::int64_t blocks) {
  const Names& names = names_of(naming);
  std::vector<std::string> inner;
  const auto add = [&](const char* part, const char* layer) {
    for (const char* kind : {"weight", "bias"})
      inner.push_back(fmt::format("{}#.{}.{}.{}", names.layer, part, layer, kind));
  };
  for (const char* layer : {"query", "key", "value", "dense", "LayerNorm"}) add(names.attention, layer);
  for (const char* layer : {"dense_1", "dense_2", "LayerNorm"}) add(names.forward, layer);
  return expand({names.items, names.positions, "LayerNorm.weight", "LayerNorm.bias"}, inner, blocks);
}

void build_post_norm(Weights& weights, Naming naming, const Kind& kind, const BuildOptions& options,
                     const Config& config, Recipe& recipe) {
  const Names& names = names_of(naming);
  const std::int64_t blocks = std::max<std::int64_t>(1, weights.blocks(block_pattern(naming)));
  weights.require(post_norm_names(naming, blocks), recipe.family);
  const Constant items = weights.matrix(names.items);
  const Constant positions = weights.matrix(names.positions);
  check_config(config, items.cols(), blocks);
  Choices choices = choose(kind, options, config, items.cols(), recipe.notes);
  choose_slots(choices, positions.rows(), 0, options, config, recipe.notes);

  // S3Rec and its kin: max_item + 2 rows, padding first and the mask token last.
  const std::int64_t special = naming == Naming::s3rec ? 2 : 1;
  if (special == 2)
    recipe.notes.push_back(
        fmt::format("row {} of the item table is the mask token, not an item", items.rows() - 1));
  Embedding embedding{weights.rows(names.items, "", 1, items.rows() - special)};
  embedding.scale = choices.scale;
  embedding.positions = weights.rows(names.positions, "", 0, choices.slots);
  embedding.pad = weights.rows(names.items, ".padding", 0, 1);
  embedding.pad_position = true;

  const auto norm = [&](const std::string& name) {
    return Norm{weights.matrix(name + ".weight"), weights.matrix(name + ".bias"), choices.eps};
  };
  Builder graph(choices.slots, choices.padding);
  AttentionRule rule;
  rule.heads = choices.heads;
  rule.padding_masked = true;
  rule.fill = kHiddenScore;
  ValueId x = graph.layer_norm("embedding.norm", graph.embedding("embedding", std::move(embedding)),
                               norm("LayerNorm"));
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::string block = fmt::format("block{}.", i);
    const std::string layer = fmt::format("{}{}.", names.layer, i);
    const std::string attention = layer + names.attention, forward = layer + names.forward;
    const auto linear = [&](const std::string& name, ValueId in, const std::string& weight,
                            const std::string& activation, ValueId residual) {
      return graph.linear(block + name, in, weights.matrix(weight + ".weight"),
                          weights.matrix(weight + ".bias"), activation, residual);
    };
    const ValueId q = linear("query", x, attention + ".query", "none", kNone);
    const ValueId k = linear("key", x, attention + ".key", "none", kNone);
    const ValueId v = linear("value", x, attention + ".value", "none", kNone);
    const ValueId mixed = graph.attention(block + "attention", q, k, v, rule);
    x = linear("projection", mixed, attention + ".dense", "none", x);
    x = graph.layer_norm(block + "attention_norm", x, norm(attention + ".LayerNorm"));
    const ValueId hidden = linear("forward1", x, forward + ".dense_1", choices.activation, kNone);
    x = linear("forward2", hidden, forward + ".dense_2", "none", x);
    x = graph.layer_norm(block + "forward_norm", x, norm(forward + ".LayerNorm"));
  }
  recipe.graph = graph.finish(graph.last("last", x), 1, choices.max_history);
  recipe.blocks = blocks;
  recipe.heads = choices.heads;
  recipe.padding_treatment = choices.padding == PaddingSide::right
                                 ? "no event attends to it"
                                 : "masked by -10000, which leaves it no weight";
}

} // namespace heed::convert::sasrec
