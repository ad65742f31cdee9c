// The calls of a session. A function for a history alone and one for a request share their implementation.
#include "runtime/capi/handles.hpp"

#include <algorithm>
#include <new>
#include <string>

namespace {

using heed::Request;
using heed::Result;
using heed::Span;
using heed::Status;
using heed::StatusCode;
using heed::capi::fail;
using heed::capi::fail_null;
using heed::capi::finish;

// Results are written straight into the caller's array.
static_assert(sizeof(heed_recommendation) == sizeof(heed::Recommendation));
static_assert(offsetof(heed_recommendation, item) == offsetof(heed::Recommendation, item));
static_assert(offsetof(heed_recommendation, score) == offsetof(heed::Recommendation, score));
static_assert(sizeof(heed_operator_time) == sizeof(heed::OperatorTime));
static_assert(offsetof(heed_operator_time, op) == offsetof(heed::OperatorTime, op));
static_assert(offsetof(heed_operator_time, nanoseconds) == offsetof(heed::OperatorTime, nanoseconds));
static_assert(sizeof(heed_memory_block) == sizeof(heed::MemoryBlock));
static_assert(offsetof(heed_memory_block, kind) == offsetof(heed::MemoryBlock, kind));
static_assert(offsetof(heed_memory_block, offset) == offsetof(heed::MemoryBlock, offset));
static_assert(offsetof(heed_memory_block, bytes) == offsetof(heed::MemoryBlock, bytes));
static_assert(offsetof(heed_memory_block, first_step) == offsetof(heed::MemoryBlock, first_step));
static_assert(offsetof(heed_memory_block, last_step) == offsetof(heed::MemoryBlock, last_step));

Status is_null(const std::string& what) {
  return Status(StatusCode::invalid_argument, what + " is NULL");
}

Status recommend_options(const heed_recommend_options* caller, heed::RecommendOptions* out) noexcept {
  const heed_recommend_options full = heed::capi::widen(caller, heed_recommend_options_init);
  out->exclude_seen = full.exclude_seen != 0;
  if (Status status = heed::capi::make_unknown(full.unknown, &out->unknown); !status.ok()) return status;
  if (!heed::capi::make_span(full.allow, full.allow_count, &out->allow))
    return Status(StatusCode::invalid_argument, "allow is NULL but allow_count is not 0");
  if (!heed::capi::make_span(full.deny, full.deny_count, &out->deny))
    return Status(StatusCode::invalid_argument, "deny is NULL but deny_count is not 0");
  return {};
}

Span<heed::Recommendation> results(heed_recommendation* out, std::size_t capacity) noexcept {
  return {reinterpret_cast<heed::Recommendation*>(out), out != nullptr ? capacity : 0};
}

Status read_history(const int64_t* history, size_t count, Request* out) noexcept {
  return heed::capi::make_span(history, count, &out->history) ? Status() : is_null("history");
}

// Features go to user `user`'s room in the session. Of more than the room holds, one is given twice or
// unknown, and the call fails by those that it holds.
Status read_features(heed_session* session, std::size_t user, const heed_feature* features, std::size_t count,
                     Span<const heed::FeatureValues>* out) noexcept {
  if (features == nullptr && count > 0) return is_null("features");
  const std::size_t held = std::min(count, session->most_features);
  auto* room =
      reinterpret_cast<heed::FeatureValues*>(session->features.data()) + user * session->most_features;
  for (std::size_t f = 0; f < held; ++f) {
    new (room + f) heed::FeatureValues{features[f].name, {}};
    if (!heed::capi::make_span(features[f].values, features[f].count, &room[f].values))
      return is_null("values of feature " + std::to_string(f));
  }
  *out = Span<const heed::FeatureValues>(room, held);
  return {};
}

// The request of user `user`.
Status read_request(heed_session* session, std::size_t user, const heed_request* caller,
                    Request* out) noexcept {
  if (caller == nullptr) return is_null("a request");
  const heed_request full = heed::capi::widen(caller, heed_request_init);
  if (Status status = read_history(full.history, full.history_count, out); !status.ok()) return status;
  out->running = full.running != 0;
  return read_features(session, user, full.features, full.feature_count, &out->features);
}

// A request and what to do with items that the catalogue does not hold.
Status read_call(heed_session* session, const heed_request* caller, int32_t unknown, Request* request,
                 heed::UnknownItem* policy) noexcept {
  if (Status status = read_request(session, 0, caller, request); !status.ok()) return status;
  return heed::capi::make_unknown(unknown, policy);
}

heed_status recommend(heed_session* session, const Request& request, size_t k,
                      const heed_recommend_options* options, heed_recommendation* out, size_t out_capacity,
                      size_t* count, heed_error* error) noexcept {
  if (count == nullptr) return fail_null("count", error);
  heed::RecommendOptions rules;
  if (Status status = recommend_options(options, &rules); !status.ok()) return fail(status, error);
  Result<std::size_t> written = session->session.recommend(request, k, rules, results(out, out_capacity));
  if (!written.ok()) return fail(written.status(), error);
  *count = *written;
  return HEED_OK;
}

// `read` fills the request of each user: Status(size_t user, Request*).
template <class Read>
heed_status recommend_batch(heed_session* session, size_t users, size_t k,
                            const heed_recommend_options* options, heed_recommendation* out,
                            size_t out_capacity, size_t* counts, heed_error* error, Read read) noexcept {
  if (users > 0 && counts == nullptr) return fail_null("counts", error);
  heed::RecommendOptions rules;
  if (Status status = recommend_options(options, &rules); !status.ok()) return fail(status, error);
  auto* batch = reinterpret_cast<Request*>(session->batch.data());
  // More users than the session's batch are refused before a request is looked at.
  const size_t known = std::min<size_t>(users, session->session.options().max_batch);
  for (size_t u = 0; u < known; ++u)
    if (Status status = read(u, new (batch + u) Request()); !status.ok())
      return fail(Status(status.code(), "user " + std::to_string(u) + ": " + status.message()), error);
  const Span<const Request> views(batch, users);
  return finish(
      session->session.recommend_batch(views, k, rules, results(out, out_capacity), {counts, users}), error);
}

heed_status score(heed_session* session, const Request& request, const int64_t* candidates,
                  size_t candidate_count, int32_t unknown, float* scores, heed_error* error) noexcept {
  if (scores == nullptr && candidate_count > 0) return fail_null("scores", error);
  Span<const int64_t> wanted;
  if (!heed::capi::make_span(candidates, candidate_count, &wanted)) return fail_null("candidates", error);
  heed::UnknownItem policy;
  if (Status status = heed::capi::make_unknown(unknown, &policy); !status.ok()) return fail(status, error);
  return finish(session->session.score(request, wanted, policy, {scores, candidate_count}), error);
}

heed_status encode(heed_session* session, const Request& request, int32_t unknown, float* vector,
                   size_t vector_count, heed_error* error) noexcept {
  if (vector == nullptr) return fail_null("vector", error);
  heed::UnknownItem policy;
  if (Status status = heed::capi::make_unknown(unknown, &policy); !status.ok()) return fail(status, error);
  return finish(session->session.encode(request, policy, {vector, vector_count}), error);
}

} // namespace

