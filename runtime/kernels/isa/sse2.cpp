#include "runtime/kernels/simd/sse2.hpp"

#include "runtime/kernels/isa/make_table.hpp"

namespace heed::kernels {
constexpr KernelTable kTableSse2 = full_table<Sse2>("sse2");
} // namespace heed::kernels
