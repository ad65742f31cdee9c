#include "runtime/session/impl.hpp"

#include "runtime/base/fp_scope.hpp"
#include "runtime/session/features.hpp"

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
  std::vector<int> kept;
  for (const format::NamedOutput& output : model.outputs) kept.push_back(output.value);
  *plan = plan::make_plan(model.graph, kept, max_events);
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
  const std::uint64_t features = model.graph.features.size();
  layout.sources = place(features > 0 ? max_events * sizeof(std::int64_t) : 0);
  layout.features = place(features * (std::uint64_t{max_events} + 1) * sizeof(std::int64_t));
  layout.excluded = place(std::uint64_t{options.max_excluded} * sizeof(std::uint64_t));
  layout.candidates = place(std::uint64_t{options.max_candidates} * sizeof(std::uint64_t));
  layout.best = place(std::uint64_t{options.max_k} * sizeof(ops::ScoredRow));
  layout.quantized = place(model.dim);
  const bool prior = model.items.prior != nullptr;
  layout.zeros = place(prior ? base::round_up(model.dim, kernels::kBlock) * sizeof(float) : 0);
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
  for (std::size_t f = 0; f < model_->graph.features.size(); ++f)
    features_.push_back(at<std::int64_t>(layout_.features) + f * (std::size_t{max_events()} + 1));
  if (model_->items.prior != nullptr)
    std::fill_n(at<float>(layout_.zeros), base::round_up(model_->dim, kernels::kBlock), 0.0f);
}

void Session::Impl::run_graph() {
  if (history_.events == 0) return;
  plan::run_plan(plan_, model_->graph, kernels_, arena_, rows_.data(), quantized_.data(), history_);
}

ops::RowsView Session::Impl::output_rows(const format::NamedOutput& output, std::size_t* rows) const {
  const ops::Value& value = model_->graph.values[static_cast<std::size_t>(output.value)];
  if (history_.events == 0) {
    *rows = value.events ? 0 : value.count;
    if (output.empty_history == nullptr) return {nullptr, 0};
    return {const_cast<float*>(output.empty_history->f32()), output.empty_history->row_stride()};
  }
  const ops::RowsView& made = rows_[static_cast<std::size_t>(output.value)];
  *rows = value.count;
  if (!value.events) return made;
  // Padding that was computed is not the caller's.
  const std::size_t first = model_->graph.filled() ? history_.newest + 1 - known_ : 0;
  *rows = history_.newest + 1 - first;
  return {made.data + first * made.stride, made.stride};
}

ops::CatalogueScorer Session::Impl::scorer() const {
  const format::Catalogue& items = model_->items;
  std::int8_t* room = at<std::int8_t>(layout_.quantized);
  if (history_.events == 0 && items.prior != nullptr)
    return {kernels_, items.rows, items.prior, {at<float>(layout_.zeros), 0}, 1, room};
  std::size_t interests;
  const ops::RowsView vectors =
      output_rows(model_->outputs[static_cast<std::size_t>(model_->query)], &interests);
  return {kernels_, items.rows, items.bias, vectors, interests, room};
}

