// The ports under pmixer's names, and the original in TensorFlow.
//
//   query  (pytorch, pytorch-2020, original): q = LN(x); x = q + MHA(q, x, x); x = LN(x); x = x + FFN(x)
//   before (pre-norm):                        h = LN(x); x = x + MHA(h, h, h); x = x + FFN(LN(x))
//   after  (post-norm):                       x = LN(x + MHA(x, x, x)); x = LN(x + FFN(x))
// each with causal attention and a final LN; FFN(x) = W2 act(W1 x).
// Sources: pmixer/SASRec.pytorch, model.py and python/model.py in several versions; kang205/SASRec, model.py
// and modules.py.
#include "converter/families/layers.hpp"
#include "converter/families/sasrec.hpp"
#include "converter/graph/builder.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace heed::convert::sasrec {
namespace {

struct Linear {
  Constant weight;
  Constant bias;
};

struct Block {
  Norm attention_norm;
  Linear q, k, v;
  std::optional<Linear> projection;
  Norm forward_norm;
  Linear forward1, forward2;
};

Linear pytorch_linear(Weights& weights, const std::string& name) {
  return {weights.matrix(name + ".weight"), weights.matrix(name + ".bias")};
}

Block pytorch_block(Weights& weights, std::int64_t i, double eps, bool with_projection) {
  const std::string attention = fmt::format("attention_layers.{}", i);
  const auto third = [&](const char* part, std::int64_t index) {
    return Linear{weights.part(attention + ".in_proj_weight", part, index, 3),
                  weights.part(attention + ".in_proj_bias", part, index, 3)};
  };
  Block block{take_norm(weights, fmt::format("attention_layernorms.{}", i), eps),
              third(".query", 0),
              third(".key", 1),
              third(".value", 2),
              std::nullopt,
              take_norm(weights, fmt::format("forward_layernorms.{}", i), eps),
              pytorch_linear(weights, fmt::format("forward_layers.{}.conv1", i)),
              pytorch_linear(weights, fmt::format("forward_layers.{}.conv2", i))};
  if (with_projection) block.projection = pytorch_linear(weights, attention + ".out_proj");
  return block;
}

// tf.Variable numbers the normalisations of a scope; the first variable is beta. Dense kernels are [in, out].
Block tensorflow_block(Weights& weights, std::int64_t i, double eps, const std::string& suffix) {
  const std::string scope = fmt::format("SASRec/num_blocks_{}/", i);
  const auto norm = [&](const char* name) {
    return Norm{weights.matrix(scope + name + "/Variable_1" + suffix),
                weights.matrix(scope + name + "/Variable" + suffix), eps};
  };
  const auto linear = [&](const char* name) {
    return Linear{weights.transposed(scope + name + "/kernel" + suffix),
                  weights.matrix(scope + name + "/bias" + suffix)};
  };
  return {norm("ln"),
          linear("self_attention/dense"),
          linear("self_attention/dense_1"),
          linear("self_attention/dense_2"),
          std::nullopt,
          norm("ln_1"),
          linear("multihead_attention/conv1d"),
          linear("multihead_attention/conv1d_1")};
}

class Model {
 public:
  Model(Builder& graph, const Choices& choices) : graph_(graph), choices_(choices) {
    rule_.heads = choices.heads;
    rule_.padding_masked = std::string(choices.kind.name) == "original";
  }

  ValueId mask(const std::string& name, ValueId x) {
    return choices_.kind.mask_padding ? graph_.mask_padding(name, x) : x;
  }

  ValueId block(const std::string& name, ValueId x, const Block& block) {
    if (choices_.kind.norm == NormPlace::query) {
      const ValueId query = graph_.layer_norm(name + ".attention_norm", x, block.attention_norm);
      x = attention(name, query, x, block, query);
      x = graph_.layer_norm(name + ".forward_norm", x, block.forward_norm);
      x = forward(name, x, block, x);
    } else if (choices_.kind.norm == NormPlace::before) {
      const ValueId normed = graph_.layer_norm(name + ".attention_norm", x, block.attention_norm);
      x = attention(name, normed, normed, block, x);
      x = forward(name, graph_.layer_norm(name + ".forward_norm", x, block.forward_norm), block, x);
    } else {
      x = attention(name, x, x, block, x);
      x = graph_.layer_norm(name + ".attention_norm", x, block.attention_norm);
      x = graph_.layer_norm(name + ".forward_norm", forward(name, x, block, x), block.forward_norm);
    }
    return mask(name + ".mask", x);
  }

