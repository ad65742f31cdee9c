// What families share that have one form and one set of names.
#ifndef HEED_CONVERTER_FAMILIES_SINGLE_VARIANT_HPP
#define HEED_CONVERTER_FAMILIES_SINGLE_VARIANT_HPP

#include "converter/families/choices.hpp"
#include "converter/families/family.hpp"

#include <string>
#include <vector>

namespace heed::convert {

class SingleVariant : public Family {
 public:
  // `source` is what messages call the origin of the names: "RecBole's NARM".
  SingleVariant(std::string name, std::string variant, std::string source, std::string description)
      : name_(std::move(name)), variant_(std::move(variant)), source_(std::move(source)),
        description_(std::move(description)) {}

  std::string name() const override { return name_; }
  std::string description() const override { return description_; }
  std::vector<Variant> variants() const override { return {{variant_, description_}}; }
  Match recognise(const Checkpoint& checkpoint) const override;
  Recipe build(const Checkpoint& checkpoint, const BuildOptions& options) const override;

 protected:
  // The names that the checkpoint must have.
  virtual std::vector<std::string> names(const Weights& weights) const = 0;
  // Fills graph, blocks, heads and padding treatment. The names are there.
  virtual void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const = 0;
  // Weights that only training uses.
  virtual std::vector<Harmless> harmless() const { return {}; }

 private:
  std::string name_, variant_, source_, description_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_SINGLE_VARIANT_HPP