void heed_recommend_options_init(heed_recommend_options* options) {
  *options = {sizeof(heed_recommend_options), 1, HEED_UNKNOWN_ERROR, nullptr, 0, nullptr, 0};
}

void heed_request_init(heed_request* request) {
  *request = {sizeof(heed_request), nullptr, 0, nullptr, 0, 0};
}

heed_status heed_recommend(heed_session* session, const int64_t* history, size_t history_count, size_t k,
                           const heed_recommend_options* options, heed_recommendation* out,
                           size_t out_capacity, size_t* count, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  Request request;
  if (Status status = read_history(history, history_count, &request); !status.ok())
    return fail(status, error);
  return recommend(session, request, k, options, out, out_capacity, count, error);
}

heed_status heed_recommend_request(heed_session* session, const heed_request* caller, size_t k,
                                   const heed_recommend_options* options, heed_recommendation* out,
                                   size_t out_capacity, size_t* count, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  Request request;
  if (Status status = read_request(session, 0, caller, &request); !status.ok()) return fail(status, error);
  return recommend(session, request, k, options, out, out_capacity, count, error);
}

heed_status heed_recommend_batch(heed_session* session, const int64_t* const* histories,
                                 const size_t* history_counts, size_t users, size_t k,
                                 const heed_recommend_options* options, heed_recommendation* out,
                                 size_t out_capacity, size_t* counts, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  if (users > 0 && histories == nullptr) return fail_null("histories", error);
  if (users > 0 && history_counts == nullptr) return fail_null("history_counts", error);
  return recommend_batch(session, users, k, options, out, out_capacity, counts, error,
                         [=](size_t user, Request* request) {
                           return read_history(histories[user], history_counts[user], request);
                         });
}

