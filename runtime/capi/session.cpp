// Making and ending sessions.
#include "runtime/base/arithmetic.hpp"
#include "runtime/capi/handles.hpp"

#include <new>

namespace {

using heed::Result;
using heed::Span;
using heed::Status;
using heed::StatusCode;
using heed::capi::fail;
using heed::capi::fail_null;

heed::SessionOptions session_options(const heed_session_options* caller) noexcept {
  const heed_session_options full = heed::capi::widen(caller, heed_session_options_init);
  heed::SessionOptions options;
  options.max_history = full.max_history;
  options.max_batch = full.max_batch;
  options.max_k = full.max_k;
  options.max_candidates = full.max_candidates;
  options.max_excluded = full.max_excluded;
  options.running_history = full.running_history;
  options.drop_at_once = full.drop_at_once;
  options.threads = full.threads;
  options.parallel_for = full.parallel_for;
  options.parallel_context = full.parallel_context;
  return options;
}

heed_status hand_out(const heed_model* model, Result<heed::Session> made, heed_session** session,
                     heed_error* error) noexcept {
  if (!made.ok()) return fail(made.status(), error);
  const std::uint64_t users = made->options().max_batch, most_features = model->info.inputs.size();
  std::uint64_t feature_bytes = 0; // inputs are the history and the features
  const bool fits =
      heed::base::checked_mul(users * most_features, sizeof(heed::FeatureValues), &feature_bytes) &&
      feature_bytes <= SIZE_MAX / 2;
  heed::base::AlignedBuffer batch(fits ? users * sizeof(heed::Request) : 0), features;
  if (fits) features = heed::base::AlignedBuffer(static_cast<std::size_t>(feature_bytes));
  heed_session* handle = nullptr;
  if (batch.data() != nullptr && features.data() != nullptr)
    handle = new (std::nothrow) heed_session{std::move(*made), std::move(batch), std::move(features),
                                             static_cast<std::size_t>(most_features)};
  if (handle == nullptr) return fail(Status(StatusCode::out_of_memory, "no memory for a session"), error);
  *session = handle;
  return HEED_OK;
}

} // namespace

void heed_session_options_init(heed_session_options* options) {
  const heed::SessionOptions defaults;
  *options = {};
  options->struct_size = sizeof(heed_session_options);
  options->max_history = defaults.max_history;
  options->max_batch = defaults.max_batch;
  options->max_k = defaults.max_k;
  options->max_candidates = defaults.max_candidates;
  options->max_excluded = defaults.max_excluded;
  options->running_history = defaults.running_history;
  options->drop_at_once = defaults.drop_at_once;
  options->threads = defaults.threads;
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
  return hand_out(model, heed::Session::create(model->model, session_options(options)), session, error);
}

heed_status heed_session_create_in(const heed_model* model, const heed_session_options* options, void* arena,
                                   size_t arena_bytes, heed_session** session, heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (arena == nullptr) return fail_null("arena", error);
  if (session == nullptr) return fail_null("session", error);
  const Span<std::byte> memory(static_cast<std::byte*>(arena), arena_bytes);
  return hand_out(model, heed::Session::create(model->model, session_options(options), memory), session,
                  error);
}

void heed_session_destroy(heed_session* session) {
  delete session;
}