 private:
  // Attention of queries made from `query` over keys and values made from `x`, plus `residual`.
  ValueId attention(const std::string& name, ValueId query, ValueId x, const Block& block, ValueId residual) {
    const ValueId q = graph_.linear(name + ".query", query, block.q.weight, block.q.bias);
    const ValueId k = graph_.linear(name + ".key", x, block.k.weight, block.k.bias);
    const ValueId v = graph_.linear(name + ".value", x, block.v.weight, block.v.bias);
    const ValueId mixed = graph_.attention(name + ".attention", q, k, v, rule_);
    if (!block.projection) return graph_.add(name + ".attention_residual", mixed, residual);
    return graph_.linear(name + ".projection", mixed, block.projection->weight, block.projection->bias,
                         "none", residual);
  }

  ValueId forward(const std::string& name, ValueId x, const Block& block, ValueId residual) {
    const ValueId hidden =
        graph_.linear(name + ".forward1", x, block.forward1.weight, block.forward1.bias, choices_.activation);
    return graph_.linear(name + ".forward2", hidden, block.forward2.weight, block.forward2.bias, "none",
                         residual);
  }

  Builder& graph_;
  const Choices& choices_;
  AttentionRule rule_;
};

// What a padded slot holds: row 0 of the items, scaled, and of the positions where that belongs to padding.
// Nothing when that is zero.
std::optional<Constant> padding_row(const Constant& items, const Constant& positions, const Choices& choices,
                                    std::vector<std::string>& notes) {
  Matrix row(1, items.cols());
  items.read_row(0, row.row(0));
  bool zero = std::all_of(row.values.begin(), row.values.end(), [](double x) { return x == 0.0; });
  if (!zero) notes.push_back("row 0 of the item table, padding, is not zero: padded slots hold it");
  for (double& x : row.values) x *= choices.scale;
  if (choices.first_position == 1 && positions.cols() == items.cols()) {
    const Matrix position = positions.read();
    for (std::int64_t c = 0; c < row.cols; ++c) row.row(0)[c] += position.row(0)[c];
    zero = zero && zero_row(positions, 0);
  }
  if (zero) return std::nullopt;
  Constant constant;
  constant.name = "padding";
  constant.source = computed_rows(std::move(row));
  return constant;
}

std::string padding_text(const Choices& choices) {
  if (choices.padding == PaddingSide::right) return "no event attends to it";
  if (std::string(choices.kind.name) == "original") return "masked, and set to zero after every block";
  if (choices.kind.mask_padding) return "set to zero after the embedding and every block, and attended to";
  return "attended to like events; padded slots carry no position of their own";
}

} // namespace

std::vector<std::string> pmixer_names(std::int64_t blocks, bool with_projection) {
  std::vector<std::string> inner = {"attention_layernorms.#.weight",     "attention_layernorms.#.bias",
                                    "attention_layers.#.in_proj_weight", "attention_layers.#.in_proj_bias",
                                    "forward_layernorms.#.weight",       "forward_layernorms.#.bias",
                                    "forward_layers.#.conv1.weight",     "forward_layers.#.conv1.bias",
                                    "forward_layers.#.conv2.weight",     "forward_layers.#.conv2.bias"};
  if (with_projection)
    inner.insert(inner.end(), {"attention_layers.#.out_proj.weight", "attention_layers.#.out_proj.bias"});
  return expand({"item_emb.weight", "pos_emb.weight", "last_layernorm.weight", "last_layernorm.bias"}, inner,
                blocks);
}

std::vector<std::string> tensorflow_names(std::int64_t blocks, const std::string& suffix) {
  std::vector<std::string> inner;
  for (const char* norm : {"ln", "ln_1"}) {
    for (const char* variable : {"Variable", "Variable_1"})
      inner.push_back(fmt::format("SASRec/num_blocks_#/{}/{}{}", norm, variable, suffix));
  }
  for (const char* layer : {"self_attention/dense", "self_attention/dense_1", "self_attention/dense_2",
                            "multihead_attention/conv1d", "multihead_attention/conv1d_1"}) {
    for (const char* variable : {"kernel", "bias"})
      inner.push_back(fmt::format("SASRec/num_blocks_#/{}/{}{}", layer, variable, suffix));
  }
  std::vector<std::string> outer;
  for (const char* name :
       {"input_embeddings/lookup_table", "dec_pos/lookup_table", "ln/Variable", "ln/Variable_1"})
    outer.push_back(fmt::format("SASRec/{}{}", name, suffix));
  return expand(outer, inner, blocks);
}

