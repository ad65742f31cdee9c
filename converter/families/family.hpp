// What a recommender family is to the converter: it recognises weights and turns them into a source graph.
//
// One family, one file (or a few with its name); registry.cpp lists them. README.md tells how to add one.
#ifndef HEED_CONVERTER_FAMILIES_FAMILY_HPP
#define HEED_CONVERTER_FAMILIES_FAMILY_HPP

#include "converter/families/synth_model.hpp"
#include "converter/families/weights.hpp"
#include "converter/graph/ir.hpp"
#include "converter/readers/checkpoint.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert {

// What a user may decide; empty or 0: the family decides, from the checkpoint's config, the weights, or the
// variant's default, and says so in Recipe::notes.
struct BuildOptions {
  std::string variant;
  const char* variant_source = "as asked"; // for notes
  std::int64_t heads = 0;
  std::int64_t max_history = 0; // events that count; at most the model's slots
  std::string activation;       // of the feed-forward network: a name of activation_names(), or "gelu"
  std::string positions;        // "left" or "right": the end that positions count from
};

struct Variant {
  std::string name, description;
};

// How well weights fit a family. 0: not at all; 1: every name is there. From kRecognised on, they are its.
struct Match {
  double score = 0;
  std::size_t names = 0;   // how many are there: of equal scores the one that explains more counts
  std::string explanation; // "27 of 28 weights of pmixer/SASRec.pytorch"
};
constexpr double kRecognised = 0.5;

// What a note starts with that states a guess.
constexpr const char* kAssumed = "assumed: ";

struct Recipe {
  Graph graph; // source form
  std::string family, variant;
  std::string padding_treatment;  // how the reference's padding enters the result, for people
  std::vector<std::string> notes; // what was recognised or assumed, and why
  std::vector<WeightUse> used, ignored;
  std::int64_t blocks = 0; // or recurrent layers; 0: the family has neither
  std::int64_t heads = 0;  // of attention; 0: the family has none
};

class Family {
 public:
  virtual ~Family() = default;
  virtual std::string name() const = 0;
  virtual std::string description() const = 0;
  virtual std::vector<Variant> variants() const = 0;
  virtual Match recognise(const Checkpoint& checkpoint) const = 0;
  // Errors: weights_missing, weights_unused, weights_shape, weights_not_finite, checkpoint_unsupported,
  // checkpoint_malformed (config and weights contradict each other), usage (no such variant, activation or
  // end), invalid_argument (heads, max_history).
  virtual Recipe build(const Checkpoint& checkpoint, const BuildOptions& options) const = 0;
  // Weights under the names that recognise() knows, of the sizes asked for. The variant is one of variants().
  // Errors: those of SynthModel; not_supported for a family that does not override it.
  virtual SynthModel synthesize(const SynthSizes& sizes) const;
};

using FamilyList = std::vector<const Family*>;

// All families, in the order in which ties are decided: those of heed, then what was added.
const FamilyList& families();
// Adds families of a program's own, which live as long as it. Call it before anything else, from one thread.
// Error(usage) for a name that is taken.
void add_families(const FamilyList& more);

// The family called `name`; with an empty name the one that the checkpoint's config names ("heed_family"), or
// else the one that fits best. Errors: family_unknown (no such family; or none fits, with some names that
// were found), family_mismatch (the weights are another's).
const Family& choose_family(const FamilyList& families, const Checkpoint& checkpoint,
                            const std::string& name);

// The options, with the variant that the checkpoint's config names ("heed_variant", of the family
// "heed_family") if they name none. Error(checkpoint_unsupported) when the family has no such variant.
BuildOptions with_saved_variant(const Family& family, const Checkpoint& checkpoint, BuildOptions options);

// The family called `name`. Error(family_unknown), which says what `source` asked for it.
const Family& find_family(const FamilyList& families, const std::string& name,
                          const std::string& source = "");

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_FAMILY_HPP
