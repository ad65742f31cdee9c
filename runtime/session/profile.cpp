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
    if (Status status = check_recommend(k, {}); !status.ok()) return status;
  if (out.size() < plan_.steps.size() + scans)
    return Status(StatusCode::invalid_argument, "room for " + std::to_string(out.size()) +
                                                    " times, but there are up to " +
                                                    std::to_string(plan_.steps.size() + scans) + " steps");
  Encoder& encoder = encoders_[0];
  RowList excluded = excluded_of(0);
  if (Status status = resolve_request(encoder, request, unknown, scans ? &excluded : nullptr); !status.ok())
    return status;
  excluded.sort();

  const std::size_t steps = encoder.empty() ? 0 : plan_.steps.size();
  const ops::Graph& graph = model_->graph;
  for (std::size_t s = 0; s < steps; ++s) {
    const auto index = static_cast<std::size_t>(plan_.steps[s].index);
    if (plan_.steps[s].kind == plan::Step::Kind::node)
      out[s] = {graph.nodes[index].name.c_str(), graph.nodes[index].op->name, 0};
    else
      out[s] = {graph.values[index].name.c_str(), "quantize", 0};
  }
  Stopwatch watch{out.data()};
  const plan::StepObserver observer = {
      [](void* context, std::size_t) { static_cast<Stopwatch*>(context)->stop(); }, &watch};
  encoder.run(&observer);
  if (scans) {
    out[steps] = {"catalogue", "scan", 0};
    scan_catalogue(scorer(encoder), k, excluded);
    watch.stop();
  }
  return steps + scans;
}

} // namespace heed
