#include "runtime/session/impl.hpp"

#include "runtime/base/fp_scope.hpp"
#include "runtime/session/features.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <new>
#include <string>

namespace heed {

namespace {

constexpr std::uint32_t kMostThreads = 256;
constexpr std::uint64_t kRowsWorthSharing = 8192; // of the catalogue for one user: about 10 us of work
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
  if (resolved.running_history > kMaxLimit || resolved.drop_at_once == 0 ||
      resolved.drop_at_once > resolved.max_history)
    return invalid("SessionOptions::running_history is " + std::to_string(resolved.running_history) +
                   " and drop_at_once " + std::to_string(resolved.drop_at_once) + "; they must be 0 to " +
                   std::to_string(kMaxLimit) + ", and 1 to max_history (" +
                   std::to_string(resolved.max_history) + ")");
  if (resolved.running_history > 0 && resolved.running_history < resolved.max_history)
    return invalid("SessionOptions::running_history is " + std::to_string(resolved.running_history) +
                   ", less than the " + std::to_string(resolved.max_history) + " events that count");
  if (resolved.threads == 0 || resolved.threads > kMostThreads)
    return invalid("SessionOptions::threads is " + std::to_string(resolved.threads) + "; it must be 1 to " +
                   std::to_string(kMostThreads));
  return resolved;
}

Result<ArenaLayout> Session::Impl::lay_out(const format::LoadedModel& model, const SessionOptions& options,
                                           plan::Plan* plan) {
  std::vector<int> kept;
  for (const format::NamedOutput& output : model.outputs) kept.push_back(output.value);
  *plan = plan::make_plan(model.graph, kept, model.graph.events_of(options.max_history),
                          options.running_history > 0);
  ArenaLayout layout;
  layout.encoder = EncoderLayout::make(model.graph, *plan, options.max_history);
  layout.group = model.interests == 1 ? std::min<std::size_t>(options.max_batch, ops::kGroup) : 1;
  layout.encoder_count = std::min<std::size_t>(options.threads, layout.group);
  std::uint64_t end = 0;
  bool fits = true;
  // `count` elements of `bytes`.
  const auto place = [&](const char* name, std::uint64_t count, std::uint64_t bytes) {
    const std::uint64_t offset = end;
    std::uint64_t size = 0;
    fits = fits && base::checked_mul(count, bytes, &size) &&
           size < std::numeric_limits<std::size_t>::max() / 4 &&
           base::checked_add(end, base::round_up(size, base::kAlignment), &end);
    if (end > offset) layout.regions.push_back({name, offset, end - offset});
    return offset;
  };
  const std::uint64_t group = layout.group, threads = options.threads;
  const std::uint64_t floats = base::round_up(model.dim, kernels::kBlock) * sizeof(float);
  const std::uint64_t bytes = base::round_up(model.dim, base::kAlignment);
  layout.encoders = place("encoders", layout.encoder_count, layout.encoder.bytes);
  layout.excluded = place("items to leave out", group * options.max_excluded, sizeof(std::uint64_t));
  layout.candidates = place("candidates", options.max_candidates, sizeof(std::uint64_t));
  layout.best = place("best items", threads * group * options.max_k, sizeof(ops::ScoredRow));
  layout.tops = place("lists of best items", threads * group, sizeof(ops::TopK));
  const std::uint64_t vectors = std::max<std::uint64_t>(group, model.interests);
  layout.quantized = place("quantized user vectors", vectors, bytes);
  layout.quants = place("scales of user vectors", vectors, sizeof(kernels::RowQuant));
  layout.norms = place("norms of user vectors", vectors, sizeof(float));
  layout.zeros = place("vector of zeros", model.items.prior != nullptr ? 1 : 0, floats);
  layout.running = place("running history", 1, RunningHistory::bytes(model.graph, options));
  layout.vectors = place("user vectors", group > 1 ? group : 0, floats);
  layout.bytes = end;
  if (!fits || end > std::numeric_limits<std::size_t>::max() / 2)
    return invalid("the arena would not fit the address space");
  return layout;
}

Session::Impl::Impl(std::shared_ptr<const format::LoadedModel> model, const SessionOptions& resolved,
                    plan::Plan plan, const ArenaLayout& layout, const kernels::KernelTable& kernels,
                    std::byte* arena, base::AlignedBuffer owned, std::unique_ptr<base::ThreadPool> pool)
    : options(resolved), model_(std::move(model)), plan_(std::move(plan)), layout_(layout), kernels_(kernels),
      owned_(std::move(owned)), arena_(arena), running_(model_->graph, resolved, arena + layout.running),
      pool_(std::move(pool)) {
  for (std::size_t e = 0; e < layout_.encoder_count; ++e)
    encoders_.emplace_back(*model_, plan_, layout_.encoder, kernels_,
                           arena_ + layout_.encoders + e * layout_.encoder.bytes);
  if (model_->items.prior != nullptr)
    std::fill_n(at<float>(layout_.zeros), base::round_up(model_->dim, kernels::kBlock), 0.0f);
  if (pool_ != nullptr) {
    parallel_context_ = pool_.get();
    parallel_for_ = [](void* context, std::size_t tasks, base::Task task, void* argument) {
      static_cast<base::ThreadPool*>(context)->run(tasks, task, argument);
    };
  } else if (options.threads > 1) {
    parallel_context_ = options.parallel_context;
    parallel_for_ = options.parallel_for;
  }
}

Status Session::Impl::begin(const Request& request, UnknownItem unknown) {
  if (Status status = running_.check_exists(); !status.ok()) return status;
  if (request.running) return invalid("the running history cannot begin with itself");
  if (Status status = encoders_[0].resolve(request, options.max_history, unknown, nullptr); !status.ok())
    return status;
  running_.begin(request);
  return {};
}

Status Session::Impl::append(std::int64_t item, Span<const FeatureValues> features, UnknownItem unknown) {
  if (Status status = running_.check_exists(); !status.ok()) return status;
  if (unknown == UnknownItem::error && model_->items.find(item) < 0)
    return unknown_item("the appended event", item);
  return running_.append(item, features, unknown);
}

Status Session::Impl::resolve_request(Encoder& encoder, const Request& request, UnknownItem unknown,
                                      RowList* seen) {
  if (!request.running) return encoder.resolve(request, options.max_history, unknown, seen);
  if (Status status = running_.check_exists(); !status.ok()) return status;
  if (!request.history.empty() || !request.features.empty())
    return invalid("a request of the running history has events or features of its own; append them");
  return encoder.resolve(running_.request(), running_.window(), unknown, seen);
}

Status Session::Impl::resolve_list(Span<const std::int64_t> ids, UnknownItem unknown, const char* what,
                                   RowList* list) const {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int64_t row = model_->items.find(ids[i]);
    if (row < 0 && unknown == UnknownItem::error)
      return unknown_item(std::string(what) + " " + std::to_string(i), ids[i]);
    if (row < 0) continue;
    if (Status status = list->add(row); !status.ok()) return status;
  }
  list->sort();
  return {};
}

