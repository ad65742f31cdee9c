#include "runtime/kernels/simd/avxvnni.hpp"

#include "runtime/kernels/isa/make_table.hpp"

namespace heed::kernels {
constexpr KernelTable kTableAvxVnni = int8_table<AvxVnni>("avxvnni");
} // namespace heed::kernels
