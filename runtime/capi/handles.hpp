// What the C functions share: handles, errors, and structs that older callers know only in part.
#ifndef HEED_RUNTIME_CAPI_HANDLES_HPP
#define HEED_RUNTIME_CAPI_HANDLES_HPP

#include "runtime/base/memory.hpp"

#include <heed/heed.h>
#include <heed/heed.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace heed::capi {

// Copies a failure into `error` (which may be null) and returns its code. Precondition: !status.ok().
heed_status fail(const Status& status, heed_error* error) noexcept;
// invalid_argument: "`what` is NULL".
heed_status fail_null(const char* what, heed_error* error) noexcept;
// HEED_OK, or what fail() returns.
inline heed_status finish(const Status& status, heed_error* error) noexcept {
  return status.ok() ? HEED_OK : fail(status, error);
}

// A struct of this library's size: the members the caller has, and defaults for the rest.
template <class Struct>
Struct widen(const Struct* caller, void (*init)(Struct*)) noexcept {
  Struct full;
  init(&full);
  if (caller == nullptr) return full;
  std::memcpy(static_cast<void*>(&full), caller, std::min(caller->struct_size, sizeof(Struct)));
  full.struct_size = sizeof(Struct);
  return full;
}

// Writes the members that the caller's struct has; its struct_size stays.
template <class Struct>
void narrow(const Struct& full, Struct* caller) noexcept {
  const std::size_t size = std::min(caller->struct_size, sizeof(Struct));
  if (size <= sizeof(std::size_t)) return;
  std::memcpy(reinterpret_cast<std::byte*>(caller) + sizeof(std::size_t),
              reinterpret_cast<const std::byte*>(&full) + sizeof(std::size_t), size - sizeof(std::size_t));
}

// A span over a C array. False when the array is null but not empty.
template <class T>
bool make_span(const T* data, std::size_t count, Span<const T>* out) noexcept {
  *out = Span<const T>(data, count);
  return data != nullptr || count == 0;
}

// Errors: invalid_argument for a number that is no HEED_UNKNOWN_ constant.
Status make_unknown(std::int32_t value, UnknownItem* out) noexcept;

} // namespace heed::capi

struct heed_model {
  heed::Model model;
  heed::ModelInfo info; // owns the text that the C functions hand out
};

struct heed_session {
  heed::Session session;
  heed::base::AlignedBuffer batch;    // heed::Request [max_batch]: the users of a call
  heed::base::AlignedBuffer features; // heed::FeatureValues [max_batch][most_features]: theirs
  std::size_t most_features;          // one more than the model has: so many cannot all be legal
};

#endif // HEED_RUNTIME_CAPI_HANDLES_HPP
