#include "runtime/kernels/simd/avx512.hpp"

#include "runtime/kernels/isa/make_table.hpp"

namespace heed::kernels {
constexpr KernelTable kTableAvx512 = full_table<Avx512>("avx512");
} // namespace heed::kernels
