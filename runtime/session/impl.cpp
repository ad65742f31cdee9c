#include "runtime/session/impl.hpp"

#include "runtime/base/fp_scope.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

namespace heed {

namespace {

constexpr std::uint32_t kMaxLimit = 1u << 26; // of each option: what a 32-bit address space could still hold

Status invalid(std::string message) {
  return Status(StatusCode::invalid_argument, std::move(message));
}
Status exceeded(std::string message) {
  return Status(StatusCode::limit_exceeded, std::move(message));
}

} // namespace

Result<SessionOptions> Session::Impl::resolve(const format::LoadedModel& model,
                                              const SessionOptions& options) {
  SessionOptions resolved = options;
  if (resolved.max_history == 0) resolved.max_history = model.graph.max_history;
  if (resolved.max_history > model.graph.max_history)
    return exceeded("SessionOptions::max_history is " + std::to_string(options.max_history) +
                    "; the model takes " + std::to_string(model.graph.max_history) + " events");
  for (const std::uint32_t limit :
       {resolved.max_batch, resolved.max_k, resolved.max_candidates, resolved.max_excluded})
    if (limit == 0 || limit > kMaxLimit)
      return invalid("a limit of SessionOptions is " + std::to_string(limit) + "; each must be 1 to " +
                     std::to_string(kMaxLimit));
  return resolved;
}

Result<ArenaLayout> Session::Impl::lay_out(const format::LoadedModel& model, const SessionOptions& options,
                                           plan::Plan* plan) {
  const std::uint32_t max_events = model.graph.events_of(options.max_history);
  *plan = plan::make_plan(model.graph, {model.output_value}, max_events);
  ArenaLayout layout;
  std::uint64_t end = plan->arena_bytes;
  // The limits are 32-bit and elements at most 16 bytes, so these sums stay far below 2^64.
  const auto place = [&](std::uint64_t bytes) {
    const std::uint64_t offset = end;
    end += base::round_up(bytes, base::kAlignment);
    return offset;
  };
  layout.history = place(std::uint64_t{max_events} * sizeof(std::uint64_t));
  layout.places = place(std::uint64_t{max_events} * sizeof(std::uint32_t));
  layout.excluded = place(std::uint64_t{options.max_excluded} * sizeof(std::uint64_t));
  layout.candidates = place(std::uint64_t{options.max_candidates} * sizeof(std::uint64_t));
  layout.best = place(std::uint64_t{options.max_k} * sizeof(ops::ScoredRow));
  layout.quantized = place(model.dim);
  layout.bytes = end;
  if (end > std::numeric_limits<std::size_t>::max() / 2)
    return invalid("the arena would not fit the address space");
  return layout;
}

Session::Impl::Impl(std::shared_ptr<const format::LoadedModel> model, const SessionOptions& resolved,
                    plan::Plan plan, const ArenaLayout& layout, const kernels::KernelTable& kernels,
                    std::byte* arena, base::AlignedBuffer owned)
    : options(resolved), model_(std::move(model)), plan_(std::move(plan)), layout_(layout), kernels_(kernels),
      owned_(std::move(owned)), arena_(arena), rows_(model_->graph.values.size()),
      quantized_(model_->graph.values.size()) {
  plan::bind_views(plan_, arena_, rows_.data(), quantized_.data());
}

Status Session::Impl::unknown_item(const char* what, std::size_t position, std::int64_t id) const {
  return Status(StatusCode::unknown_item, std::string(what) + " " + std::to_string(position) +
                                              ": the catalogue has no item " + std::to_string(id) +
                                              "; correct it, or choose to skip or substitute unknown items");
}

Status Session::Impl::add(RowList* list, std::int64_t row) const {
  if (list->size == list->capacity)
    return exceeded("seen and denied items exceed SessionOptions::max_excluded (" +
                    std::to_string(options.max_excluded) + ")");
  list->rows[list->size++] = static_cast<std::uint64_t>(row);
  return {};
}

Status Session::Impl::resolve_history(Span<const std::int64_t> history, UnknownItem unknown, RowList* seen) {
  const ops::Graph& graph = model_->graph;
  const std::size_t appended = graph.append_row >= 0 ? 1 : 0;
  const std::size_t capacity = options.max_history + appended;
  std::uint64_t* rows = at<std::uint64_t>(layout_.history);
  std::uint32_t* places = at<std::uint32_t>(layout_.places);
  // Newest first, filling the buffers from their ends: the most recent max_history events count. Until the
  // length is known, places count from the newest event.
  std::size_t length = 0, first = capacity, known = 0;
  const auto keep = [&](std::int64_t row) {
    rows[--first] = static_cast<std::uint64_t>(row);
    places[first] = static_cast<std::uint32_t>(length);
  };
  if (appended > 0) {
    keep(graph.append_row);
    ++length;
  }
  for (std::size_t i = history.size(); i-- > 0;) {
    std::int64_t row = model_->items.find(history[i]);
    if (row >= 0 && seen != nullptr)
      if (Status status = add(seen, row); !status.ok()) return status;
    if (row < 0 && unknown == UnknownItem::error) return unknown_item("history event", i, history[i]);
    if (row < 0 && unknown == UnknownItem::substitute) row = model_->items.unknown_row;
    if (row < 0) continue;
    ++known;
    if (length == capacity) continue;
    if (row != graph.hidden_row) keep(row);
    ++length;
  }
  // The oldest events that do not count stand first, unless the history is so long that they are gone.
  const std::size_t counted = known > graph.drop_oldest ? known - graph.drop_oldest : 0;
  length = std::min(length, counted + appended);
  while (first < capacity && places[first] >= length) ++first;
  for (std::size_t i = first; i < capacity; ++i)
    places[i] = static_cast<std::uint32_t>(length) - 1 - places[i];
  history_ = {rows + first, places + first, length > appended ? capacity - first : 0, length};
  return {};
}

Status Session::Impl::resolve_list(Span<const std::int64_t> ids, UnknownItem unknown, const char* what,
                                   RowList* list) const {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int64_t row = model_->items.find(ids[i]);
    if (row < 0 && unknown == UnknownItem::error) return unknown_item(what, i, ids[i]);
    if (row < 0) continue;
    if (Status status = add(list, row); !status.ok()) return status;
  }
  return {};
}

