// A request's features by name, checked, and brought to the events that count.
#ifndef HEED_RUNTIME_SESSION_FEATURES_HPP
#define HEED_RUNTIME_SESSION_FEATURES_HPP

#include "runtime/ops/graph.hpp"

#include <heed/session.hpp>

#include <cstddef>
#include <cstdint>

namespace heed {

// Which event of the caller's history stands at a computed place, or one of these.
constexpr std::int64_t kAppendedEvent = -1, kFilledEvent = -2;

// The values passed under that name, or null.
const FeatureValues* find_feature(Span<const FeatureValues> features, const std::string& name);

// Refuses names that the model does not have, and features that come twice.
Status check_feature_names(const ops::Graph& graph, const Request& request);

// Fills `out` [sources.size()], or [1] for a context id, with rows of the feature's vocabulary, or times.
// Errors: feature_length, times_backwards, unknown_id.
Status resolve_feature(const ops::Feature& feature, const Request& request, UnknownItem unknown,
                       Span<const std::int64_t> sources, std::int64_t* out);

// "; did you mean 'x'?", or where no name is near, "; it has " and all of them.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

} // namespace heed

#endif // HEED_RUNTIME_SESSION_FEATURES_HPP
