#include "runtime/kernels/simd/avx2.hpp"

#include "runtime/kernels/isa/make_table.hpp"

namespace heed::kernels {
constexpr KernelTable kTableAvx2 = full_table<Avx2>("avx2");
} // namespace heed::kernels
