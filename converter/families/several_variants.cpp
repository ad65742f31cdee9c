#include "converter/families/several_variants.hpp"

namespace heed::convert {

std::vector<Variant> SeveralVariants::variants() const {
  std::vector<Variant> all;
  for (const SingleVariant* variant : variants_) all.push_back(variant->variants().front());
  return all;
}

const SingleVariant& SeveralVariants::best(const Checkpoint& checkpoint) const {
  const SingleVariant* best = nullptr;
  Match most;
  for (const SingleVariant* variant : variants_) {
    const Match match = variant->recognise(checkpoint);
    if (best != nullptr &&
        (match.score < most.score || (match.score == most.score && match.names <= most.names)))
      continue;
    best = variant;
    most = match;
  }
  return *best;
}

const SingleVariant& SeveralVariants::find(const std::string& variant) const {
  std::vector<std::string> known;
  for (const SingleVariant* candidate : variants_) {
    known.push_back(candidate->variants().front().name);
    if (known.back() == variant) return *candidate;
  }
  unknown_variant(name_, variant, known);
}

Match SeveralVariants::recognise(const Checkpoint& checkpoint) const {
  return best(checkpoint).recognise(checkpoint);
}

Recipe SeveralVariants::build(const Checkpoint& checkpoint, const BuildOptions& options) const {
  const SingleVariant& variant = options.variant.empty() ? best(checkpoint) : find(options.variant);
  return variant.build(checkpoint, options);
}

SynthModel SeveralVariants::synthesize(const SynthSizes& sizes) const {
  return find(sizes.variant).synthesize(sizes);
}

} // namespace heed::convert
