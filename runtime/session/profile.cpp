// One request with a clock between its steps.
#include "runtime/base/fp_scope.hpp"
#include "runtime/session/impl.hpp"

#include <chrono>
#include <string>

namespace heed {

namespace {

using Clock = std::chrono::steady_clock;

// Fills one entry after another with the time since the one before.
struct Stopwatch {
  OperatorTime* next;
  Clock::time_point since = Clock::now();

  void stop() {
    const Clock::time_point now = Clock::now();
    next->nanoseconds =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now - since).count());
    ++next;
    since = now;
  }
};

} // namespace

Result<std::size_t> Session::Impl::profile(const Request& request, std::size_t k, UnknownItem unknown,
                                           Span<OperatorTime> out) {
  const base::FpScope mode;
  const bool scans = k > 0;
  if (scans)
    if (Status status = check_k(k); !status.ok()) return status;
  if (out.size() < plan_.steps.size() + scans)
    return Status(StatusCode::invalid_argument,
                  "room for fewer than " + std::to_string(plan_.steps.size() + scans) + " times");
  RowList excluded{at<std::uint64_t>(layout_.excluded), 0, options.max_excluded};
  if (Status status = resolve_request(request, unknown, scans ? &excluded : nullptr); !status.ok())
    return status;
  excluded.sort();

  const std::size_t steps = history_.events > 0 ? plan_.steps.size() : 0;
  const ops::Graph& graph = model_->graph;
  for (std::size_t s = 0; s < steps; ++s) {
    const auto index = static_cast<std::size_t>(plan_.steps[s].index);
    if (plan_.steps[s].kind == plan::Step::Kind::node)
      out[s] = {graph.nodes[index].name.c_str(), graph.nodes[index].op->name, 0};
    else
      out[s] = {graph.values[index].name.c_str(), "quantize", 0};
  }
  Stopwatch watch{out.data()};
  if (steps > 0)
    plan::watch_plan(plan_, graph, kernels_, arena_, rows_.data(), quantized_.data(), history_,
                     {[](void* context, std::size_t) { static_cast<Stopwatch*>(context)->stop(); }, &watch});
  if (scans) {
    out[steps] = {"catalogue", "scan", 0};
    scorer().best(model_->items.items, Span<const std::uint64_t>(excluded.rows, excluded.size),
                  at<ops::ScoredRow>(layout_.best), k);
    watch.stop();
  }
  return steps + scans;
}

} // namespace heed
