// Every event sees every other; a mask token follows the newest event, and its output is the user vector.
//
// jaywonchung/BERT4Rec-VAE-Pytorch (models/bert_modules): padding on the left, masked by -1e9; pre-norm,
// where the normalisation divides by the unbiased standard deviation plus eps; no final norm; GELU by tanh;
// scores by an output layer of its own, with bias. Its data set numbers items from 0 without setting
// padding's 0 apart, so item 0 is masked wherever it stands in a history.
//
// RUCAIBox/RecBole (bert4rec.py): padding on the right; the post-norm encoder of its SASRec without the
// causal mask; then (from version 1.1 on) LN(gelu(W x)) and a bias for each item beside the tied table. The
// same versions shift a history by one place when they predict, so that its oldest event is lost.
#include "converter/families/bert4rec.hpp"

#include "converter/error.hpp"
#include "converter/families/choices.hpp"
#include "converter/families/post_norm_encoder.hpp"
#include "converter/graph/builder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace heed::convert {
namespace {

struct Kind {
  const char* name;
  const char* description;
  bool recbole;
  std::int64_t first_id;    // of the items
  std::int64_t drop_oldest; // events lost when the reference predicts
  bool head;                // recbole: a dense layer before scoring, and a bias
};

constexpr Kind kKinds[] = {
    {"jaywonchung",
     "jaywonchung/BERT4Rec-VAE-Pytorch: items are numbered from 0, and item 0 shares padding's row", false, 0,
     0, false},
    {"jaywonchung-from-1", "the same, trained with items that are numbered from 1", false, 1, 0, false},
    {"recbole", "BERT4Rec of RecBole 1.1 and later; the oldest event of a history does not count, as there",
     true, 1, 1, true},
    {"recbole-all-events", "the same, with the oldest event counting", true, 1, 0, true},
    {"recbole-1.0", "BERT4Rec of RecBole 1.0: no layer between encoder and scores", true, 1, 0, false},
};

const std::vector<Harmless>& harmless() {
  static const std::vector<Harmless> rules = {
      {"*position_ids", "a buffer of indices"},
      {"*num_batches_tracked", "a counter"},
  };
  return rules;
}

constexpr const char* kTokens = "bert.embedding.token.weight";
constexpr const char* kPlaces = "bert.embedding.position.pe.weight";
constexpr const char* kBlocks = "bert.transformer_blocks.#.";

std::vector<std::string> jaywonchung_names(std::int64_t blocks) {
  std::vector<std::string> inner;
  for (const char* layer :
       {"attention.linear_layers.0", "attention.linear_layers.1", "attention.linear_layers.2",
        "attention.output_linear", "feed_forward.w_1", "feed_forward.w_2"}) {
    for (const char* kind : {"weight", "bias"}) inner.push_back(fmt::format("{}{}.{}", kBlocks, layer, kind));
  }
  for (const char* norm : {"input_sublayer", "output_sublayer"}) {
    for (const char* kind : {"a_2", "b_2"}) inner.push_back(fmt::format("{}{}.norm.{}", kBlocks, norm, kind));
  }
  return expand({kTokens, kPlaces, "out.weight", "out.bias"}, inner, blocks);
}

std::vector<std::string> recbole_names(std::int64_t blocks, bool head) {
  std::vector<std::string> outer = {"item_embedding.weight", "position_embedding.weight", "LayerNorm.weight",
                                    "LayerNorm.bias"};
  if (head)
    outer.insert(outer.end(), {"output_ffn.weight", "output_ffn.bias", "output_ln.weight", "output_ln.bias",
                               "output_bias"});
  return expand(outer, block_names(recbole_encoder_names()), blocks);
}

// Whether the weights have RecBole's names.
bool is_recbole(const Weights& weights) {
  return weights.has("item_embedding.weight");
}
bool has_head(const Weights& weights) {
  return weights.has("output_ffn.weight");
}

std::int64_t blocks_of(const Weights& weights) {
  return is_recbole(weights) ? count_blocks(weights, recbole_encoder_names())
                             : std::max<std::int64_t>(1, weights.blocks(kBlocks));
}

const Kind& find_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    if (name == kind.name) return kind;
    names.emplace_back(kind.name);
  }
  unknown_variant("bert4rec", name, names);
}

