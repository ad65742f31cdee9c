// Weights of a family by name, shape and kind alone, so that a model can be sized before it is trained.
//
// `heed synth` fills them with random numbers (converter/synth.hpp). A family says what there is:
//
//   SynthModel model(name(), sizes);
//   const std::int64_t dim = sizes.dim, hidden = model.hidden(4 * dim);
//   model.config["num_heads"] = model.heads();
//   model.add(all_names(model.blocks()), {{"item_emb.weight", {sizes.items + 1, dim}, K::padded_embedding},
//                                         {"*norm.weight", {dim}, K::scale},
//                                         {"*.ffn1.weight", {hidden, dim}, K::matrix}, ...});
#ifndef HEED_CONVERTER_FAMILIES_SYNTH_MODEL_HPP
#define HEED_CONVERTER_FAMILIES_SYNTH_MODEL_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace heed::convert {

class Family;

// The sizes that somebody asks for.
struct SynthSizes {
  std::string variant; // never empty in Family::synthesize; before, empty stands for the family's first
  std::int64_t items = 0, dim = 0;
  std::int64_t max_history = 0; // events that count
  // 0: not given. A family takes them from SynthModel, which knows whether it did.
  std::int64_t blocks = 0, heads = 0, hidden = 0;
};

// How the values of a weight are distributed.
enum class SynthKind : std::uint8_t {
  embedding,        // rows of length 1, more or less: normal(0, 1/sqrt(columns))
  padded_embedding, // the same, with a first row of zeros
  matrix,           // Xavier's normal
  bias,             // normal(0, 0.02)
  scale,            // of a normalisation: normal(1, 0.02)
};

struct SynthWeight {
  std::string name; // in the rules of SynthModel::add a pattern (wildcards.hpp)
  std::vector<std::int64_t> shape;
  SynthKind kind = SynthKind::matrix;

  std::int64_t elements() const;
};

class SynthModel {
 public:
  // `family` is what messages call the model. Sets the config's "heed_family" and "heed_variant".
  SynthModel(const std::string& family, const SynthSizes& sizes);

  // A size, by the family that has a use for it. What is given and not taken is refused afterwards.
  // Errors: option_required when it is not given.
  std::int64_t blocks();
  // Also Error(invalid_argument) when they do not divide the dim.
  std::int64_t heads();
  // Of the feed-forward network or the recurrent state; not given, it is `usual`.
  std::int64_t hidden(std::int64_t usual);

  // Adds a weight for each name, with the shape and kind of the first rule that matches it. A name that no
  // rule matches is a fault of the family.
  void add(const std::vector<std::string>& names, const std::vector<SynthWeight>& rules);

  // What `build` must know and weights do not tell: heads, the longest history, the activation, under the
  // keys that it reads (choices.cpp). A conversion must be left without an assumption.
  nlohmann::json config;

  const std::vector<SynthWeight>& weights() const { return weights_; }
  // With what was taken; 0: the family has none.
  const SynthSizes& sizes() const { return taken_; }
  std::int64_t parameters() const { return parameters_; }

 private:
  std::string family_;
  SynthSizes asked_, taken_;
  std::vector<SynthWeight> weights_;
  std::int64_t parameters_ = 0;
};

// family.synthesize() of sizes that make sense. Errors: usage (no such variant; a size that the family has no
// use for), option_required, invalid_argument (sizes that no model can have, or that heed would not convert),
// not_supported (the family does not say what its weights are).
SynthModel synthesize(const Family& family, SynthSizes sizes);

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_SYNTH_MODEL_HPP
