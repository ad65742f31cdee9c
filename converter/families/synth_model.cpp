#include "converter/families/synth_model.hpp"

#include "converter/error.hpp"
#include "converter/families/choices.hpp"
#include "converter/families/family.hpp"
#include "converter/families/wildcards.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace heed::convert {
namespace {

// A model file holds 4096 operators, some dozen of them a block, and matrices of 2^20 columns.
constexpr std::int64_t kMostBlocks = 256;
constexpr std::int64_t kMostColumns = std::int64_t{1} << 20;
// Of all weights: 2^60 floats have bytes that 64 bits still count.
constexpr std::int64_t kMostParameters = std::int64_t{1} << 60;

std::int64_t taken(const std::string& family, const char* flag, std::int64_t value) {
  if (value == 0)
    throw Error(StatusCode::option_required, fmt::format("the size of {} depends on {} N", family, flag));
  return value;
}

void check_range(const char* flag, std::int64_t value, std::int64_t most) {
  if (value < 1 || value > most)
    throw Error(StatusCode::invalid_argument, fmt::format("{} is from 1 to {}, not {}", flag, most, value));
}

void check_sizes(const SynthSizes& sizes) {
  // 32 bits number the items of a file; beside them stand padding's row and a mask token's.
  check_range("--items", sizes.items, INT64_C(0xFFFFFFFF) - 2);
  check_range("--dim", sizes.dim, kMostColumns);
  check_range("--max-history", sizes.max_history, kMostSlots - 1); // a mask token takes a slot of its own
  if (sizes.blocks != 0) check_range("--blocks", sizes.blocks, kMostBlocks);
  if (sizes.heads != 0) check_range("--heads", sizes.heads, sizes.dim);
  if (sizes.hidden != 0) check_range("--hidden", sizes.hidden, kMostColumns);
}

void refuse_useless(const std::string& family, const char* flag, std::int64_t asked, std::int64_t used) {
  if (asked != 0 && used == 0)
    throw Error(StatusCode::usage, fmt::format("{} has no use for {}", family, flag));
}

} // namespace

std::int64_t SynthWeight::elements() const {
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    if (__builtin_mul_overflow(elements, size, &elements) || elements > kMostParameters)
      throw Error(StatusCode::invalid_argument,
                  fmt::format("{} would have more elements than a file can hold", name));
  }
  return elements;
}

SynthModel::SynthModel(const std::string& family, const SynthSizes& sizes)
    : config({{"heed_family", family}, {"heed_variant", sizes.variant}}), family_(family), asked_(sizes),
      taken_(sizes) {
  taken_.blocks = taken_.heads = taken_.hidden = 0;
}

std::int64_t SynthModel::blocks() {
  return taken_.blocks = taken(family_, "--blocks", asked_.blocks);
}

std::int64_t SynthModel::heads() {
  taken_.heads = taken(family_, "--heads", asked_.heads);
  if (asked_.dim % taken_.heads != 0)
    throw Error(StatusCode::invalid_argument,
                fmt::format("{} heads do not divide {} elements", taken_.heads, asked_.dim));
  return taken_.heads;
}

std::int64_t SynthModel::hidden(std::int64_t usual) {
  return taken_.hidden = asked_.hidden != 0 ? asked_.hidden : usual;
}

void SynthModel::add(const std::vector<std::string>& names, const std::vector<SynthWeight>& rules) {
  for (const std::string& name : names) {
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const SynthWeight& one) {
      return match_wildcards(one.name, name).has_value();
    });
    if (rule == rules.end()) throw std::logic_error(fmt::format("{} does not say what {} is", family_, name));
    weights_.push_back({name, rule->shape, rule->kind});
    parameters_ += weights_.back().elements(); // at most 2^60 each, so that this cannot overflow at once
    if (parameters_ > kMostParameters)
      throw Error(StatusCode::invalid_argument, "the weights would be more than a file can hold");
  }
}

SynthModel Family::synthesize(const SynthSizes&) const {
  throw Error(StatusCode::not_supported, fmt::format("{} does not say what its weights are", name()));
}

SynthModel synthesize(const Family& family, SynthSizes sizes) {
  std::vector<std::string> known;
  for (const Variant& variant : family.variants()) known.push_back(variant.name);
  if (sizes.variant.empty()) sizes.variant = known.front();
  if (std::find(known.begin(), known.end(), sizes.variant) == known.end())
    unknown_variant(family.name(), sizes.variant, known);
  check_sizes(sizes);
  SynthModel model = family.synthesize(sizes);
  refuse_useless(family.name(), "--blocks", sizes.blocks, model.sizes().blocks);
  refuse_useless(family.name(), "--heads", sizes.heads, model.sizes().heads);
  refuse_useless(family.name(), "--hidden", sizes.hidden, model.sizes().hidden);
  return model;
}

} // namespace heed::convert
