// The history that a session remembers between calls.
#ifndef HEED_RUNTIME_SESSION_RUNNING_HPP
#define HEED_RUNTIME_SESSION_RUNNING_HPP

#include "runtime/ops/graph.hpp"

#include <heed/session.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heed {

// Events as the caller passed them, with their features, in memory of a fixed size: when that is full, the
// oldest event is forgotten.
class RunningHistory {
 public:
  // Bytes for options.running_history events; 0 where that is 0.
  static std::uint64_t bytes(const ops::Graph& graph, const SessionOptions& options);
  // `memory` is 8-byte aligned and that long; it must outlive the object.
  RunningHistory(const ops::Graph& graph, const SessionOptions& options, std::byte* memory);

  // Errors of what needs one: invalid_argument.
  Status check_exists() const;
  // Replaces everything. Precondition: resolve_request() accepted the request.
  void begin(const Request& request);
  // Errors: unknown_feature, feature_length, times_backwards, unknown_id, invalid_argument.
  Status append(std::int64_t item, Span<const FeatureValues> features, UnknownItem unknown);

  // All that is remembered; a view until the next begin() or append().
  const Request& request() const { return request_; }
  // The newest events of it that count, at most.
  std::size_t window() const { return window_; }

 private:
  struct Kept {
    std::int64_t* values; // [capacity + 1]
    bool given = false;   // since the oldest event
    bool request_time = false;
  };
  Status check(std::int64_t item, Span<const FeatureValues> features, UnknownItem unknown) const;
  bool by_event(std::size_t f) const { return graph_.features[f].kind != ops::FeatureKind::context_id; }
  std::size_t count_of(std::size_t f) const;
  void forget_oldest();
  void make_request();

  const ops::Graph& graph_;
  std::size_t capacity_, most_, drop_, size_ = 0, window_ = 0;
  std::int64_t* items_;
  std::vector<Kept> features_; // by Graph::features
  std::vector<FeatureValues> views_;
  Request request_;
};

} // namespace heed

#endif // HEED_RUNTIME_SESSION_RUNNING_HPP
