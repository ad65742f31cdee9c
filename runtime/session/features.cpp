#include "runtime/session/features.hpp"

#include "runtime/base/nearest.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace heed {

namespace {

Status failed(StatusCode code, const ops::Feature& feature, const std::string& what) {
  return Status(code, "feature '" + feature.name + "' " + what);
}

std::string at(std::size_t event) {
  return "of event " + std::to_string(event);
}

Status check_order(const ops::Feature& feature, Span<const std::int64_t> times) {
  for (std::size_t i = 1; i < times.size(); ++i)
    if (times[i] < times[i - 1])
      return failed(StatusCode::times_backwards, feature,
                    at(i) + " is " + std::to_string(times[i]) + ", before " + std::to_string(times[i - 1]) +
                        " of the event before it; pass events oldest first");
  return {};
}

// ops::Feature::gaps: the oldest time, and the smallest step that is not zero.
struct Gaps {
  std::int64_t oldest = 0;
  std::uint64_t smallest = 1;

  explicit Gaps(Span<const std::int64_t> times) {
    if (times.empty()) return;
    oldest = times[0];
    std::uint64_t least = 0;
    for (std::size_t i = 1; i < times.size(); ++i) {
      const std::uint64_t gap =
          static_cast<std::uint64_t>(times[i]) - static_cast<std::uint64_t>(times[i - 1]);
      if (gap > 0 && (least == 0 || gap < least)) least = gap;
    }
    if (least > 0) smallest = least;
  }
  // Halves go to the even number; far times end at 2^53, where doubles still count.
  std::int64_t operator()(std::int64_t time) const {
    const std::uint64_t since = static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(oldest);
    const double steps = std::nearbyint(static_cast<double>(since) / static_cast<double>(smallest));
    return static_cast<std::int64_t>(std::min(steps, 0x1p53)) + 1;
  }
};

// `out` gets one more: the request's own time.
Status resolve_times(const ops::Feature& feature, Span<const std::int64_t> given,
                     Span<const std::int64_t> sources, std::int64_t* out) {
  if (Status status = check_order(feature, given); !status.ok()) return status;
  const Gaps gaps(given);
  const auto time_at = [&](std::size_t index) {
    if (!feature.gaps) return given[index];
    return gaps(given[index]);
  };
  const std::int64_t absent = feature.gaps ? 1 : feature.default_value;
  const std::int64_t newest = given.empty() ? absent : time_at(given.size() - 1);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const bool known = sources[i] >= 0 && !given.empty();
    out[i] = known                        ? time_at(static_cast<std::size_t>(sources[i]))
             : sources[i] == kFilledEvent ? 0
             : given.empty()              ? absent
                                          : newest;
  }
  out[sources.size()] = newest;
  return {};
}

// The row of an id; the default's where it is not legal and the caller allows that.
Status resolve_id(const ops::Feature& feature, std::int64_t id, std::size_t event, UnknownItem unknown,
                  std::int64_t* row) {
  const std::uint64_t offset = static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(feature.first_id);
  *row = static_cast<std::int64_t>(offset);
  if (offset < feature.vocabulary) return {};
  *row = feature.default_value - feature.first_id;
  if (unknown != UnknownItem::error) return {};
  const std::int64_t last = feature.first_id + static_cast<std::int64_t>(feature.vocabulary) - 1;
  return failed(StatusCode::unknown_id, feature,
                (feature.kind == ops::FeatureKind::context_id ? "" : at(event) + " ") + "has the id " +
                    std::to_string(id) + "; legal are " + std::to_string(feature.first_id) + " to " +
                    std::to_string(last));
}

} // namespace

const FeatureValues* find_feature(Span<const FeatureValues> features, const std::string& name) {
  for (const FeatureValues& feature : features)
    if (feature.name != nullptr && name == feature.name) return &feature;
  return nullptr;
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  if (known.empty()) return "; it has none";
  constexpr std::size_t kLongest = 256; // of a name that is worth comparing
  const std::string near = name.size() <= kLongest ? base::nearest(name, known) : "";
  if (!near.empty()) return "; did you mean '" + near + "'?";
  std::string list;
  for (const std::string& candidate : known) list += (list.empty() ? "" : ", ") + candidate;
  return "; it has " + list;
}

Status check_feature_names(const ops::Graph& graph, const Request& request) {
  for (std::size_t i = 0; i < request.features.size(); ++i) {
    const char* name = request.features[i].name;
    if (name == nullptr)
      return Status(StatusCode::invalid_argument,
                    "feature " + std::to_string(i) + " of the request has no name");
    const auto same = [&](const ops::Feature& feature) { return feature.name == name; };
    if (std::none_of(graph.features.begin(), graph.features.end(), same)) {
      std::vector<std::string> known;
      for (const ops::Feature& feature : graph.features) known.push_back(feature.name);
      return Status(StatusCode::unknown_feature,
                    "the model has no feature '" + std::string(name) + "'" + nearest_name(name, known));
    }
    for (std::size_t other = 0; other < i; ++other)
      if (std::strcmp(request.features[other].name, name) == 0)
        return Status(StatusCode::invalid_argument, "feature '" + std::string(name) + "' is given twice");
  }
  return {};
}

Status resolve_feature(const ops::Feature& feature, const Request& request, UnknownItem unknown,
                       Span<const std::int64_t> sources, std::int64_t* out) {
  const FeatureValues* passed = find_feature(request.features, feature.name);
  const Span<const std::int64_t> given = passed != nullptr ? passed->values : Span<const std::int64_t>();
  const bool context = feature.kind == ops::FeatureKind::context_id;
  const std::size_t wanted = context ? 1 : request.history.size();
  const bool request_time = feature.and_request && given.size() == wanted + 1;
  if (passed != nullptr && given.size() != wanted && !request_time)
    return failed(StatusCode::feature_length, feature,
                  "has " + std::to_string(given.size()) + " values; " +
                      (context ? std::string("it is one id of the request")
                               : "the history has " + std::to_string(wanted) + " events" +
                                     (feature.and_request ? ", and the request's own time may follow" : "")));
  if (feature.kind == ops::FeatureKind::event_times) return resolve_times(feature, given, sources, out);
  const std::int64_t default_row = feature.default_value - feature.first_id;
  if (context) {
    *out = default_row;
    return passed != nullptr ? resolve_id(feature, given[0], 0, unknown, out) : Status();
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    out[i] = default_row;
    if (sources[i] < 0 || given.empty()) continue;
    const auto event = static_cast<std::size_t>(sources[i]);
    if (Status status = resolve_id(feature, given[event], event, unknown, out + i); !status.ok())
      return status;
  }
  return {};
}

} // namespace heed