void Session::Impl::RowList::sort() {
  std::sort(rows, rows + size);
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

Result<std::size_t> Session::Impl::recommend(const Request& request, std::size_t k,
                                             const RecommendOptions& rules, Span<Recommendation> out) {
  const base::FpScope mode;
  if (Status status = check_k(k); !status.ok()) return status;
  if (out.size() < k)
    return invalid("room for " + std::to_string(out.size()) + " results, but k is " + std::to_string(k));
  if (rules.allow.size() > options.max_candidates)
    return exceeded("the allow list has " + std::to_string(rules.allow.size()) +
                    " ids; SessionOptions::max_candidates is " + std::to_string(options.max_candidates));

  RowList excluded{at<std::uint64_t>(layout_.excluded), 0, options.max_excluded};
  if (Status status = resolve_request(request, rules.unknown, rules.exclude_seen ? &excluded : nullptr);
      !status.ok())
    return status;
  if (Status status = resolve_list(rules.deny, rules.unknown, "deny list entry", &excluded); !status.ok())
    return status;
  excluded.sort();

  RowList allowed{at<std::uint64_t>(layout_.candidates), 0, options.max_candidates};
  if (Status status = resolve_list(rules.allow, rules.unknown, "allow list entry", &allowed); !status.ok())
    return status;
  allowed.sort();

  run_graph();
  ops::ScoredRow* storage = at<ops::ScoredRow>(layout_.best);
  const ops::CatalogueScorer catalogue = scorer();
  const Span<const std::uint64_t> without(excluded.rows, excluded.size);
  const std::size_t count =
      rules.allow.empty()
          ? catalogue.best(model_->items.items, without, storage, k)
          : catalogue.best_of(Span<const std::uint64_t>(allowed.rows, allowed.size), without, storage, k);
  for (std::size_t i = 0; i < count; ++i) out[i] = {model_->items.id(storage[i].row), storage[i].score};
  return count;
}

Status Session::Impl::score(const Request& request, Span<const std::int64_t> candidates, UnknownItem unknown,
                            Span<float> scores) {
  const base::FpScope mode;
  if (scores.size() != candidates.size())
    return invalid("room for " + std::to_string(scores.size()) + " scores, but " +
                   std::to_string(candidates.size()) + " candidates");
  if (candidates.size() > options.max_candidates)
    return exceeded(std::to_string(candidates.size()) + " candidates; SessionOptions::max_candidates is " +
                    std::to_string(options.max_candidates));
  if (Status status = resolve_request(request, unknown, nullptr); !status.ok()) return status;

  constexpr std::uint64_t kNoScore = ~std::uint64_t{0};
  std::uint64_t* rows = at<std::uint64_t>(layout_.candidates);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    std::int64_t row = model_->items.find(candidates[i]);
    if (row < 0 && unknown == UnknownItem::error) return unknown_item("candidate", i, candidates[i]);
    if (row < 0 && unknown == UnknownItem::substitute) row = model_->items.unknown_row;
    rows[i] = row < 0 ? kNoScore : static_cast<std::uint64_t>(row);
  }
  run_graph();
  const ops::CatalogueScorer catalogue = scorer();
  // Runs of known candidates; the others have no score.
  for (std::size_t i = 0; i < candidates.size();) {
    if (rows[i] == kNoScore) {
      scores[i++] = std::numeric_limits<float>::quiet_NaN();
      continue;
    }
    std::size_t end = i;
    while (end < candidates.size() && rows[end] != kNoScore) ++end;
    catalogue.score(rows + i, end - i, scores.data() + i);
    i = end;
  }
  return {};
}

Status Session::Impl::encode(const Request& request, UnknownItem unknown, Span<float> vector) {
  const base::FpScope mode;
  const std::size_t wanted = std::size_t{model_->dim} * model_->interests;
  if (vector.size() != wanted)
    return invalid("room for " + std::to_string(vector.size()) + " elements, but the user " +
                   (model_->interests > 1 ? "vectors have " : "vector has ") + std::to_string(wanted));
  const format::NamedOutput& query = model_->outputs[static_cast<std::size_t>(model_->query)];
  return output(query.name.c_str(), request, unknown, vector).status();
}

Result<std::size_t> Session::Impl::output(const char* name, const Request& request, UnknownItem unknown,
                                          Span<float> values) {
  const base::FpScope mode;
  const auto found = std::find_if(model_->outputs.begin(), model_->outputs.end(),
                                  [&](const auto& output) { return name != nullptr && output.name == name; });
  if (found == model_->outputs.end()) {
    std::vector<std::string> known;
    for (const format::NamedOutput& output : model_->outputs) known.push_back(output.name);
    const std::string asked = name != nullptr ? name : "";
    return Status(StatusCode::unknown_feature,
                  "the model has no output '" + asked + "'" + nearest_name(asked, known));
  }
  if (Status status = resolve_request(request, unknown, nullptr); !status.ok()) return status;
  run_graph();
  std::size_t rows;
  const ops::RowsView view = output_rows(*found, &rows);
  const std::size_t cols = model_->graph.values[static_cast<std::size_t>(found->value)].cols;
  if (values.size() < rows * cols)
    return invalid("room for " + std::to_string(values.size()) + " elements, but output '" + found->name +
                   "' has " + std::to_string(rows) + " rows of " + std::to_string(cols));
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < cols; ++c)
      values[r * cols + c] = ops::canonical(view.data[r * view.stride + c]);
  return rows;
}

} // namespace heed
