// The sequences of one architecture, from compute_x86.cpp or compute_arm.cpp.
#ifndef HEED_BENCH_ROOFLINE_COMPUTE_HPP
#define HEED_BENCH_ROOFLINE_COMPUTE_HPP

#include "bench/roofline/roofline.hpp"

namespace heed::bench {

struct Sequence {
  const char* isa;
  Arithmetic arithmetic;
  const char* instructions;
  double operations; // of one repeat
  void (*run)(std::size_t repeats);
};

// Those that this build has and this machine runs.
std::vector<Sequence> sequences();

} // namespace heed::bench

// Defines `void name(std::size_t repeats)`, compiled for `target`, that applies `step` to each of `count`
// registers of type `Type`; `step` works on `s`, with `a` and `b` as registers whose contents the compiler
// does not know, so that it can move nothing out of the loop. `constraint` is the kind of register for asm.
// Every loop over the registers is unrolled, or they would be an array in memory.
#define HEED_SEQUENCE(name, target, constraint, Type, zero, value, count, step)                              \
  target __attribute__((noinline)) void name(std::size_t repeats) {                                          \
    Type sums[count];                                                                                        \
    _Pragma("GCC unroll 16") for (int j = 0; j < (count); ++j) sums[j] = zero;                               \
    Type a = value, b = value;                                                                               \
    for (std::size_t r = 0; r < repeats; ++r) {                                                              \
      _Pragma("GCC unroll 16") for (int j = 0; j < (count); ++j) {                                           \
        Type& s = sums[j];                                                                                   \
        asm volatile("" : "+" constraint(a), "+" constraint(b));                                             \
        step;                                                                                                \
      }                                                                                                      \
    }                                                                                                        \
    _Pragma("GCC unroll 16") for (int j = 0; j < (count); ++j) asm volatile("" : : constraint(sums[j]));     \
  }

#endif // HEED_BENCH_ROOFLINE_COMPUTE_HPP