void build_jaywonchung(Weights& weights, const Kind& kind, const Chooser& chooser, Recipe& recipe) {
  const std::int64_t blocks = blocks_of(weights);
  weights.require(jaywonchung_names(blocks), recipe.family);
  // Padding, then items up to number n, then the mask token; n is used when items are numbered from 1.
  const std::int64_t tokens = weights.matrix(kTokens).rows();
  const std::int64_t items = tokens - 2;
  const Constant positions = weights.matrix(kPlaces);
  chooser.check_sizes(positions.cols(), blocks);
  const std::int64_t heads = chooser.heads(0);
  const std::string activation = chooser.activation("gelu_tanh");
  const std::int64_t slots = chooser.slots(positions.rows());
  const double eps = chooser.eps(1e-6);
  chooser.note(
      fmt::format("items have the ids {} to {}; row {} is the mask token, which follows every history",
                  kind.first_id, kind.first_id + items - 1, tokens - 1));

  Embedding embedding{weights.rows(kTokens, "", kind.first_id, items)};
  embedding.positions = weights.rows(kPlaces, "", 0, slots);
  embedding.pad = weights.rows(kTokens, ".padding", 0, 1);
  embedding.pad_position = true;
  embedding.append = weights.rows(kTokens, ".mask", tokens - 1, 1);
  if (kind.first_id == 0) embedding.hidden_row = 0;

  Builder graph(slots, PaddingSide::left);
  AttentionRule rule;
  rule.heads = heads;
  rule.causal = false;
  rule.padding_masked = true;
  rule.fill = -1e9;
  ValueId x = graph.embedding("embedding", std::move(embedding));
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::string block = fmt::format("block{}.", i);
    const std::string layer = fmt::format("bert.transformer_blocks.{}.", i);
    const auto linear = [&](const std::string& name, ValueId in, const std::string& weight,
                            const std::string& act, ValueId residual) {
      return linear_layer(graph, weights, block + name, in, layer + weight, act, residual);
    };
    const auto norm = [&](const std::string& name, const std::string& sublayer) {
      const std::string weight = layer + sublayer + ".norm.";
      return graph.layer_norm(
          block + name, x, {weights.matrix(weight + "a_2"), weights.matrix(weight + "b_2"), eps, true, true});
    };
    const ValueId normed = norm("attention_norm", "input_sublayer");
    const ValueId q = linear("query", normed, "attention.linear_layers.0", "none", kNone);
    const ValueId k = linear("key", normed, "attention.linear_layers.1", "none", kNone);
    const ValueId v = linear("value", normed, "attention.linear_layers.2", "none", kNone);
    x = linear("projection", graph.attention(block + "attention", q, k, v, rule), "attention.output_linear",
               "none", x);
    const ValueId hidden =
        linear("forward1", norm("forward_norm", "output_sublayer"), "feed_forward.w_1", activation, kNone);
    x = linear("forward2", hidden, "feed_forward.w_2", "none", x);
  }
  graph.score_rows(weights.rows("out.weight", "", kind.first_id, items));
  graph.score_bias(weights.elements("out.bias", kind.first_id, items));
  recipe.graph = graph.finish(graph.last("last", x), kind.first_id, chooser.max_history(slots - 1));
  recipe.blocks = blocks;
  recipe.heads = heads;
  recipe.padding_treatment = "masked by -1e9, which leaves it no weight";
}

void build_recbole(Weights& weights, const Kind& kind, const Chooser& chooser, Recipe& recipe) {
  const std::int64_t blocks = blocks_of(weights);
  weights.require(recbole_names(blocks, kind.head), recipe.family);
  // Padding, items, the mask token.
  const std::int64_t tokens = weights.matrix("item_embedding.weight").rows();
  const std::int64_t items = tokens - 2;
  const Constant positions = weights.matrix("position_embedding.weight");
  chooser.check_sizes(positions.cols(), blocks);
  EncoderRule rule;
  rule.attention.heads = chooser.heads(2);
  rule.attention.causal = false;
  rule.activation = chooser.activation("gelu_erf");
  rule.eps = chooser.eps(1e-12);
  const std::int64_t slots = positions.rows();
  chooser.note(
      fmt::format("row {} of the item table is the mask token, which follows every history", tokens - 1));
  if (kind.drop_oldest > 0)
    chooser.note("the oldest event of a history does not count, as when RecBole predicts "
                 "(--variant recbole-all-events counts it)");

  Embedding embedding{weights.rows("item_embedding.weight", "", 1, items)};
  embedding.positions = positions;
  embedding.pad = weights.rows("item_embedding.weight", ".padding", 0, 1);
  embedding.pad_position = true;
  embedding.append = weights.rows("item_embedding.weight", ".mask", tokens - 1, 1);
  embedding.drop_oldest = kind.drop_oldest;

  Builder graph(slots, PaddingSide::right);
  ValueId x = graph.layer_norm("embedding.norm", graph.embedding("embedding", std::move(embedding)),
                               take_norm(weights, "LayerNorm", rule.eps));
  x = graph.last("last", post_norm_encoder(graph, weights, recbole_encoder_names(), blocks, x, rule));
  if (kind.head) {
    x = linear_layer(graph, weights, "head", x, "output_ffn", "gelu_erf");
    x = graph.layer_norm("head.norm", x, take_norm(weights, "output_ln", rule.eps));
    graph.score_bias(weights.elements("output_bias", 1, items));
  }
  recipe.graph = graph.finish(x, 1, chooser.max_history(slots - 1));
  recipe.blocks = blocks;
  recipe.heads = rule.attention.heads;
  recipe.padding_treatment = "masked by -10000, which leaves it no weight";
}

