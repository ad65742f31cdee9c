#include "runtime/kernels/simd/neoni8mm.hpp"

#include "runtime/kernels/isa/make_table.hpp"

namespace heed::kernels {
constexpr KernelTable kTableNeonI8mm = int8_table<NeonI8mm>("neoni8mm");
} // namespace heed::kernels
