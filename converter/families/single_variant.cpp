#include "converter/families/single_variant.hpp"

#include <fmt/format.h>

namespace heed::convert {

Match SingleVariant::recognise(const Checkpoint& checkpoint) const {
  const Weights weights(checkpoint);
  const std::vector<std::string> wanted = names(weights);
  const std::size_t found = weights.count(wanted);
  return {static_cast<double>(found) / static_cast<double>(wanted.size()), found,
          fmt::format("{} of {} weights named as in {}", found, wanted.size(), source_)};
}

Recipe SingleVariant::build(const Checkpoint& checkpoint, const BuildOptions& options) const {
  if (!options.variant.empty() && options.variant != variant_)
    unknown_variant(name_, options.variant, {variant_});
  Weights weights(checkpoint);
  const Config config(checkpoint.config);
  Recipe recipe;
  recipe.family = name_;
  recipe.variant = variant_;
  recipe.notes.push_back(fmt::format("family {}: {}", name_, recognise(checkpoint).explanation));
  weights.require(names(weights), name_);
  const Chooser chooser(name_, options, config, recipe.notes);
  build(weights, chooser, recipe);
  chooser.refuse_unused();
  weights.finish(harmless(), name_);
  recipe.used = weights.used();
  recipe.ignored = weights.ignored();
  return recipe;
}

} // namespace heed::convert
