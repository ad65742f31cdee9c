#include "converter/cli/features.hpp"

#include <algorithm>

namespace heed::cli {

void Features::add(std::string name, std::vector<std::int64_t> values) {
  features_.emplace_back(std::move(name), std::move(values));
}

void Features::extend(Features later) {
  for (auto& [name, values] : later.features_) {
    const auto known =
        std::find_if(features_.begin(), features_.end(),
                     [&, &wanted = name](const auto& feature) { return feature.first == wanted; });
    if (known == features_.end())
      features_.emplace_back(std::move(name), std::move(values));
    else
      known->second.insert(known->second.end(), values.begin(), values.end());
  }
}

Span<const FeatureValues> Features::views() {
  views_.clear();
  for (const auto& [name, values] : features_) views_.push_back({name.c_str(), values});
  return views_;
}

} // namespace heed::cli
