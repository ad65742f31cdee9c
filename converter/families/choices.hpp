// What weights do not tell, decided: an option comes before the checkpoint's config, that before the default
// of the reference. Each decision is a note of the recipe.
#ifndef HEED_CONVERTER_FAMILIES_CHOICES_HPP
#define HEED_CONVERTER_FAMILIES_CHOICES_HPP

#include "converter/families/config.hpp"
#include "converter/families/family.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heed::convert {

// The conversion runs attention over a full padded history, which takes slots * slots steps.
constexpr std::int64_t kMostSlots = 16384;

class Chooser {
 public:
  // `variant` is what messages call the model. All arguments must outlive the object.
  Chooser(std::string variant, const BuildOptions& options, const Config& config,
          std::vector<std::string>& notes)
      : variant_(std::move(variant)), options_(options), config_(config), notes_(notes) {}

  void note(std::string text) const { notes_.push_back(std::move(text)); }
  // A note of what neither weights nor settings tell: wrong, it gives wrong scores and no error.
  void assume(const std::string& text) const { notes_.push_back(kAssumed + text); }
  const Config& config() const { return config_; }

  // Attention heads. `reference` 0: no default is safe, Error(option_required) names the flag.
  std::int64_t heads(std::int64_t reference) const;
  // Of the feed-forward network, in the operators' spelling. Errors: usage, checkpoint_unsupported (a name
  // nobody knows).
  std::string activation(const char* reference) const;
  // Error(usage) for an end that does not exist.
  PaddingSide padding(PaddingSide reference) const;
  double eps(double reference) const;
  // Places of a history, from the rows of positions. Errors: checkpoint_malformed (the config asks for more),
  // checkpoint_unsupported (too many).
  std::int64_t slots(std::int64_t positions) const;
  // The same for a model without positions, whose reference cuts histories to `reference` events.
  std::int64_t slots_without_positions(std::int64_t reference) const;
  // Events that count, of at most `most`. Error(invalid_argument).
  std::int64_t max_history(std::int64_t most) const;
  // A number that the weights do not tell: the config's, or `reference`, which is then assumed. `--set
  // KEY=VALUE` sets it.
  std::int64_t integer(const char* key, std::int64_t reference, std::int64_t least, std::int64_t most) const;
  double real(const char* key, double reference) const;
  // After the recipe: Error(usage) for an option that the model has no use for.
  void refuse_unused() const;
  // Error(checkpoint_malformed) when the config's sizes are not those of the weights.
  void check_sizes(std::int64_t dim, std::int64_t blocks) const;

 private:
  std::string variant_;
  const BuildOptions& options_;
  const Config& config_;
  std::vector<std::string>& notes_;
  mutable bool took_heads_ = false, took_activation_ = false, took_positions_ = false;
};

// Error(usage) for a variant that the family does not have, with the nearest of those it has.
[[noreturn]] void unknown_variant(const std::string& family, const std::string& name,
                                  const std::vector<std::string>& known);

// Whether all elements of a row are zero.
bool zero_row(const Constant& matrix, std::int64_t row);

// All names of a block-structured model: `outer`, then each of `inner` for every block, '#' being its number.
std::vector<std::string> expand(const std::vector<std::string>& outer, const std::vector<std::string>& inner,
                                std::int64_t blocks);

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_CHOICES_HPP
