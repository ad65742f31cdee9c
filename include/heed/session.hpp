// Running a model: recommend, score, encode.
#ifndef HEED_SESSION_HPP
#define HEED_SESSION_HPP

#include <heed/export.h>
#include <heed/model.hpp>
#include <heed/span.hpp>
#include <heed/status.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace heed {

// What a session's memory depends on. A call beyond these limits is refused with limit_exceeded. Each limit
// is 1 to 67,108,864.
struct SessionOptions {
  std::uint32_t max_history = 0; // events computed at most, the most recent ones; 0: the model's own maximum
  std::uint32_t max_batch = 1;   // users in one recommend_batch
  std::uint32_t max_k = 100;     // items returned for one user
  std::uint32_t max_candidates = 1000; // candidates of one score call, and ids of one allow list
  std::uint32_t max_excluded = 1000;   // seen and denied ids together, repeats counted
  // Events that begin() and append() remember; 0: the session has no running history. At least max_history.
  std::uint32_t running_history = 0;
  // When an appended event finds max_history events counting, so many of the oldest stop counting at once,
  // 1 to max_history: more of them, and the following appends find room and cost one event instead of all.
  std::uint32_t drop_at_once = 1;
  // Threads that share the work of a call, 1 to 256, the caller's among them. The session starts the others
  // when it is made, unless there is a parallel_for; they sleep between calls. Scans of large catalogues and
  // users of a batch are shared. Results do not depend on it.
  std::uint32_t threads = 1;
  // The caller's own threads, where `threads` is above 1: calls task(argument, i) for every i below `tasks`,
  // once each, in any order and on any threads, and returns when all are done. There are at most `threads`
  // tasks at a time. `parallel_context` is passed on.
  void (*parallel_for)(void* context, std::size_t tasks, void (*task)(void* argument, std::size_t index),
                       void* argument) = nullptr;
  void* parallel_context = nullptr;
};

// What to do with an id that the catalogue does not hold. A feature's id outside its vocabulary is refused
// with unknown_id under `error`, and otherwise counts as the feature's default.
enum class UnknownItem : std::uint8_t {
  error,     // refuse the call with unknown_item
  skip,      // an event is left out; a candidate scores NaN; ids of allow and deny lists are ignored
  substitute // an event or a candidate counts as the model's unknown item (see ModelInfo::unknown_item); with
             // a model that has none, and in allow and deny lists, as skip
};

// The values of one feature: one for each event of the history, in its order, or for a context_id a single
// one. Ids are InputInfo::first_id to first_id + vocabulary - 1; times are seconds that never decrease, also
// over events that are left out or do not count. Where the model allows it, one more time may follow: the
// request's own, which else is the newest event's.
struct FeatureValues {
  const char* name; // as in ModelInfo::inputs, zero-terminated
  Span<const std::int64_t> values;
};

// What is known of a user: external item ids, oldest first, of any length; and features, each at most once.
// What is not passed has the model's default. Views, which a call does not keep. A vector, an array or a span
// of ids is a request without features.
struct Request {
  Request() = default;
  template <class Events,
            class = std::enable_if_t<std::is_constructible_v<Span<const std::int64_t>, const Events&> &&
                                     !std::is_same_v<Events, Request>>>
  Request(const Events& events, Span<const FeatureValues> more = {}) : history(events), features(more) {}

  // The session's running history, as begin() and append() made it.
  static Request of_session() {
    Request request;
    request.running = true;
    return request;
  }

  Span<const std::int64_t> history;
  Span<const FeatureValues> features;
  bool running = false; // history and features are those of the session, and must be empty here
};

struct RecommendOptions {
  bool exclude_seen = true; // never return an item of the history (of all of it, not only of the
                            // most recent max_history events)
  UnknownItem unknown = UnknownItem::error;
  Span<const std::int64_t> allow; // when not empty: only these ids may be returned
  Span<const std::int64_t> deny;  // these ids are never returned
};

struct Recommendation {
  std::int64_t item; // external id
  float score;
};

// How long one step of a request took. Text belongs to the session.
struct OperatorTime {
  const char* name;          // of the node as ModelInfo::nodes has it, or of the value that is quantized
  const char* op;            // its operator; "quantize"; "scan": the catalogue, for the best k
  std::uint64_t nanoseconds; // of a steady clock, one reading of it included
};

// A buffer of a session's memory. Text belongs to the session.
struct MemoryBlock {
  const char* name; // of the value, of the node whose scratch it is, or of what is beside the graph
  const char* kind; // "rows" (floats), "quantized" and "scales" (of a value), "scratch"; "buffer"
  std::uint64_t offset, bytes;         // in the arena
  std::uint32_t first_step, last_step; // the steps of a request in which it is alive, both included; a buffer
                                       // is at all times: from 0 to the number of steps
};

