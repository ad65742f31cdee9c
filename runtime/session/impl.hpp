// What a Session holds: the plan, its memory, and the small buffers around the encoder.
#ifndef HEED_RUNTIME_SESSION_IMPL_HPP
#define HEED_RUNTIME_SESSION_IMPL_HPP

#include "runtime/base/memory.hpp"
#include "runtime/format/loaded_model.hpp"
#include "runtime/ops/catalogue.hpp"
#include "runtime/plan/plan.hpp"

#include <heed/session.hpp>

#include <memory>
#include <vector>

namespace heed {

// Where everything lies in a session's arena: the plan's own memory first, then these. Offsets in bytes.
struct ArenaLayout {
  std::uint64_t history = 0;    // u64 [max_events]: rows of the events that count, oldest first
  std::uint64_t places = 0;     // u32 [max_events]: the place of each
  std::uint64_t sources = 0;    // i64 [max_events]: the caller's event at each, for features
  std::uint64_t features = 0;   // i64 [features][max_events + 1]
  std::uint64_t excluded = 0;   // u64 [max_excluded]
  std::uint64_t candidates = 0; // u64 [max_candidates]: rows
  std::uint64_t best = 0;       // ops::ScoredRow [max_k]
  std::uint64_t quantized = 0;  // i8 [dim rounded up to 64]
  std::uint64_t zeros = 0;      // f32 [dim rounded up to 16], for a prior
  std::uint64_t bytes = 0;      // of the whole arena
};

class Session::Impl {
 public:
  // Resolves and checks options against the model. Errors: invalid_argument, limit_exceeded.
  static Result<SessionOptions> resolve(const format::LoadedModel& model, const SessionOptions& options);
  // Plans; `options` are resolved ones. Errors: invalid_argument (sizes that overflow).
  static Result<ArenaLayout> lay_out(const format::LoadedModel& model, const SessionOptions& options,
                                     plan::Plan* plan);

  // `arena` has layout.bytes bytes; `owned` keeps it alive when the session owns it.
  Impl(std::shared_ptr<const format::LoadedModel> model, const SessionOptions& options, plan::Plan plan,
       const ArenaLayout& layout, const kernels::KernelTable& kernels, std::byte* arena,
       base::AlignedBuffer owned);

  Result<std::size_t> recommend(const Request& request, std::size_t k, const RecommendOptions& options,
                                Span<Recommendation> out);
  Status score(const Request& request, Span<const std::int64_t> candidates, UnknownItem unknown,
               Span<float> scores);
  Status encode(const Request& request, UnknownItem unknown, Span<float> vector);
  Result<std::size_t> output(const char* name, const Request& request, UnknownItem unknown,
                             Span<float> values);
  Result<std::size_t> profile(const Request& request, std::size_t k, UnknownItem unknown,
                              Span<OperatorTime> out);
  Status check_k(std::size_t k) const;

  SessionOptions options;

 private:
  // The events that count, as rows in the arena; every known event also goes to `seen` when it is given.
  struct RowList {
    std::uint64_t* rows;
    std::size_t size, capacity;
    void sort();
  };
  Status add(RowList* list, std::int64_t row) const;
  Status resolve_request(const Request& request, UnknownItem unknown, RowList* seen);
  Status resolve_history(Span<const std::int64_t> history, UnknownItem unknown, RowList* seen);
  void fill_history();
  Status resolve_list(Span<const std::int64_t> ids, UnknownItem unknown, const char* what,
                      RowList* list) const;
  Status unknown_item(const char* what, std::size_t position, std::int64_t id) const;
  // Runs the graph over the resolved events, unless there are none.
  void run_graph();
  // One of the outputs after that, rows 64-byte aligned; `rows` is 0 for one row an event and no event.
  ops::RowsView output_rows(const format::NamedOutput& output, std::size_t* rows) const;
  // What items are scored by.
  ops::CatalogueScorer scorer() const;
  std::uint32_t max_events() const { return model_->graph.events_of(options.max_history); }

  template <class T>
  T* at(std::uint64_t offset) const {
    return reinterpret_cast<T*>(arena_ + offset);
  }

  std::shared_ptr<const format::LoadedModel> model_;
  plan::Plan plan_;
  ArenaLayout layout_;
  const kernels::KernelTable& kernels_;
  base::AlignedBuffer owned_;
  std::byte* arena_;
  std::vector<ops::RowsView> rows_;           // by value
  std::vector<ops::QuantizedView> quantized_; // by value
  std::vector<const std::int64_t*> features_; // by Graph::features, in the arena
  ops::History history_{};                    // the resolved events, in the arena
  const std::int64_t* sources_ = nullptr;     // the caller's event at each of them
  std::size_t known_ = 0;                     // events that are not filling
};

} // namespace heed

#endif // HEED_RUNTIME_SESSION_IMPL_HPP