ops::CatalogueScorer Session::Impl::scorer(const Encoder& encoder) const {
  const format::Catalogue& items = model_->items;
  const bool prior = encoder.empty() && items.prior != nullptr;
  std::size_t interests = 1;
  const ops::RowsView vectors = prior ? ops::RowsView{at<float>(layout_.zeros), 0} : encoder.user(&interests);
  return {kernels_,
          items.rows,
          prior ? items.prior : items.bias,
          vectors,
          interests,
          at<std::int8_t>(layout_.quantized),
          at<kernels::RowQuant>(layout_.quants),
          at<float>(layout_.norms)};
}

std::size_t Session::Impl::scan_parts(std::size_t users) const {
  if (parallel_for_ == nullptr) return 1;
  const std::uint64_t worth = model_->items.items * users / kRowsWorthSharing;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(worth, 1, options.threads));
}

ops::TopK* Session::Impl::new_top(std::size_t thread, std::size_t user, std::size_t k) const {
  const std::size_t index = thread * layout_.group + user;
  return new (at<ops::TopK>(layout_.tops) + index)
      ops::TopK(at<ops::ScoredRow>(layout_.best) + index * options.max_k, k);
}

Status Session::Impl::check_recommend(std::size_t k, const RecommendOptions& rules) const {
  if (k == 0) return invalid("k is 0; at least one item must be asked for");
  if (k > model_->items.items)
    return invalid("k is " + std::to_string(k) + "; the catalogue has " +
                   std::to_string(model_->items.items) + " items");
  if (k > options.max_k)
    return exceeded("k is " + std::to_string(k) + "; SessionOptions::max_k is " +
                    std::to_string(options.max_k));
  if (rules.allow.size() > options.max_candidates)
    return exceeded("the allow list has " + std::to_string(rules.allow.size()) +
                    " ids; SessionOptions::max_candidates is " + std::to_string(options.max_candidates));
  return {};
}

