// A family whose variants have names of their own each: the one whose names are there is the one.
#ifndef HEED_CONVERTER_FAMILIES_SEVERAL_VARIANTS_HPP
#define HEED_CONVERTER_FAMILIES_SEVERAL_VARIANTS_HPP

#include "converter/families/single_variant.hpp"

#include <string>
#include <utility>
#include <vector>

namespace heed::convert {

class SeveralVariants final : public Family {
 public:
  // `variants` live as long as the family and are called as it is; of equal matches the first one counts.
  SeveralVariants(std::string name, std::string description, std::vector<const SingleVariant*> variants)
      : name_(std::move(name)), description_(std::move(description)), variants_(std::move(variants)) {}

  std::string name() const override { return name_; }
  std::string description() const override { return description_; }
  std::vector<Variant> variants() const override;
  Match recognise(const Checkpoint& checkpoint) const override;
  Recipe build(const Checkpoint& checkpoint, const BuildOptions& options) const override;
  SynthModel synthesize(const SynthSizes& sizes) const override;

 private:
  const SingleVariant& best(const Checkpoint& checkpoint) const;
  const SingleVariant& find(const std::string& variant) const;

  std::string name_, description_;
  std::vector<const SingleVariant*> variants_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_SEVERAL_VARIANTS_HPP
