#include "runtime/kernels/simd/sse41.hpp"

#include "runtime/kernels/isa/make_table.hpp"

namespace heed::kernels {
constexpr KernelTable kTableSse41 = int8_table<Sse41>("sse41");
} // namespace heed::kernels
