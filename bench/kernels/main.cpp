// Times every kernel of every table that this CPU runs. Names are kernel/shape/isa, so that for example
// --benchmark_filter='linear_i8/.*avx2' picks; see README.md.
#include "bench/kernels/support.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const heed::kernels::KernelTable* tables[16];
  const std::size_t count = heed::kernels::available_tables(tables, 16);
  heed::bench::add_peak();
#define HEED_KERNEL(name)                                                                                    \
  for (std::size_t i = 0; i < count; ++i) heed::bench::add_##name(*tables[i]);
#include "runtime/kernels/kernels.inc"
#undef HEED_KERNEL
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
