// What this machine can do at most: arithmetic from registers, and reading memory. Kernels are held against
// the lesser of the two.
#ifndef HEED_BENCH_ROOFLINE_ROOFLINE_HPP
#define HEED_BENCH_ROOFLINE_ROOFLINE_HPP

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace heed::bench {

enum class Arithmetic { fp32, int8 };
const char* name(Arithmetic arithmetic);

// The instructions that a kernel of this instruction set repeats, on as many independent registers as hide
// their latency.
struct ComputePeak {
  const char* isa; // as KernelTable::isa, or one that has no table
  Arithmetic arithmetic;
  const char* sequence;
  double gops; // a multiply-add is two operations
};

constexpr std::size_t kReadLoops = 4;
extern const std::array<const char*, kReadLoops> kReadLoopNames;

// Reading from a level of memory.
struct ReadPeak {
  std::string where;
  std::size_t bytes;    // that were read again and again
  std::size_t capacity; // data up to this size lie there
  const char* isa;      // whose registers were loaded: the widest of the machine
  std::array<double, kReadLoops> gbs;

  double best() const;
};

struct Roofline {
  std::vector<ComputePeak> compute;
  std::vector<ReadPeak> reads; // by capacity

  // GOP/s that no kernel of the instruction set exceeds which does `operations` on `bytes` of data; 0 where
  // nothing was measured for it.
  double gops(const std::string& isa, Arithmetic arithmetic, double operations, double bytes) const;
};

// Takes about two seconds, and 256 MB of memory.
Roofline measure_roofline();

// The parts of it.
std::vector<ComputePeak> measure_compute();
std::vector<ReadPeak> measure_reads();

} // namespace heed::bench

#endif // HEED_BENCH_ROOFLINE_ROOFLINE_HPP
