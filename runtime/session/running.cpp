#include "runtime/session/running.hpp"

#include "runtime/session/features.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace heed {

std::uint64_t RunningHistory::bytes(const ops::Graph& graph, const SessionOptions& options) {
  if (options.running_history == 0) return 0;
  const std::uint64_t values = std::uint64_t{options.running_history} + 1; // a request's own time follows
  return values * (graph.features.size() + 1) * sizeof(std::int64_t);
}

RunningHistory::RunningHistory(const ops::Graph& graph, const SessionOptions& options, std::byte* memory)
    : graph_(graph), capacity_(options.running_history), most_(options.max_history),
      drop_(options.drop_at_once), items_(reinterpret_cast<std::int64_t*>(memory)) {
  if (capacity_ == 0) return;
  for (std::size_t f = 0; f < graph.features.size(); ++f)
    features_.push_back({items_ + (f + 1) * (capacity_ + 1)});
  views_.resize(graph.features.size());
}

Status RunningHistory::check_exists() const {
  if (capacity_ > 0) return {};
  return Status(StatusCode::invalid_argument,
                "the session has no running history; set SessionOptions::running_history to the number of "
                "events that it shall remember");
}

std::size_t RunningHistory::count_of(std::size_t f) const {
  return by_event(f) ? size_ + (features_[f].request_time ? 1 : 0) : 1;
}

void RunningHistory::begin(const Request& request) {
  const std::size_t all = request.history.size(), skipped = all - std::min(all, capacity_);
  size_ = all - skipped;
  window_ = std::min(size_, most_);
  std::copy(request.history.begin() + skipped, request.history.end(), items_);
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const FeatureValues* passed = find_feature(request.features, graph_.features[f].name);
    Kept& kept = features_[f];
    kept.given = passed != nullptr;
    kept.request_time = passed != nullptr && by_event(f) && passed->values.size() > all;
    if (passed != nullptr)
      std::copy(passed->values.begin() + (by_event(f) ? skipped : 0), passed->values.end(), kept.values);
  }
  make_request();
}

Status RunningHistory::check(std::int64_t item, Span<const FeatureValues> features,
                             UnknownItem unknown) const {
  Request event(Span<const std::int64_t>(&item, 1), features);
  if (Status status = check_feature_names(graph_, event); !status.ok()) return status;
  const std::int64_t source = 0;
  for (std::size_t f = 0; f < features_.size(); ++f) {
    std::int64_t resolved[2];
    const ops::Feature& feature = graph_.features[f];
    if (Status status = resolve_feature(feature, event, unknown, {&source, 1}, resolved); !status.ok())
      return status;
    const FeatureValues* passed = find_feature(features, feature.name);
    const bool given = passed != nullptr;
    if (!by_event(f) || size_ == 0) continue;
    if (given != features_[f].given)
      return Status(StatusCode::feature_length,
                    "feature '" + feature.name +
                        (given ? "' is given, but the events before the appended one do not have it"
                               : "' is missing, but the events before the appended one have it"));
    if (feature.kind != ops::FeatureKind::event_times || !given) continue;
    const std::int64_t newest = features_[f].values[size_ - 1];
    if (passed->values[0] < newest)
      return Status(StatusCode::times_backwards, "feature '" + feature.name + "' of the appended event is " +
                                                     std::to_string(passed->values[0]) + ", before " +
                                                     std::to_string(newest) + " of the event before it");
  }
  return {};
}

void RunningHistory::forget_oldest() {
  std::memmove(items_, items_ + 1, (size_ - 1) * sizeof(*items_));
  for (std::size_t f = 0; f < features_.size(); ++f)
    if (by_event(f))
      std::memmove(features_[f].values, features_[f].values + 1, (size_ - 1) * sizeof(std::int64_t));
  --size_;
}

Status RunningHistory::append(std::int64_t item, Span<const FeatureValues> features, UnknownItem unknown) {
  if (Status status = check(item, features, unknown); !status.ok()) return status;
  if (size_ == capacity_) forget_oldest();
  items_[size_] = item;
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const FeatureValues* passed = find_feature(features, graph_.features[f].name);
    if (passed == nullptr) continue;
    features_[f].given = true;
    features_[f].request_time = passed->values.size() > 1;
    std::copy(passed->values.begin(), passed->values.end(), features_[f].values + (by_event(f) ? size_ : 0));
  }
  ++size_;
  ++window_;
  if (window_ > most_) window_ -= drop_;
  make_request();
  return {};
}

void RunningHistory::make_request() {
  std::size_t given = 0;
  for (std::size_t f = 0; f < features_.size(); ++f)
    if (features_[f].given)
      views_[given++] = {graph_.features[f].name.c_str(), {features_[f].values, count_of(f)}};
  request_ =
      Request(Span<const std::int64_t>(items_, size_), Span<const FeatureValues>(views_.data(), given));
}

} // namespace heed
