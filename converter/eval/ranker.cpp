#include "converter/eval/ranker.hpp"

#include "converter/error.hpp"
#include "converter/random.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace heed::eval {

using convert::Error;

namespace {

// Candidates of one call: what an ordinary catalogue has, and for a large one so many that the history,
// encoded anew in each call, costs little beside them.
constexpr std::size_t kChunk = 65536;

std::size_t candidates_of_a_call(const Catalogue& catalogue, const EvaluateOptions& options) {
  const std::size_t all = std::min(catalogue.size(), kChunk);
  return options.protocol == Protocol::full ? all
                                            : std::min<std::size_t>(all, std::size_t{options.negatives} + 1);
}

Session make_session(const Model& model, std::size_t candidates) {
  SessionOptions limits;
  limits.max_k = 1;
  limits.max_excluded = 1;
  limits.max_candidates = static_cast<std::uint32_t>(candidates);
  return convert::unwrap(Session::create(model, limits));
}

} // namespace

Ranker::Ranker(const Model& model, const Interactions& data, const Catalogue& catalogue,
               const EvaluateOptions& options)
    : data_(data), catalogue_(catalogue), options_(options),
      session_(make_session(model, candidates_of_a_call(catalogue, options))),
      features_(model.info().inputs, data) {
  if (options.protocol == Protocol::sampled) taken_.assign(catalogue.size(), 0);
}

std::uint64_t Ranker::rank(std::size_t user) {
  const Span<const std::int64_t> events = data_.history(user);
  const Request request(events.subspan(0, events.size() - 1), features_.of_request(user));
  const std::size_t target = catalogue_.find(events[events.size() - 1]);
  find_seen(request.history, target);
  return options_.protocol == Protocol::full ? rank_in_catalogue(request, target)
                                             : rank_in_sample(request, target, user);
}

void Ranker::find_seen(Span<const std::int64_t> history, std::size_t target) {
  seen_.clear();
  for (const std::int64_t id : history) {
    const std::size_t place = catalogue_.find(id);
    if (place != Catalogue::npos && place != target) seen_.push_back(place);
  }
  std::sort(seen_.begin(), seen_.end());
  seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
}

void Ranker::score(const Request& request, Span<const std::int64_t> candidates) {
  const std::size_t step = session_.options().max_candidates;
  scores_.resize(candidates.size());
  for (std::size_t at = 0; at < candidates.size(); at += step) {
    const std::size_t count = std::min(step, candidates.size() - at);
    convert::check(session_.score(request, candidates.subspan(at, count), options_.unknown,
                                  Span<float>(scores_.data() + at, count)));
  }
}

std::uint64_t Ranker::rank_in_catalogue(const Request& request, std::size_t target) {
  score(request, catalogue_.ids());
  const float own = scores_[target];
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < scores_.size(); ++i) before += ranks_before(scores_[i], i, own, target);
  if (options_.seen != Seen::keep)
    for (const std::size_t i : seen_) { // they were counted with their own scores
      before -= ranks_before(scores_[i], i, own, target);
      if (options_.seen == Seen::zero) before += ranks_before(0.0f, i, own, target);
    }
  return before + 1;
}

std::uint64_t Ranker::rank_in_sample(const Request& request, std::size_t target, std::size_t user) {
  const std::size_t unseen = catalogue_.size() - seen_.size() - 1;
  if (unseen < options_.negatives)
    throw Error(StatusCode::data_mismatch, "only " + std::to_string(unseen) + " items are left to draw " +
                                               std::to_string(options_.negatives) +
                                               " negatives from; ask for fewer, or rank the full catalogue");
  places_.assign(1, target);
  taken_[target] = 1;
  for (const std::size_t place : seen_) taken_[place] = 1;
  // The stream of the user's place in the file.
  convert::SplitMix64 random = convert::stream_of(options_.seed, user);
  while (places_.size() <= options_.negatives) {
    const std::size_t place = static_cast<std::size_t>(random.below(catalogue_.size()));
    if (taken_[place]) continue;
    taken_[place] = 1;
    places_.push_back(place);
  }
  for (const std::size_t place : seen_) taken_[place] = 0;
  for (const std::size_t place : places_) taken_[place] = 0;

  candidates_.clear();
  for (const std::size_t place : places_) candidates_.push_back(catalogue_.ids()[place]);
  score(request, candidates_);
  std::uint64_t before = 0;
  for (std::size_t i = 1; i < places_.size(); ++i)
    before += ranks_before(scores_[i], places_[i], scores_[0], target);
  return before + 1;
}

} // namespace heed::eval