const float* Session::Impl::run_encoder() {
  if (history_.events == 0) return model_->empty_history;
  plan::run_plan(plan_, model_->graph, kernels_, arena_, rows_.data(), quantized_.data(), history_);
  return rows_[static_cast<std::size_t>(model_->output_value)].data;
}

Status Session::Impl::check_k(std::size_t k) const {
  if (k == 0) return invalid("k is 0; at least one item must be asked for");
  if (k > model_->items.items)
    return invalid("k is " + std::to_string(k) + "; the catalogue has " +
                   std::to_string(model_->items.items) + " items");
  if (k > options.max_k)
    return exceeded("k is " + std::to_string(k) + "; SessionOptions::max_k is " +
                    std::to_string(options.max_k));
  return {};
}

Result<std::size_t> Session::Impl::recommend(Span<const std::int64_t> history, std::size_t k,
                                             const RecommendOptions& request, Span<Recommendation> out) {
  const base::FpScope mode;
  if (Status status = check_k(k); !status.ok()) return status;
  if (out.size() < k)
    return invalid("room for " + std::to_string(out.size()) + " results, but k is " + std::to_string(k));
  if (request.allow.size() > options.max_candidates)
    return exceeded("the allow list has " + std::to_string(request.allow.size()) +
                    " ids; SessionOptions::max_candidates is " + std::to_string(options.max_candidates));

  RowList excluded{at<std::uint64_t>(layout_.excluded), 0, options.max_excluded};
  if (Status status = resolve_history(history, request.unknown, request.exclude_seen ? &excluded : nullptr);
      !status.ok())
    return status;
  if (Status status = resolve_list(request.deny, request.unknown, "deny list entry", &excluded); !status.ok())
    return status;
  std::sort(excluded.rows, excluded.rows + excluded.size);

  RowList allowed{at<std::uint64_t>(layout_.candidates), 0, options.max_candidates};
  if (Status status = resolve_list(request.allow, request.unknown, "allow list entry", &allowed);
      !status.ok())
    return status;
  std::sort(allowed.rows, allowed.rows + allowed.size);

  const ops::UserScorer scorer(kernels_, model_->items.rows, model_->items.bias, run_encoder(),
                               at<std::int8_t>(layout_.quantized));
  ops::ScoredRow* storage = at<ops::ScoredRow>(layout_.best);
  ops::TopK best(storage, k);
  const Span<const std::uint64_t> without(excluded.rows, excluded.size);
  if (request.allow.empty())
    ops::scan_catalogue(scorer, model_->items.items, without, &best);
  else
    ops::scan_allowed(scorer, Span<const std::uint64_t>(allowed.rows, allowed.size), without, &best);
  const std::size_t count = best.finish();
  for (std::size_t i = 0; i < count; ++i)
    out[i] = {model_->items.id(storage[i].row), scorer.finish_score(storage[i].score)};
  return count;
}

