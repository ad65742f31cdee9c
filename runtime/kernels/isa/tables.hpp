// The tables that the files of this folder and reference/ define; those that a build has, HEED_ISA_<NAME>
// says.
#ifndef HEED_RUNTIME_KERNELS_ISA_TABLES_HPP
#define HEED_RUNTIME_KERNELS_ISA_TABLES_HPP

#include "runtime/kernels/kernels.hpp"

#define HEED_HIDDEN __attribute__((visibility("hidden")))

namespace heed::kernels {

extern const KernelTable kTableScalar HEED_HIDDEN;
extern const KernelTable kTableSse2 HEED_HIDDEN;
extern const KernelTable kTableSse41 HEED_HIDDEN; // only the 8-bit kernels: the rest is null
extern const KernelTable kTableAvx2 HEED_HIDDEN;
extern const KernelTable kTableAvxVnni HEED_HIDDEN; // only the 8-bit kernels
extern const KernelTable kTableAvx512 HEED_HIDDEN;
extern const KernelTable kTableAvx512Vnni HEED_HIDDEN; // only the 8-bit kernels
extern const KernelTable kTableNeon HEED_HIDDEN;
extern const KernelTable kTableNeonDot HEED_HIDDEN;  // only the 8-bit kernels
extern const KernelTable kTableNeonI8mm HEED_HIDDEN; // only the 8-bit kernels

} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_ISA_TABLES_HPP