void build_pmixer(Weights& weights, Naming naming, const Kind& kind, const Chooser& chooser, Recipe& recipe) {
  const bool tensorflow = naming == Naming::tensorflow;
  const bool original = std::string(kind.name) == "original";
  const std::string suffix = weights.has("SASRec/input_embeddings/lookup_table:0") ? ":0" : "";
  const std::int64_t blocks = std::max<std::int64_t>(1, weights.blocks(block_pattern(naming)));
  // An original with out_proj keeps it: that is a port of the masking rules alone.
  const bool projection = !original || weights.has("attention_layers.0.out_proj.weight");
  weights.require(tensorflow ? tensorflow_names(blocks, suffix) : pmixer_names(blocks, projection),
                  recipe.family);

  const std::string item_name =
      tensorflow ? "SASRec/input_embeddings/lookup_table" + suffix : "item_emb.weight";
  const std::string position_name = tensorflow ? "SASRec/dec_pos/lookup_table" + suffix : "pos_emb.weight";
  const Constant items = weights.matrix(item_name);
  const Constant positions = weights.matrix(position_name);
  const std::int64_t dim = items.cols();
  chooser.check_sizes(dim, blocks);

  Choices choices = choose(kind, chooser, dim);
  // The ports without the mask give padding position 0; counted from the left, only a zero row shows that.
  const bool padded_row =
      !kind.mask_padding && (choices.padding == PaddingSide::left || zero_row(positions, 0));
  const auto saved = chooser.config().integer({"maxlen"});
  const bool all_rows = saved && *saved == positions.rows();
  choose_slots(choices, chooser, positions.rows(), padded_row && !all_rows ? 1 : 0);
  recipe.notes.push_back(fmt::format("{} position rows: {} slots{}", positions.rows(), choices.slots,
                                     choices.first_position == 1 ? ", row 0 being padding's" : ""));

  Embedding embedding{weights.rows(item_name, "", 1, items.rows() - 1)};
  embedding.scale = choices.scale;
  embedding.positions = weights.rows(position_name, "", choices.first_position, choices.slots);
  if (!kind.mask_padding && choices.padding == PaddingSide::left) {
    embedding.pad = padding_row(items, positions, choices, recipe.notes);
    embedding.pad_position = choices.first_position == 0;
  }

  Builder graph(choices.slots, choices.padding);
  Model model(graph, choices);
  ValueId x = model.mask("embedding.mask", graph.embedding("embedding", std::move(embedding)));
  for (std::int64_t i = 0; i < blocks; ++i)
    x = model.block(fmt::format("block{}", i), x,
                    tensorflow ? tensorflow_block(weights, i, choices.eps, suffix)
                               : pytorch_block(weights, i, choices.eps, projection));
  const Norm last = tensorflow ? Norm{weights.matrix("SASRec/ln/Variable_1" + suffix),
                                      weights.matrix("SASRec/ln/Variable" + suffix), choices.eps}
                               : take_norm(weights, "last_layernorm", choices.eps);
  x = graph.last("last", graph.layer_norm("final_norm", x, last));
  recipe.graph = graph.finish(x, 1, choices.max_history);
  recipe.blocks = blocks;
  recipe.heads = choices.heads;
  recipe.padding_treatment = padding_text(choices);
}

void synthesize_pmixer(SynthModel& model, const Kind& kind) {
  using K = SynthKind;
  const std::int64_t dim = model.sizes().dim, rows = model.sizes().items + 1;
  const std::int64_t blocks = model.blocks(), hidden = model.hidden(dim);
  const std::int64_t slots = model.sizes().max_history;
  if (std::string(kind.name) == "original") {
    model.add(tensorflow_names(blocks, ""), {{"*/input_embeddings/*", {rows, dim}, K::padded_embedding},
                                             {"*/dec_pos/*", {slots, dim}, K::embedding},
                                             {"*/Variable", {dim}, K::bias}, // beta comes first
                                             {"*/Variable_1", {dim}, K::scale},
                                             {"*/conv1d/kernel", {1, dim, hidden}, K::matrix},
                                             {"*/conv1d/bias", {hidden}, K::bias},
                                             {"*/conv1d_1/kernel", {1, hidden, dim}, K::matrix},
                                             {"*/kernel", {dim, dim}, K::matrix},
                                             {"*/bias", {dim}, K::bias}});
    return;
  }
  const SynthWeight positions = kind.mask_padding
                                    ? SynthWeight{"pos_emb.weight", {slots, dim}, K::embedding}
                                    : SynthWeight{"pos_emb.weight", {slots + 1, dim}, K::padded_embedding};
  model.add(pmixer_names(blocks, true), {{"item_emb.weight", {rows, dim}, K::padded_embedding},
                                         positions,
                                         {"*layernorm*.weight", {dim}, K::scale},
                                         {"*in_proj_weight", {3 * dim, dim}, K::matrix},
                                         {"*in_proj_bias", {3 * dim}, K::bias},
                                         {"*conv1.weight", {hidden, dim, 1}, K::matrix},
                                         {"*conv1.bias", {hidden}, K::bias},
                                         {"*conv2.weight", {dim, hidden, 1}, K::matrix},
                                         {"*.weight", {dim, dim}, K::matrix},
                                         {"*.bias", {dim}, K::bias}});
}

} // namespace heed::convert::sasrec
