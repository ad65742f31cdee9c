// The rate at which work is done when nothing disturbs it.
#ifndef HEED_BENCH_ROOFLINE_TIMING_HPP
#define HEED_BENCH_ROOFLINE_TIMING_HPP

#include <algorithm>
#include <cstddef>

#include <time.h>

namespace heed::bench {

// That this thread has run: what others make it wait does not count.
inline double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// The best rate of several runs, in units of 1e9 a second: `run(repeats)` does `each` units `repeats` times.
template <class Run>
double best_rate(double each, int runs, Run run) {
  const auto seconds = [&](std::size_t repeats) {
    const double start = cpu_seconds();
    run(repeats);
    return cpu_seconds() - start;
  };
  // Long enough for the clock, and for the processor to reach its speed.
  std::size_t repeats = 1;
  while (seconds(repeats) < 1e-3) repeats *= 2;
  double best = 0;
  for (int i = 0; i < runs; ++i)
    best = std::max(best, each * static_cast<double>(repeats) / seconds(repeats) * 1e-9);
  return best;
}

} // namespace heed::bench

#endif // HEED_BENCH_ROOFLINE_TIMING_HPP
