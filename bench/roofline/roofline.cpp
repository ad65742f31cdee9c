#include "bench/roofline/roofline.hpp"

#include "bench/roofline/compute.hpp"
#include "bench/roofline/timing.hpp"

#include <algorithm>

namespace heed::bench {

const char* name(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::fp32 ? "fp32" : "int8";
}

#if !defined(__x86_64__) && !defined(__aarch64__)
std::vector<Sequence> sequences() {
  return {};
}
#endif

std::vector<ComputePeak> measure_compute() {
  std::vector<ComputePeak> peaks;
  for (const Sequence& sequence : sequences())
    peaks.push_back({sequence.isa, sequence.arithmetic, sequence.instructions,
                     best_rate(sequence.operations, 15, sequence.run)});
  return peaks;
}

Roofline measure_roofline() {
  return {measure_compute(), measure_reads()};
}

double Roofline::gops(const std::string& isa, Arithmetic arithmetic, double operations, double bytes) const {
  const auto peak = std::find_if(compute.begin(), compute.end(), [&](const ComputePeak& p) {
    return p.isa == isa && p.arithmetic == arithmetic;
  });
  const auto read = std::find_if(reads.begin(), reads.end(),
                                 [&](const ReadPeak& r) { return bytes <= static_cast<double>(r.capacity); });
  if (peak == compute.end() || read == reads.end()) return 0;
  return std::min(peak->gops, read->best() * operations / bytes);
}

} // namespace heed::bench
