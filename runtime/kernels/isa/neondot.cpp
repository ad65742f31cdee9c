#include "runtime/kernels/simd/neondot.hpp"

#include "runtime/kernels/isa/make_table.hpp"

namespace heed::kernels {
constexpr KernelTable kTableNeonDot = int8_table<NeonDot>("neondot");
} // namespace heed::kernels
