#include "runtime/session/impl.hpp"

#include <heed/session.hpp>

#include <new>
#include <string>

namespace heed {

namespace {

Status unknown_isa() {
  const kernels::KernelTable* tables[16];
  std::string known;
  const std::size_t count = kernels::available_tables(tables, 16);
  for (std::size_t t = 0; t < count; ++t) known += std::string(t == 0 ? "" : ", ") + tables[t]->isa;
  return Status(
      StatusCode::isa_unsupported,
      "the environment variable HEED_ISA names an instruction set that this machine or build does not "
      "have; unset it, or choose one of " +
          known);
}

} // namespace

Session::Session(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

const SessionOptions& Session::options() const noexcept {
  return impl_->options;
}

Result<std::size_t> Session::arena_bytes(const Model& model, const SessionOptions& options) {
  Result<SessionOptions> resolved = Impl::resolve(*model.loaded_, options);
  if (!resolved.ok()) return resolved.status();
  plan::Plan plan;
  Result<ArenaLayout> layout = Impl::lay_out(*model.loaded_, *resolved, &plan);
  if (!layout.ok()) return layout.status();
  return static_cast<std::size_t>(layout->bytes);
}

Result<Session> Session::create(const Model& model, const SessionOptions& options) {
  return make(model, options, nullptr);
}

Result<Session> Session::create(const Model& model, const SessionOptions& options, Span<std::byte> arena) {
  return make(model, options, &arena);
}

Result<Session> Session::make(const Model& model, const SessionOptions& options,
                              const Span<std::byte>* arena) {
  const kernels::KernelTable* kernels = kernels::active_table();
  if (kernels == nullptr) return unknown_isa();
  Result<SessionOptions> resolved = Impl::resolve(*model.loaded_, options);
  if (!resolved.ok()) return resolved.status();
  plan::Plan plan;
  Result<ArenaLayout> layout = Impl::lay_out(*model.loaded_, *resolved, &plan);
  if (!layout.ok()) return layout.status();

  base::AlignedBuffer owned;
  if (arena == nullptr) {
    owned = base::AlignedBuffer(layout->bytes);
    if (owned.data() == nullptr)
      return Status(StatusCode::out_of_memory,
                    "no memory for an arena of " + std::to_string(layout->bytes) + " bytes");
  } else {
    if (reinterpret_cast<std::uintptr_t>(arena->data()) % base::kAlignment != 0)
      return Status(StatusCode::invalid_argument, "the arena must be aligned to 64 bytes");
    if (arena->size() < layout->bytes)
      return Status(StatusCode::arena_too_small, "the arena has " + std::to_string(arena->size()) +
                                                     " bytes; " + std::to_string(layout->bytes) +
                                                     " are needed");
  }
  std::unique_ptr<base::ThreadPool> pool;
  if (resolved->threads > 1 && resolved->parallel_for == nullptr) {
    pool = base::ThreadPool::create(resolved->threads);
    if (pool == nullptr)
      return Status(StatusCode::out_of_memory,
                    "the system gives no " + std::to_string(resolved->threads) + " threads");
  }
  std::byte* memory = arena != nullptr ? arena->data() : owned.data();
  return Session(std::make_unique<Impl>(model.loaded_, *resolved, std::move(plan), *layout, *kernels, memory,
                                        std::move(owned), std::move(pool)));
}

Result<std::size_t> Session::recommend(const Request& request, std::size_t k, const RecommendOptions& options,
                                       Span<Recommendation> out) {
  return impl_->recommend(request, k, options, out);
}

Status Session::recommend_batch(Span<const Request> requests, std::size_t k, const RecommendOptions& options,
                                Span<Recommendation> out, Span<std::size_t> counts) {
  return impl_->recommend_batch(requests, k, options, out, counts);
}

Status Session::score(const Request& request, Span<const std::int64_t> candidates, UnknownItem unknown,
                      Span<float> scores) {
  return impl_->score(request, candidates, unknown, scores);
}

Status Session::encode(const Request& request, UnknownItem unknown, Span<float> vector) {
  return impl_->encode(request, unknown, vector);
}

Result<std::size_t> Session::output(const char* name, const Request& request, UnknownItem unknown,
                                    Span<float> values) {
  return impl_->output(name, request, unknown, values);
}

Status Session::begin(const Request& request, UnknownItem unknown) {
  return impl_->begin(request, unknown);
}

Status Session::append(std::int64_t item, Span<const FeatureValues> features, UnknownItem unknown) {
  return impl_->append(item, features, unknown);
}

bool Session::keeps_events() const noexcept {
  return impl_->keeps_events();
}

std::uint64_t Session::scanned_bytes() const noexcept {
  return impl_->scanned_bytes();
}

Result<std::size_t> Session::profile(const Request& request, std::size_t k, UnknownItem unknown,
                                     Span<OperatorTime> out) {
  return impl_->profile(request, k, unknown, out);
}

Result<std::size_t> Session::memory(Span<MemoryBlock> out) const {
  return impl_->memory(out);
}

} // namespace heed