heed_status heed_recommend_request_batch(heed_session* session, const heed_request* const* requests,
                                         size_t users, size_t k, const heed_recommend_options* options,
                                         heed_recommendation* out, size_t out_capacity, size_t* counts,
                                         heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  if (users > 0 && requests == nullptr) return fail_null("requests", error);
  return recommend_batch(
      session, users, k, options, out, out_capacity, counts, error,
      [=](size_t user, Request* request) { return read_request(session, user, requests[user], request); });
}

heed_status heed_score(heed_session* session, const int64_t* history, size_t history_count,
                       const int64_t* candidates, size_t candidate_count, int32_t unknown, float* scores,
                       heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  Request request;
  if (Status status = read_history(history, history_count, &request); !status.ok())
    return fail(status, error);
  return score(session, request, candidates, candidate_count, unknown, scores, error);
}

heed_status heed_score_request(heed_session* session, const heed_request* caller, const int64_t* candidates,
                               size_t candidate_count, int32_t unknown, float* scores, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  Request request;
  if (Status status = read_request(session, 0, caller, &request); !status.ok()) return fail(status, error);
  return score(session, request, candidates, candidate_count, unknown, scores, error);
}

heed_status heed_encode(heed_session* session, const int64_t* history, size_t history_count, int32_t unknown,
                        float* vector, size_t vector_count, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  Request request;
  if (Status status = read_history(history, history_count, &request); !status.ok())
    return fail(status, error);
  return encode(session, request, unknown, vector, vector_count, error);
}

heed_status heed_encode_request(heed_session* session, const heed_request* caller, int32_t unknown,
                                float* vector, size_t vector_count, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  Request request;
  if (Status status = read_request(session, 0, caller, &request); !status.ok()) return fail(status, error);
  return encode(session, request, unknown, vector, vector_count, error);
}

heed_status heed_output(heed_session* session, const char* name, const heed_request* caller, int32_t unknown,
                        float* values, size_t capacity, size_t* rows, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  if (name == nullptr) return fail_null("name", error);
  if (values == nullptr && capacity > 0) return fail_null("values", error);
  if (rows == nullptr) return fail_null("rows", error);
  Request request;
  heed::UnknownItem policy;
  if (Status status = read_call(session, caller, unknown, &request, &policy); !status.ok())
    return fail(status, error);
  Result<std::size_t> written = session->session.output(name, request, policy, {values, capacity});
  if (!written.ok()) return fail(written.status(), error);
  *rows = *written;
  return HEED_OK;
}

heed_status heed_begin(heed_session* session, const heed_request* caller, int32_t unknown,
                       heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  Request request;
  heed::UnknownItem policy;
  if (Status status = read_call(session, caller, unknown, &request, &policy); !status.ok())
    return fail(status, error);
  return finish(session->session.begin(request, policy), error);
}

heed_status heed_append(heed_session* session, int64_t item, const heed_feature* features,
                        size_t feature_count, int32_t unknown, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  Span<const heed::FeatureValues> values;
  if (Status status = read_features(session, 0, features, feature_count, &values); !status.ok())
    return fail(status, error);
  heed::UnknownItem policy;
  if (Status status = heed::capi::make_unknown(unknown, &policy); !status.ok()) return fail(status, error);
  return finish(session->session.append(item, values, policy), error);
}

int heed_session_keeps_events(const heed_session* session) {
  return session != nullptr && session->session.keeps_events() ? 1 : 0;
}

heed_status heed_profile(heed_session* session, const heed_request* caller, size_t k, int32_t unknown,
                         heed_operator_time* out, size_t capacity, size_t* count, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  if (out == nullptr && capacity > 0) return fail_null("out", error);
  if (count == nullptr) return fail_null("count", error);
  Request request;
  heed::UnknownItem policy;
  if (Status status = read_call(session, caller, unknown, &request, &policy); !status.ok())
    return fail(status, error);
  Result<std::size_t> written =
      session->session.profile(request, k, policy, {reinterpret_cast<heed::OperatorTime*>(out), capacity});
  if (!written.ok()) return fail(written.status(), error);
  *count = *written;
  return HEED_OK;
}

heed_status heed_memory(const heed_session* session, heed_memory_block* out, size_t capacity, size_t* count,
                        heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  if (out == nullptr && capacity > 0) return fail_null("out", error);
  if (count == nullptr) return fail_null("count", error);
  Result<std::size_t> blocks = session->session.memory({reinterpret_cast<heed::MemoryBlock*>(out), capacity});
  if (!blocks.ok()) return fail(blocks.status(), error);
  *count = *blocks;
  return HEED_OK;
}

uint64_t heed_session_scanned_bytes(const heed_session* session) {
  return session != nullptr ? session->session.scanned_bytes() : 0;
}
