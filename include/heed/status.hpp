// Errors of heed: a stable numeric code and a message a person can act on.
//
// The runtime throws nothing, prints nothing and never aborts on bad input: every function that can fail
// returns a Status or a Result<T>. Both are [[nodiscard]].
#ifndef HEED_STATUS_HPP
#define HEED_STATUS_HPP

#include <heed/export.h>

#include <cassert>
#include <cstdint>
#include <new>
#include <string>
#include <utility>

namespace heed {

// Stable for ever: a number is never reused and never changes its meaning. The hundreds tell the group.
enum class StatusCode : std::int32_t {
  ok = 0,

  // 1xx: the call does not fit the model or the session. Nothing was changed; call again, corrected.
  invalid_argument = 100, // a value outside its documented range (k of 0, a null pointer, ...)
  unknown_item = 101,     // an item id that the catalogue does not hold
  limit_exceeded = 102,   // more than SessionOptions allows (history, batch, k, candidates, excluded)
  arena_too_small = 103,  // the memory handed over is smaller than Session::arena_bytes
  option_required = 104,  // a choice that cannot be made safely for the caller; the message names it
  data_mismatch = 105,    // data (interactions, titles, requests) that does not fit the model
  usage = 106,            // a command line that cannot be understood
  not_supported = 107,    // a legal request that this model or this build cannot serve
  unknown_feature = 108,  // a feature or output that the model does not have; the message names the nearest
  feature_length = 109,   // a feature that has not one value for each event, or not the one it should have
  times_backwards = 110,  // an event with an earlier time than the one before it
  unknown_id = 111,       // a feature's id outside its vocabulary

  // 2xx: a heed file that is not what it should be.
  file_truncated = 200,      // shorter than its own metadata says (or empty)
  file_foreign = 201,        // not a heed file at all
  file_malformed = 202,      // metadata that breaks a structural rule (bounds, alignment, overlap, types)
  version_unsupported = 203, // a schema version newer than this reader
  feature_unsupported = 204, // a required feature this reader does not have
  op_unsupported = 205,      // an operator, operator version or attribute value this reader does not know
  graph_invalid = 206,       // operators whose shapes, types or order do not fit together
  checksum_mismatch = 207,   // a segment whose bytes changed (Model::verify)
  value_not_finite = 208,    // a NaN or infinity where only finite numbers may stand

  // 3xx: a checkpoint that cannot be converted.
  checkpoint_malformed = 300, // truncated, foreign or contradictory source file
  checkpoint_unsupported =
      301,                  // a legal file that uses what this reader does not read; the message says what
  weights_missing = 302,    // the family needs weights that the checkpoint does not have
  weights_unused = 303,     // the checkpoint has weights that the family does not use
  weights_shape = 304,      // a weight of another shape than its neighbours imply
  weights_not_finite = 305, // a NaN or infinity among the weights
  family_unknown = 306,     // no family recognises the weights, or no family has that name
  family_mismatch = 307,    // the weights look like another family than the one asked for

  // 4xx: input and output.
  io_error = 400, // the operating system refused; the message carries its reason
  file_not_found = 401,
  no_space = 402, // the disk is full; what stood under that name before is untouched

  // 5xx: the machine.
  out_of_memory = 500,
  isa_unsupported = 501, // HEED_ISA names an instruction set this machine or build does not have
};

// The code's stable name in lower case, such as "unknown_item"; "unknown" for a number that is no code.
HEED_API const char* status_name(StatusCode code) noexcept;

// A code and its message. A default Status is ok and holds no memory.
class [[nodiscard]] Status {
 public:
  Status() noexcept = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const noexcept { return code_ == StatusCode::ok; }
  StatusCode code() const noexcept { return code_; }
  // Empty when ok; otherwise one sentence that names the thing, the place and what to do.
  const std::string& message() const noexcept { return message_; }

 private:
  StatusCode code_ = StatusCode::ok;
  std::string message_;
};

// Either a value or the Status that says why there is none. T must be movable.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : has_value_(true) { ::new (static_cast<void*>(&value_)) T(std::move(value)); }
  Result(Status status) : has_value_(false), status_(std::move(status)) { assert(!status_.ok()); }
  Result(Result&& other) noexcept : has_value_(other.has_value_), status_(std::move(other.status_)) {
    if (has_value_) ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  Result& operator=(Result&& other) noexcept {
    if (this == &other) return *this;
    this->~Result();
    ::new (static_cast<void*>(this)) Result(std::move(other));
    return *this;
  }
  ~Result() {
    if (has_value_) value_.~T();
  }

  bool ok() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }
  // ok when there is a value.
  const Status& status() const noexcept { return status_; }

  // Precondition: ok().
  T& value() & noexcept { return assert(has_value_), value_; }
  const T& value() const& noexcept { return assert(has_value_), value_; }
  T&& value() && noexcept { return assert(has_value_), std::move(value_); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }

 private:
  bool has_value_;
  Status status_;
  union {
    T value_;
  };
};

} // namespace heed

#endif // HEED_STATUS_HPP
