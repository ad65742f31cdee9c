#include "converter/families/sasrec.hpp"

#include "converter/error.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace heed::convert {
namespace sasrec {

const std::vector<Kind>& kinds() {
  using N = NormPlace;
  // name, description, norm, mask_padding, activation, heads, eps, scale_embedding, padding_right
  static const std::vector<Kind> all = {
      {"pytorch",
       "pmixer/SASRec.pytorch with maxlen + 1 positions, row 0 for padding; padding is attended to", N::query,
       false, "relu", 1, 1e-8, true, false},
      {"pytorch-2020",
       "the first pmixer/SASRec.pytorch: maxlen positions, padded slots set to zero, no activation in the "
       "feed-forward network (its next version had ReLU: --activation relu)",
       N::query, true, "none", 1, 1e-8, true, false},
      {"pre-norm", "pmixer/SASRec.pytorch trained with norm_first, and other pre-norm ports under its names",
       N::before, false, "relu", 1, 1e-8, true, false},
      {"post-norm", "pmixer/SASRec.pytorch of the versions that have norm_first, trained without it",
       N::after, false, "relu", 1, 1e-8, true, false},
      {"original",
       "kang205/SASRec (TensorFlow): padded keys are masked, padded slots set to zero, no output projection",
       N::query, true, "relu", 1, 1e-8, true, false},
      {"recbole", "SASRec of RecBole: a post-norm encoder, padding on the right", N::after, false, "gelu_erf",
       2, 1e-12, false, true},
      {"s3rec", "the post-norm encoder of S3Rec, CoSeRec and ICLRec: padding on the left, masked by -10000",
       N::after, false, "gelu_erf", 2, 1e-12, false, false},
  };
  return all;
}

Choices choose(const Kind& kind, const Chooser& chooser, std::int64_t dim) {
  Choices choices;
  choices.kind = kind;
  choices.heads = chooser.heads(kind.heads);
  choices.activation = chooser.activation(kind.activation);
  choices.padding = chooser.padding(kind.padding_right ? PaddingSide::right : PaddingSide::left);
  choices.eps = chooser.eps(kind.eps);
  const auto scaled = chooser.config().flag({"scale_embedding"});
  if (scaled && *scaled != kind.scale_embedding)
    chooser.note(
        fmt::format("item rows are {}multiplied by sqrt({}): from the settings", *scaled ? "" : "not ", dim));
  choices.scale = scaled.value_or(kind.scale_embedding) ? std::sqrt(static_cast<double>(dim)) : 1.0;
  return choices;
}

void choose_slots(Choices& choices, const Chooser& chooser, std::int64_t rows, std::int64_t first) {
  choices.first_position = first;
  choices.slots = chooser.slots(rows - first);
  choices.max_history = chooser.max_history(choices.slots);
}

std::string block_pattern(Naming naming) {
  switch (naming) {
  case Naming::pmixer:
    return "attention_layers.#.";
  case Naming::tensorflow:
    return "SASRec/num_blocks_#/";
  case Naming::recbole:
    return "trm_encoder.layer.#.";
  case Naming::s3rec:
    return "item_encoder.layer.#.";
  }
  return "";
}

} // namespace sasrec

namespace {

using sasrec::Kind;
using sasrec::Naming;

// Weights that these projects save beside the encoder and that no score depends on.
const std::vector<Harmless>& harmless() {
  static const std::vector<Harmless> rules = {
      {"*position_ids", "a buffer of indices"},
      {"*num_batches_tracked", "a counter"},
      {"*attn_mask", "a buffer; the mask is part of the graph"},
      {"attribute_embeddings.weight", "S3Rec's pre-training"},
      {"aap_norm.*", "S3Rec's pre-training"},
      {"mip_norm.*", "S3Rec's pre-training"},
      {"map_norm.*", "S3Rec's pre-training"},
      {"sp_norm.*", "S3Rec's pre-training"},
      {"*/Adam*", "optimizer state"},
      {"beta1_power*", "optimizer state"},
      {"beta2_power*", "optimizer state"},
      {"*global_step*", "a counter"},
  };
  return rules;
}

std::string suffix_of(const Weights& weights) {
  return weights.has("SASRec/input_embeddings/lookup_table:0") ? ":0" : "";
}

struct Recognised {
  Naming naming = Naming::pmixer;
  Match match;
};

const char* describe(Naming naming) {
  switch (naming) {
  case Naming::pmixer:
    return "pmixer/SASRec.pytorch";
  case Naming::tensorflow:
    return "kang205/SASRec";
  case Naming::recbole:
    return "RecBole's SASRec";
  case Naming::s3rec:
    return "S3Rec, CoSeRec and ICLRec";
  }
  return "";
}

Recognised recognise_naming(const Weights& weights) {
  Recognised best;
  for (const Naming naming : {Naming::pmixer, Naming::tensorflow, Naming::recbole, Naming::s3rec}) {
    const std::int64_t blocks = std::max<std::int64_t>(1, weights.blocks(sasrec::block_pattern(naming)));
    std::vector<std::string> names;
    if (naming == Naming::pmixer)
      names = sasrec::pmixer_names(blocks, false);
    else if (naming == Naming::tensorflow)
      names = sasrec::tensorflow_names(blocks, suffix_of(weights));
    else
      names = sasrec::post_norm_names(naming, blocks);
    const std::size_t found = weights.count(names);
    const double score = static_cast<double>(found) / static_cast<double>(names.size());
    if (score <= best.match.score) continue;
    best = {naming,
            {score, found,
             fmt::format("{} of {} weights named as in {}", found, names.size(), describe(naming))}};
  }
  return best;
}

const Kind& find_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const Kind& kind : sasrec::kinds()) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  unknown_variant("sasrec", name, names);
}

