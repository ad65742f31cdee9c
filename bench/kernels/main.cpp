// Times every kernel of every table that this CPU runs on the shapes of shapes.txt. Names are
// kernel/shape/isa, so that for example --benchmark_filter='linear_i8/.*avx2' picks; see README.md.
#include "bench/kernels/support.hpp"
#include "bench/roofline/timing.hpp"

#include <benchmark/benchmark.h>

namespace heed::bench {

namespace {

// What this machine can do, measured before the first benchmark.
const Roofline& roofline() {
  static const Roofline measured = measure_roofline();
  return measured;
}

void time(benchmark::State& state, const Work& work, const KernelTable& table,
          const std::function<void(const KernelTable&)>& run) {
  const double start = cpu_seconds();
  for (auto _ : state) {
    run(table);
    benchmark::ClobberMemory();
  }
  const double seconds = cpu_seconds() - start;
  const double gops = static_cast<double>(state.iterations()) * work.operations * 1e-9 / seconds;
  // Not as rates of the library, which writes /s behind every one.
  state.counters["GOP/s"] = gops;
  state.counters["GB/s"] = gops * work.bytes / work.operations;
  const double most = roofline().gops(table.isa, work.arithmetic, work.operations, work.bytes);
  if (most > 0) state.counters["of_roofline"] = gops / most;
}

} // namespace

void add(const std::string& kernel, const std::string& shape, const KernelTable& table,
         const std::function<Job()>& make) {
  const std::string name = kernel + "/" + shape + "/" + table.isa;
  benchmark::RegisterBenchmark(name.c_str(), [=, &table](benchmark::State& state) {
    // The library calls this again with more iterations until they take long enough.
    static std::string last;
    static Job job;
    static bool right;
    if (last != name) {
      job = {}; // its memory first
      job = make();
      job.run(kernels::kTableScalar);
      const std::string expected = job.result.copy();
      job.run(table);
      right = job.result.copy() == expected;
      last = name;
    }
    if (!right) {
      state.SkipWithError("differs from the scalar kernel");
      return;
    }
    time(state, job.work, table, job.run);
  });
}

} // namespace heed::bench

int main(int argc, char** argv) {
  using namespace heed::bench;
  std::string path = HEED_SHAPES;
  if (argc > 2 && std::string(argv[1]) == "--shapes") {
    path = argv[2];
    argv[2] = argv[0];
    argv += 2;
    argc -= 2;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const Shapes shapes(path);
  const KernelTable* tables[16];
  const std::size_t count = heed::kernels::available_tables(tables, 16);
#define HEED_KERNEL(name)                                                                                    \
  for (std::size_t i = 0; i < count; ++i) add_##name(*tables[i], shapes.of(#name));
#include "runtime/kernels/kernels.inc"
#undef HEED_KERNEL
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
