#include "runtime/kernels/simd/avx512vnni.hpp"

#include "runtime/kernels/isa/make_table.hpp"

namespace heed::kernels {
constexpr KernelTable kTableAvx512Vnni = int8_table<Avx512Vnni>("avx512vnni");
} // namespace heed::kernels
