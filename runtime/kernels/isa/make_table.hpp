// Include after the header of an Arch: all kernel bodies, and the tables of them.
#ifndef HEED_RUNTIME_KERNELS_ISA_MAKE_TABLE_HPP
#define HEED_RUNTIME_KERNELS_ISA_MAKE_TABLE_HPP

#include "runtime/kernels/activation/elementwise.hpp"
#include "runtime/kernels/attention/attention.hpp"
#include "runtime/kernels/isa/tables.hpp"
#include "runtime/kernels/layer_norm/layer_norm.hpp"
#include "runtime/kernels/linear/linear_f32.hpp"
#include "runtime/kernels/linear/linear_i8.hpp"
#include "runtime/kernels/quantize/quantize_rows.hpp"
#include "runtime/kernels/scan/scan.hpp"
#include "runtime/kernels/scan/scan_planes.hpp"
#include "runtime/kernels/scan/scan_users.hpp"

namespace heed::kernels {
namespace {

template <class A>
constexpr KernelTable full_table(const char* isa) {
  return {
      isa,
#define HEED_KERNEL(name) &name<A>,
#include "runtime/kernels/kernels.inc"
#undef HEED_KERNEL
  };
}

// For an extension that only multiplies bytes faster: dispatch.cpp takes the rest from the level below.
template <class A>
constexpr KernelTable int8_table(const char* isa) {
  KernelTable table{};
  table.isa = isa;
  table.linear_i8 = &linear_i8<A>;
  table.scan_i8 = &scan_i8<A>;
  table.score_rows_i8 = &score_rows_i8<A>;
  table.scan_users_i8 = &scan_users_i8<A>;
  if constexpr (A::own_planes) {
    table.scan_planes_i8 = &scan_planes_i8<A>;
    table.score_planes_i8 = &score_planes_i8<A>;
  }
  return table;
}

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_ISA_MAKE_TABLE_HPP