Status Session::Impl::score(Span<const std::int64_t> history, Span<const std::int64_t> candidates,
                            UnknownItem unknown, Span<float> scores) {
  const base::FpScope mode;
  if (scores.size() != candidates.size())
    return invalid("room for " + std::to_string(scores.size()) + " scores, but " +
                   std::to_string(candidates.size()) + " candidates");
  if (candidates.size() > options.max_candidates)
    return exceeded(std::to_string(candidates.size()) + " candidates; SessionOptions::max_candidates is " +
                    std::to_string(options.max_candidates));
  if (Status status = resolve_history(history, unknown, nullptr); !status.ok()) return status;

  constexpr std::uint64_t kNoScore = ~std::uint64_t{0};
  std::uint64_t* rows = at<std::uint64_t>(layout_.candidates);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    std::int64_t row = model_->items.find(candidates[i]);
    if (row < 0 && unknown == UnknownItem::error) return unknown_item("candidate", i, candidates[i]);
    if (row < 0 && unknown == UnknownItem::substitute) row = model_->items.unknown_row;
    rows[i] = row < 0 ? kNoScore : static_cast<std::uint64_t>(row);
  }
  const ops::UserScorer scorer(kernels_, model_->items.rows, model_->items.bias, run_encoder(),
                               at<std::int8_t>(layout_.quantized));
  // Runs of known candidates; the others have no score.
  for (std::size_t i = 0; i < candidates.size();) {
    if (rows[i] == kNoScore) {
      scores[i++] = std::numeric_limits<float>::quiet_NaN();
      continue;
    }
    std::size_t end = i;
    while (end < candidates.size() && rows[end] != kNoScore) ++end;
    scorer.score_rows(rows + i, end - i, scores.data() + i);
    for (; i < end; ++i) scores[i] = scorer.finish_score(scores[i]);
  }
  return {};
}

Status Session::Impl::encode(Span<const std::int64_t> history, UnknownItem unknown, Span<float> vector) {
  const base::FpScope mode;
  if (vector.size() != model_->dim)
    return invalid("room for " + std::to_string(vector.size()) + " elements, but the user vector has " +
                   std::to_string(model_->dim));
  if (Status status = resolve_history(history, unknown, nullptr); !status.ok()) return status;
  const float* result = run_encoder();
  for (std::size_t i = 0; i < vector.size(); ++i) vector[i] = ops::canonical(result[i]);
  return {};
}

} // namespace heed
