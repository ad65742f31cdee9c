#include "converter/cli/model_file.hpp"

#include "converter/cli/output.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace heed::cli {

namespace {

constexpr std::size_t kHighest = std::numeric_limits<std::uint32_t>::max();

// `have` when it is enough, otherwise twice what is needed.
std::uint32_t grown(std::uint32_t have, std::size_t need, const char* what) {
  if (need <= have) return have;
  if (need > kHighest)
    throw convert::Error(
        StatusCode::limit_exceeded,
        fmt::format("{} {} are more than a session can take ({})", grouped(need), what, grouped(kHighest)));
  return static_cast<std::uint32_t>(std::min(2 * need, kHighest));
}

} // namespace

Session& GrowingSession::fit(const Needs& needs) {
  if (needs.k > model_.items())
    throw convert::Error(StatusCode::invalid_argument, fmt::format("k is {}, but the catalogue has {} items",
                                                                   needs.k, grouped(model_.items())));
  SessionOptions limits = session_ ? session_->options() : SessionOptions{};
  const SessionOptions before = limits;
  limits.max_k = grown(limits.max_k, needs.k, "items to return");
  limits.max_candidates = grown(limits.max_candidates, needs.candidates, "candidates or allowed ids");
  limits.max_excluded = grown(limits.max_excluded, needs.excluded, "seen and denied ids");
  limits.max_k = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(model_.items(), 1, limits.max_k));
  if (needs.keeps_events) limits.running_history = model_.max_history();
  const bool enough = session_ && limits.running_history == before.running_history &&
                      limits.max_k == before.max_k && limits.max_candidates == before.max_candidates &&
                      limits.max_excluded == before.max_excluded;
  if (!enough) {
    session_.reset(); // its memory first
    session_.emplace(unwrap(Session::create(model_, limits)));
  }
  return *session_;
}

} // namespace heed::cli
