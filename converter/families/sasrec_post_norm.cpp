// The post-norm encoder of RecBole's SASRec, S3Rec, CoSeRec and ICLRec.
//
//   x = LN(E[id] + P[slot]); per block: x = LN(x + MHA(x)); x = LN(x + W2 act(W1 x)); no final LN.
// RecBole pads on the right and reads the last event's place; the others pad on the left. Both add -10000 to
// the scores of keys that are padding or in the future.
// Sources: RUCAIBox/RecBole sasrec.py, layers.py; salesforce/ICLRec models.py, modules.py.
#include "converter/families/post_norm_encoder.hpp"
#include "converter/families/sasrec.hpp"

#include <utility>

#include <fmt/format.h>

namespace heed::convert::sasrec {
namespace {

struct Names {
  const char* items;
  const char* positions;
  const EncoderNames& encoder;
};

const Names& names_of(Naming naming) {
  static const Names recbole = {"item_embedding.weight", "position_embedding.weight",
                                recbole_encoder_names()};
  static const Names s3rec = {"item_embeddings.weight", "position_embeddings.weight", s3rec_encoder_names()};
  return naming == Naming::recbole ? recbole : s3rec;
}

} // namespace

std::vector<std::string> post_norm_names(Naming naming, std::int64_t blocks) {
  const Names& names = names_of(naming);
  return expand({names.items, names.positions, "LayerNorm.weight", "LayerNorm.bias"},
                block_names(names.encoder), blocks);
}

void build_post_norm(Weights& weights, Naming naming, const Kind& kind, const Chooser& chooser,
                     Recipe& recipe) {
  const Names& names = names_of(naming);
  const std::int64_t blocks = count_blocks(weights, names.encoder);
  weights.require(post_norm_names(naming, blocks), recipe.family);
  const Constant items = weights.matrix(names.items);
  const Constant positions = weights.matrix(names.positions);
  chooser.check_sizes(items.cols(), blocks);
  Choices choices = choose(kind, chooser, items.cols());
  choose_slots(choices, chooser, positions.rows(), 0);

  // S3Rec and its kin: max_item + 2 rows, padding first and the mask token last.
  const std::int64_t special = naming == Naming::s3rec ? 2 : 1;
  if (special == 2)
    chooser.note(fmt::format("row {} of the item table is the mask token, not an item", items.rows() - 1));
  Embedding embedding{weights.rows(names.items, "", 1, items.rows() - special)};
  embedding.scale = choices.scale;
  embedding.positions = weights.rows(names.positions, "", 0, choices.slots);
  embedding.pad = weights.rows(names.items, ".padding", 0, 1);
  embedding.pad_position = true;

  Builder graph(choices.slots, choices.padding);
  EncoderRule rule;
  rule.attention.heads = choices.heads;
  rule.activation = choices.activation;
  rule.eps = choices.eps;
  ValueId x = graph.layer_norm("embedding.norm", graph.embedding("embedding", std::move(embedding)),
                               take_norm(weights, "LayerNorm", choices.eps));
  x = post_norm_encoder(graph, weights, names.encoder, blocks, x, rule);
  recipe.graph = graph.finish(graph.last("last", x), 1, choices.max_history);
  recipe.blocks = blocks;
  recipe.heads = choices.heads;
  recipe.padding_treatment = choices.padding == PaddingSide::right
                                 ? "no event attends to it"
                                 : "masked by -10000, which leaves it no weight";
}

void synthesize_post_norm(SynthModel& model, Naming naming) {
  const Names& names = names_of(naming);
  const std::int64_t dim = model.sizes().dim, special = naming == Naming::s3rec ? 2 : 1;
  std::vector<SynthWeight> rules = {
      {names.items, {model.sizes().items + special, dim}, SynthKind::padded_embedding},
      {names.positions, {model.sizes().max_history, dim}, SynthKind::embedding}};
  add_encoder_rules(rules, dim, model.hidden(4 * dim));
  model.add(post_norm_names(naming, model.blocks()), rules);
}

} // namespace heed::convert::sasrec
