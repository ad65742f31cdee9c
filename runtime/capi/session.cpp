#include "runtime/capi/handles.hpp"

#include <algorithm>
#include <new>
#include <string>

namespace {

using heed::Result;
using heed::Span;
using heed::Status;
using heed::StatusCode;
using heed::capi::fail;
using heed::capi::fail_null;

// Results are written straight into the caller's array.
static_assert(sizeof(heed_recommendation) == sizeof(heed::Recommendation));
static_assert(offsetof(heed_recommendation, item) == offsetof(heed::Recommendation, item));
static_assert(offsetof(heed_recommendation, score) == offsetof(heed::Recommendation, score));

heed::SessionOptions session_options(const heed_session_options* caller) noexcept {
  const heed_session_options full = heed::capi::widen(caller, heed_session_options_init);
  heed::SessionOptions options;
  options.max_history = full.max_history;
  options.max_batch = full.max_batch;
  options.max_k = full.max_k;
  options.max_candidates = full.max_candidates;
  options.max_excluded = full.max_excluded;
  return options;
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

heed_status hand_out(Result<heed::Session> made, heed_session** session, heed_error* error) noexcept {
  if (!made.ok()) return fail(made.status(), error);
  const std::size_t users = made->options().max_batch;
  heed::base::AlignedBuffer batch(users * sizeof(heed::Request));
  heed_session* handle = nullptr;
  if (batch.data() != nullptr) handle = new (std::nothrow) heed_session{std::move(*made), std::move(batch)};
  if (handle == nullptr) return fail(Status(StatusCode::out_of_memory, "no memory for a session"), error);
  *session = handle;
  return HEED_OK;
}

Span<heed::Recommendation> results(heed_recommendation* out, std::size_t capacity) noexcept {
  return {reinterpret_cast<heed::Recommendation*>(out), out != nullptr ? capacity : 0};
}

} // namespace

void heed_session_options_init(heed_session_options* options) {
  const heed::SessionOptions defaults;
  *options = {sizeof(heed_session_options), defaults.max_history, defaults.max_batch, defaults.max_k,
              defaults.max_candidates,      defaults.max_excluded};
}

void heed_recommend_options_init(heed_recommend_options* options) {
  *options = {sizeof(heed_recommend_options), 1, HEED_UNKNOWN_ERROR, nullptr, 0, nullptr, 0};
}

heed_status heed_session_arena_bytes(const heed_model* model, const heed_session_options* options,
                                     size_t* bytes, heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (bytes == nullptr) return fail_null("bytes", error);
  Result<std::size_t> needed = heed::Session::arena_bytes(model->model, session_options(options));
  if (!needed.ok()) return fail(needed.status(), error);
  *bytes = *needed;
  return HEED_OK;
}

heed_status heed_session_create(const heed_model* model, const heed_session_options* options,
                                heed_session** session, heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (session == nullptr) return fail_null("session", error);
  return hand_out(heed::Session::create(model->model, session_options(options)), session, error);
}

heed_status heed_session_create_in(const heed_model* model, const heed_session_options* options, void* arena,
                                   size_t arena_bytes, heed_session** session, heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (arena == nullptr) return fail_null("arena", error);
  if (session == nullptr) return fail_null("session", error);
  const Span<std::byte> memory(static_cast<std::byte*>(arena), arena_bytes);
  return hand_out(heed::Session::create(model->model, session_options(options), memory), session, error);
}

void heed_session_destroy(heed_session* session) {
  delete session;
}

heed_status heed_recommend(heed_session* session, const int64_t* history, size_t history_count, size_t k,
                           const heed_recommend_options* options, heed_recommendation* out,
                           size_t out_capacity, size_t* count, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  if (count == nullptr) return fail_null("count", error);
  Span<const int64_t> events;
  if (!heed::capi::make_span(history, history_count, &events)) return fail_null("history", error);
  heed::RecommendOptions request;
  if (Status status = recommend_options(options, &request); !status.ok()) return fail(status, error);
  Result<std::size_t> written = session->session.recommend(events, k, request, results(out, out_capacity));
  if (!written.ok()) return fail(written.status(), error);
  *count = *written;
  return HEED_OK;
}

heed_status heed_recommend_batch(heed_session* session, const int64_t* const* histories,
                                 const size_t* history_counts, size_t users, size_t k,
                                 const heed_recommend_options* options, heed_recommendation* out,
                                 size_t out_capacity, size_t* counts, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  if (users > 0 && histories == nullptr) return fail_null("histories", error);
  if (users > 0 && history_counts == nullptr) return fail_null("history_counts", error);
  if (users > 0 && counts == nullptr) return fail_null("counts", error);
  // More users than the session's batch are refused before a history is looked at.
  const size_t known = std::min<size_t>(users, session->session.options().max_batch);
  for (size_t u = 0; u < known; ++u)
    if (histories[u] == nullptr && history_counts[u] > 0) return fail_null("a history", error);
  heed::RecommendOptions request;
  if (Status status = recommend_options(options, &request); !status.ok()) return fail(status, error);
  auto* batch = reinterpret_cast<heed::Request*>(session->batch.data());
  for (size_t u = 0; u < known; ++u)
    new (batch + u) heed::Request(Span<const int64_t>(histories[u], history_counts[u]));
  const Span<const heed::Request> views(batch, users);
  return heed::capi::finish(
      session->session.recommend_batch(views, k, request, results(out, out_capacity), {counts, users}),
      error);
}

heed_status heed_score(heed_session* session, const int64_t* history, size_t history_count,
                       const int64_t* candidates, size_t candidate_count, int32_t unknown, float* scores,
                       heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  if (scores == nullptr && candidate_count > 0) return fail_null("scores", error);
  Span<const int64_t> events, wanted;
  if (!heed::capi::make_span(history, history_count, &events)) return fail_null("history", error);
  if (!heed::capi::make_span(candidates, candidate_count, &wanted)) return fail_null("candidates", error);
  heed::UnknownItem policy;
  if (Status status = heed::capi::make_unknown(unknown, &policy); !status.ok()) return fail(status, error);
  return heed::capi::finish(session->session.score(events, wanted, policy, {scores, candidate_count}), error);
}

heed_status heed_encode(heed_session* session, const int64_t* history, size_t history_count, int32_t unknown,
                        float* vector, size_t vector_count, heed_error* error) {
  if (session == nullptr) return fail_null("session", error);
  if (vector == nullptr) return fail_null("vector", error);
  Span<const int64_t> events;
  if (!heed::capi::make_span(history, history_count, &events)) return fail_null("history", error);
  heed::UnknownItem policy;
  if (Status status = heed::capi::make_unknown(unknown, &policy); !status.ok()) return fail(status, error);
  return heed::capi::finish(session->session.encode(events, policy, {vector, vector_count}), error);
}
