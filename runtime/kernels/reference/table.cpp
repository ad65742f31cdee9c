#include "runtime/kernels/isa/tables.hpp"
#include "runtime/kernels/reference/reference.hpp"

namespace heed::kernels {

const KernelTable kTableScalar = {
    "scalar",
#define HEED_KERNEL(name) &reference::name,
#include "runtime/kernels/kernels.inc"
#undef HEED_KERNEL
};

} // namespace heed::kernels