// A model made ready to run: operators bound to kernels, memory planned. After creation no call
// that succeeds allocates. One thread uses a session at a time; several sessions may share a model.
//
// Beyond max_history the most recent events count. A history without events gives the model's recorded answer
// for new users: scores by popularity where the file has a prior; otherwise what the reference computes for a
// history of padding alone, where it defines that, and a zero vector where it does not. Features of a request
// without events are checked and do not count. Times of events that are too old to count still take part in
// what the times of the others are measured by (TimeRule::gaps of the format).
//
// Errors of every call that takes a request: unknown_item, limit_exceeded, unknown_feature, feature_length,
// times_backwards, unknown_id, invalid_argument (a feature twice).
//
// Results are the same to the bit on every instruction set, for every batch size, and between score and
// recommend. Equal scores rank by the lower index in the file; NaN (possible only with corrupt weights, see
// Model::verify) ranks last.
class HEED_API Session {
 public:
  // Bytes that create() needs for these options, exactly.
  // Errors: limit_exceeded (max_history above the model's), invalid_argument (a limit of 0, an option out of
  // its range, or sizes that overflow).
  static Result<std::size_t> arena_bytes(const Model& model, const SessionOptions& options);

  // A session with memory of its own. Errors: as arena_bytes, and out_of_memory (memory or threads),
  // isa_unsupported.
  static Result<Session> create(const Model& model, const SessionOptions& options = {});

  // A session in the caller's memory, 64-byte aligned, which must outlive it.
  // Errors: as arena_bytes, and arena_too_small, invalid_argument (alignment), isa_unsupported.
  static Result<Session> create(const Model& model, const SessionOptions& options, Span<std::byte> arena);

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // The k best items of the catalogue for one user, best first, into `out` (room for k). Returns how many
  // were written: fewer than k only when exclusions leave fewer. k above the catalogue's size is
  // invalid_argument. Errors: invalid_argument, limit_exceeded, unknown_item.
  Result<std::size_t> recommend(const Request& request, std::size_t k, const RecommendOptions& options,
                                Span<Recommendation> out);

  // The same for several users at once: row u of `out` starts at u * k; `counts[u]` tells how many of its k
  // entries were written. The lists of `options` hold for all users. The first error ends the call; its
  // message names the user, and nothing is promised about `out`.
  Status recommend_batch(Span<const Request> requests, std::size_t k, const RecommendOptions& options,
                         Span<Recommendation> out, Span<std::size_t> counts);

  // One score for each candidate, in order; repeats are legal. scores.size() must equal candidates.size().
  // Errors: invalid_argument, limit_exceeded, unknown_item.
  Status score(const Request& request, Span<const std::int64_t> candidates, UnknownItem unknown,
               Span<float> scores);

  // The user vector, or one after another those of all interests: dim() * interests() elements.
  // Errors: invalid_argument (vector.size()).
  Status encode(const Request& request, UnknownItem unknown, Span<float> vector);

  // An intermediate result that the conversion kept, by the name that ModelInfo::outputs has, row after row,
  // into `values`, which may have room for more. Returns its rows: those of OutputInfo, or as many as events
  // count (and a row that the model appends), 0 for a history without any. Errors: unknown_feature (no such
  // output), invalid_argument (not enough room); nothing is written then.
  Result<std::size_t> output(const char* name, const Request& request, UnknownItem unknown,
                             Span<float> values);

  // A history that grows. begin() replaces the session's running history, append() adds the newest event;
  // every call takes it as Request::of_session(). The results are those, to the bit, of a request with all
  // events since begin(), as long as drop_at_once is 1 and running_history has room for them; beyond that the
  // oldest are forgotten, and may be recommended again.
  //
  // Where keeps_events(), the session keeps what its last run computed of each event, and computes the new
  // ones alone when a request, running or not, goes on from that run's events. That is so for encoders that
  // count places from the oldest event and look back, until max_history events count; all others compute the
  // history anew.
  //
  // An event has the features that its predecessors have: one value each, and where the model allows it the
  // request's own time after it. Under UnknownItem::error an unknown item is refused here; otherwise the
  // later call's policy decides. A call that fails changes nothing. Errors: as of a request, and
  // invalid_argument (no running history).
  Status begin(const Request& request, UnknownItem unknown = UnknownItem::error);
  Status append(std::int64_t item, Span<const FeatureValues> features = {},
                UnknownItem unknown = UnknownItem::error);
  bool keeps_events() const noexcept;

  // Runs a request once, as encode does or for k > 0 as recommend with exclude_seen, and tells how long each
  // step took, in the order in which they ran. Returns how many there were; twice the model's nodes and one
  // more are room for any. A history without events runs no node. Other calls read no clock.
  // Errors: invalid_argument (k above the catalogue, not enough room), limit_exceeded.
  Result<std::size_t> profile(const Request& request, std::size_t k, UnknownItem unknown,
                              Span<OperatorTime> out);

  // What lies where in the arena: buffers of the graph share places when they are never alive at once.
  // Returns how many blocks there are; writes them when `out` is not empty. Error: invalid_argument (not
  // enough room).
  Result<std::size_t> memory(Span<MemoryBlock> out) const;

  // Bytes of the catalogue (rows, scales, bounds, bias) that the last whole scan for one user read: recommend
  // without an allow list, or profile with k > 0. 0 before any. Of rows in planes fewer than the file has.
  std::uint64_t scanned_bytes() const noexcept;

  const SessionOptions& options() const noexcept; // with max_history resolved

 private:
  class HEED_LOCAL Impl;
  explicit Session(std::unique_ptr<Impl> impl) noexcept;
  static Result<Session> make(const Model& model, const SessionOptions& options,
                              const Span<std::byte>* arena);
  std::unique_ptr<Impl> impl_;
};

} // namespace heed

#endif // HEED_SESSION_HPP
