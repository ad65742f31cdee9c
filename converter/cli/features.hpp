// Features of a request, which flags and lines give by name.
#ifndef HEED_CONVERTER_CLI_FEATURES_HPP
#define HEED_CONVERTER_CLI_FEATURES_HPP

#include <heed/session.hpp>
#include <heed/span.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heed::cli {

// Owns what heed::FeatureValues view. Which names and how many values are right, the session knows.
class Features {
 public:
  void add(std::string name, std::vector<std::int64_t> values);

  // The values of later events, after those that are there.
  void extend(Features later);

  // Valid until the next call, and until the object changes or moves.
  Span<const FeatureValues> views();

 private:
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> features_;
  std::vector<FeatureValues> views_;
};

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_FEATURES_HPP
