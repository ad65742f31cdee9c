// SASRec (Kang and McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018) in the forms found in the
// wild. sasrec.cpp recognises and chooses; sasrec_pmixer.cpp and sasrec_post_norm.cpp build the graphs.
#ifndef HEED_CONVERTER_FAMILIES_SASREC_HPP
#define HEED_CONVERTER_FAMILIES_SASREC_HPP

#include "converter/families/choices.hpp"
#include "converter/families/family.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert {

const Family& sasrec_family();

namespace sasrec {

// Who named the weights.
enum class Naming : std::uint8_t { pmixer, tensorflow, recbole, s3rec };

// Where a block normalises: the query alone (the paper's code), both inputs, or both results.
enum class NormPlace : std::uint8_t { query, before, after };

// A variant and its reference's hyperparameters, used where neither option nor config says otherwise.
struct Kind {
  const char* name;
  const char* description;
  NormPlace norm;
  bool mask_padding;      // padded slots are set to zero after the embedding and after each block
  const char* activation; // of the feed-forward network
  std::int64_t heads;
  double eps;
  bool scale_embedding; // item rows times sqrt(dim)
  bool padding_right;   // padding stands on the right, positions count from the left
};
const std::vector<Kind>& kinds();

// What weights do not tell, decided.
struct Choices {
  Kind kind;
  std::int64_t heads = 1;
  std::string activation;
  double eps = 0, scale = 1; // of normalisation; of item rows
  PaddingSide padding = PaddingSide::left;
  std::int64_t slots = 0, max_history = 0;
  std::int64_t first_position = 0; // row of the position table that belongs to the first slot
};

// Decides heads, activation, eps, scale and padding. Errors: those of Chooser.
Choices choose(const Kind& kind, const Chooser& chooser, std::int64_t dim);

// Decides the slots, from `rows` rows of positions; `first` of them precede the first slot's. Errors: those
// of Chooser.
void choose_slots(Choices& choices, const Chooser& chooser, std::int64_t rows, std::int64_t first);

// Names that each naming asks for, for recognition; with_projection: pmixer's out_proj.
std::vector<std::string> pmixer_names(std::int64_t blocks, bool with_projection);
std::vector<std::string> tensorflow_names(std::int64_t blocks, const std::string& suffix);
std::vector<std::string> post_norm_names(Naming naming, std::int64_t blocks);
// The start of a block's names, up to its number as '#'.
std::string block_pattern(Naming naming);

// Recipes. `recipe` gets graph, blocks, heads, padding treatment and notes; weights are marked.
void build_pmixer(Weights& weights, Naming naming, const Kind& kind, const Chooser& chooser, Recipe& recipe);
void build_post_norm(Weights& weights, Naming naming, const Kind& kind, const Chooser& chooser,
                     Recipe& recipe);

// The weights of a variant, `original` under the names of TensorFlow.
void synthesize_pmixer(SynthModel& model, const Kind& kind);
void synthesize_post_norm(SynthModel& model, Naming naming);

} // namespace sasrec
} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_SASREC_HPP