// Which variant the weights and the config show; `notes` gets the reason.
std::string choose_variant(Weights& weights, Naming naming, const Config& config, std::int64_t max_history,
                           std::vector<std::string>& notes) {
  if (naming == Naming::recbole) return "recbole";
  if (naming == Naming::s3rec) return "s3rec";
  if (naming == Naming::tensorflow) return "original";
  if (!weights.has("attention_layers.0.out_proj.weight")) {
    notes.push_back("variant original: attention has no output projection");
    return "original";
  }
  if (const auto norm_first = config.flag({"norm_first"})) {
    const char* variant = *norm_first ? "pre-norm" : "post-norm";
    notes.push_back(fmt::format("variant {}: norm_first in the settings", variant));
    return variant;
  }
  const Constant positions = weights.matrix("pos_emb.weight");
  if (zero_row(positions, 0)) {
    notes.push_back(
        fmt::format("{}variant pytorch: row 0 of the {} position rows is zero, so it is padding's "
                    "(pre-norm and post-norm have the same weights: --variant chooses them)",
                    kAssumed, positions.rows()));
    return "pytorch";
  }
  // A later port whose row for padding was trained shows by the number of rows alone.
  const std::int64_t events = max_history != 0 ? max_history : config.integer({"maxlen"}).value_or(0);
  if (events != 0 && positions.rows() == events + 1) {
    notes.push_back(fmt::format("{}variant pytorch: {} position rows for histories of {} events, so row 0 is "
                                "padding's (pre-norm and post-norm have the same weights)",
                                kAssumed, positions.rows(), events));
    return "pytorch";
  }
  notes.push_back(
      fmt::format("{}variant pytorch-2020: row 0 of the {} position rows is not zero, so every row is "
                  "a slot's (its next version, with ReLU, has the same weights: --activation relu)",
                  kAssumed, positions.rows()));
  return "pytorch-2020";
}

class Sasrec final : public Family {
 public:
  std::string name() const override { return "sasrec"; }
  std::string description() const override {
    return "self-attentive next-item recommenders: SASRec in all its ports, S3Rec, CoSeRec, ICLRec";
  }
  std::vector<Variant> variants() const override {
    std::vector<Variant> variants;
    for (const Kind& kind : sasrec::kinds()) variants.push_back({kind.name, kind.description});
    return variants;
  }
  Match recognise(const Checkpoint& checkpoint) const override {
    return recognise_naming(Weights(checkpoint)).match;
  }

  Recipe build(const Checkpoint& checkpoint, const BuildOptions& options) const override {
    Weights weights(checkpoint);
    const Config config(checkpoint.config);
    const Recognised recognised = recognise_naming(weights);
    Recipe recipe;
    recipe.family = name();
    recipe.notes.push_back(fmt::format("family sasrec: {}", recognised.match.explanation));
    const bool pmixer = recognised.naming == Naming::pmixer;
    if (pmixer) weights.require({"item_emb.weight", "pos_emb.weight"}, name());
    const Kind& kind =
        find_kind(!options.variant.empty() ? options.variant
                                           : choose_variant(weights, recognised.naming, config,
                                                            options.max_history, recipe.notes));
    if (!options.variant.empty())
      recipe.notes.push_back(fmt::format("variant {}: {}", kind.name, options.variant_source));
    recipe.variant = kind.name;
    check_naming(kind, recognised);
    const Chooser chooser(kind.name, options, config, recipe.notes);
    if (pmixer || recognised.naming == Naming::tensorflow) {
      sasrec::build_pmixer(weights, recognised.naming, kind, chooser, recipe);
    } else {
      sasrec::build_post_norm(weights, recognised.naming, kind, chooser, recipe);
    }
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
    model.config["maxlen"] = sizes.max_history;
    model.config["activation"] = kind.activation;
    if (sizes.variant == "recbole" || sizes.variant == "s3rec")
      sasrec::synthesize_post_norm(model, sizes.variant == "s3rec" ? Naming::s3rec : Naming::recbole);
    else
      sasrec::synthesize_pmixer(model, kind);
    return model;
  }

 private:
  // recbole and s3rec share weight shapes under different names; the other variants share pmixer's names.
  static void check_naming(const Kind& kind, const Recognised& recognised) {
    const std::string variant = kind.name;
    const bool post_norm = variant == "recbole" || variant == "s3rec";
    const bool fits = recognised.naming == Naming::tensorflow ? variant == "original"
                      : recognised.naming == Naming::pmixer   ? !post_norm
                                                              : post_norm;
    if (!fits)
      throw Error(StatusCode::family_mismatch, fmt::format("the weights are not of variant {}: {}", variant,
                                                           recognised.match.explanation));
  }
};

} // namespace

const Family& sasrec_family() {
  static const Sasrec family;
  return family;
}

} // namespace heed::convert