void synthesize_jaywonchung(SynthModel& model) {
  using K = SynthKind;
  const std::int64_t dim = model.sizes().dim, items = model.sizes().items, hidden = model.hidden(4 * dim);
  model.config["activation"] = "gelu_tanh";
  model.add(jaywonchung_names(model.blocks()), {{kTokens, {items + 2, dim}, K::padded_embedding},
                                                {kPlaces, {model.sizes().max_history + 1, dim}, K::embedding},
                                                // Rows of items, whose scores Xavier's would drown in biases.
                                                {"out.weight", {items + 1, dim}, K::embedding},
                                                {"out.bias", {items + 1}, K::bias},
                                                {"*.a_2", {dim}, K::scale},
                                                {"*.b_2", {dim}, K::bias},
                                                {"*.w_1.weight", {hidden, dim}, K::matrix},
                                                {"*.w_1.bias", {hidden}, K::bias},
                                                {"*.w_2.weight", {dim, hidden}, K::matrix},
                                                {"*.weight", {dim, dim}, K::matrix},
                                                {"*.bias", {dim}, K::bias}});
}

void synthesize_recbole(SynthModel& model, const Kind& kind) {
  using K = SynthKind;
  const std::int64_t dim = model.sizes().dim, items = model.sizes().items, hidden = model.hidden(4 * dim);
  model.config["activation"] = "gelu_erf";
  std::vector<SynthWeight> rules = {
      {"item_embedding.weight", {items + 2, dim}, K::padded_embedding},
      {"position_embedding.weight", {model.sizes().max_history + 1, dim}, K::embedding},
      {"output_ln.weight", {dim}, K::scale},
      {"output_bias", {items + 1}, K::bias}};
  add_encoder_rules(rules, dim, hidden);
  model.add(recbole_names(model.blocks(), kind.head), rules);
}

class Bert4Rec final : public Family {
 public:
  std::string name() const override { return "bert4rec"; }
  std::string description() const override {
    return "bidirectional encoders with a mask token: BERT4Rec of jaywonchung and of RecBole";
  }
  std::vector<Variant> variants() const override {
    std::vector<Variant> variants;
    for (const Kind& kind : kKinds) variants.push_back({kind.name, kind.description});
    return variants;
  }
  Match recognise(const Checkpoint& checkpoint) const override {
    const Weights weights(checkpoint);
    const bool recbole = is_recbole(weights);
    // Without its head RecBole's BERT4Rec has the weights of its SASRec: only --family tells them apart.
    const std::vector<std::string> names =
        recbole ? recbole_names(blocks_of(weights), true) : jaywonchung_names(blocks_of(weights));
    const std::size_t found = weights.count(names);
    return {static_cast<double>(found) / static_cast<double>(names.size()), found,
            fmt::format("{} of {} weights named as in {}", found, names.size(),
                        recbole ? "RecBole's BERT4Rec" : "jaywonchung/BERT4Rec-VAE-Pytorch")};
  }

  Recipe build(const Checkpoint& checkpoint, const BuildOptions& options) const override {
    Weights weights(checkpoint);
    const Config config(checkpoint.config);
    Recipe recipe;
    recipe.family = name();
    const Match match = recognise(checkpoint);
    recipe.notes.push_back(fmt::format("family bert4rec: {}", match.explanation));
    const char* shown = !is_recbole(weights) ? "jaywonchung" : has_head(weights) ? "recbole" : "recbole-1.0";
    const Kind& kind = find_kind(options.variant.empty() ? shown : options.variant);
    if (kind.recbole != is_recbole(weights) || (kind.recbole && kind.head != has_head(weights)))
      throw Error(StatusCode::family_mismatch,
                  fmt::format("the weights are not of variant {}: {}", kind.name, match.explanation));
    if (!options.variant.empty())
      recipe.notes.push_back(fmt::format("variant {}: {}", kind.name, options.variant_source));
    else if (!kind.recbole)
      recipe.notes.push_back(std::string(kAssumed) +
                             "variant jaywonchung: by the weights' names; were items numbered from 1, "
                             "--variant jaywonchung-from-1 is the one");
    else
      recipe.notes.push_back(
          fmt::format("variant {}: {} output_ffn", kind.name, kind.head ? "with" : "without"));
    recipe.variant = kind.name;
    const Chooser chooser(kind.name, options, config, recipe.notes);
    if (kind.recbole)
      build_recbole(weights, kind, chooser, recipe);
    else
      build_jaywonchung(weights, kind, chooser, recipe);
    chooser.refuse_unused();
    weights.finish(harmless(), name());
    recipe.used = weights.used();
    recipe.ignored = weights.ignored();
    return recipe;
  }

  SynthModel synthesize(const SynthSizes& sizes) const override {
    SynthModel model(name(), sizes);
    const Kind& kind = find_kind(sizes.variant);
    model.config["num_heads"] = model.heads();
    kind.recbole ? synthesize_recbole(model, kind) : synthesize_jaywonchung(model);
    return model;
  }
};

} // namespace

const Family& bert4rec_family() {
  static const Bert4Rec family;
  return family;
}

} // namespace heed::convert
