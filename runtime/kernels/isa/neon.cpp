#include "runtime/kernels/simd/neon.hpp"

#include "runtime/kernels/isa/make_table.hpp"

namespace heed::kernels {
constexpr KernelTable kTableNeon = full_table<Neon>("neon");
} // namespace heed::kernels