RowList Session::Impl::excluded_of(std::size_t user) const {
  return {at<std::uint64_t>(layout_.excluded) + user * options.max_excluded, 0, options.max_excluded};
}

Status Session::Impl::resolve_user(Encoder& encoder, const Request& request, const RecommendOptions& rules,
                                   RowList* excluded) {
  if (Status status =
          resolve_request(encoder, request, rules.unknown, rules.exclude_seen ? excluded : nullptr);
      !status.ok())
    return status;
  return resolve_list(rules.deny, rules.unknown, "deny list entry", excluded);
}

void Session::Impl::write(const ops::TopK& best, Span<Recommendation> out) const {
  Recommendation* next = out.data();
  for (const ops::ScoredRow& kept : best) *next++ = {model_->items.id(kept.row), kept.score};
}

ops::TopK* Session::Impl::scan_catalogue(const ops::CatalogueScorer& catalogue, std::size_t k,
                                         const RowList& excluded) {
  const std::size_t parts = scan_parts(1);
  std::atomic<std::uint64_t> bytes{0};
  parallel(parts, [&](std::size_t part) {
    const base::FpScope mode;
    bytes += catalogue.collect(part_start(part, parts), part_start(part + 1, parts), excluded.view(),
                               new_top(part, 0, k));
  });
  scanned_bytes_ = bytes;
  for (std::size_t part = 1; part < parts; ++part) top(0, 0).merge(top(part, 0));
  return &top(0, 0);
}

Result<std::size_t> Session::Impl::recommend(const Request& request, std::size_t k,
                                             const RecommendOptions& rules, Span<Recommendation> out) {
  const base::FpScope mode;
  if (Status status = check_recommend(k, rules); !status.ok()) return status;
  if (out.size() < k)
    return invalid("room for " + std::to_string(out.size()) + " results, but k is " + std::to_string(k));
  Encoder& encoder = encoders_[0];
  RowList excluded = excluded_of(0),
          allowed{at<std::uint64_t>(layout_.candidates), 0, options.max_candidates};
  if (Status status = resolve_user(encoder, request, rules, &excluded); !status.ok()) return status;
  if (Status status = resolve_list(rules.allow, rules.unknown, "allow list entry", &allowed); !status.ok())
    return status;
  encoder.run();
  const ops::CatalogueScorer catalogue = scorer(encoder);
  ops::TopK* best;
  if (rules.allow.empty()) {
    best = scan_catalogue(catalogue, k, excluded);
  } else {
    best = new_top(0, 0, k);
    catalogue.collect_of(allowed.view(), excluded.view(), best);
  }
  catalogue.finish(best);
  write(*best, out);
  return best->size();
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
  Encoder& encoder = encoders_[0];
  if (Status status = resolve_request(encoder, request, unknown, nullptr); !status.ok()) return status;

  constexpr std::uint64_t kNoScore = ~std::uint64_t{0};
  std::uint64_t* rows = at<std::uint64_t>(layout_.candidates);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    std::int64_t row = model_->items.find(candidates[i]);
    if (row < 0 && unknown == UnknownItem::error)
      return unknown_item("candidate " + std::to_string(i), candidates[i]);
    if (row < 0 && unknown == UnknownItem::substitute) row = model_->items.unknown_row;
    rows[i] = row < 0 ? kNoScore : static_cast<std::uint64_t>(row);
  }
  encoder.run();
  const ops::CatalogueScorer catalogue = scorer(encoder);
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
  Encoder& encoder = encoders_[0];
  if (Status status = resolve_request(encoder, request, unknown, nullptr); !status.ok()) return status;
  encoder.run();
  std::size_t rows;
  const ops::RowsView view = encoder.output(*found, &rows);
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
