#include "converter/cli/features.hpp"

namespace heed::cli {

void Features::add(std::string name, std::vector<std::int64_t> values) {
  features_.emplace_back(std::move(name), std::move(values));
}

Span<const FeatureValues> Features::views() {
  views_.clear();
  for (const auto& [name, values] : features_) views_.push_back({name.c_str(), values});
  return views_;
}

} // namespace heed::cli
