#include "runtime/kernels/cpu.hpp"
#include "runtime/kernels/isa/tables.hpp"

#include <cstdlib>
#include <cstring>

namespace heed::kernels {
namespace {

class Tables {
 public:
  Tables() {
    [[maybe_unused]] const Cpu cpu = detect_cpu();
    // Best first. CMake defines HEED_ISA_<NAME> for each file of isa/ that it builds.
#if defined(HEED_ISA_AVX512VNNI)
    if (cpu.avx512vnni) add_extended(kTableAvx512Vnni, kTableAvx512);
#endif
#if defined(HEED_ISA_AVX512)
    if (cpu.avx512) add(kTableAvx512);
#endif
#if defined(HEED_ISA_AVXVNNI)
    if (cpu.avxvnni) add_extended(kTableAvxVnni, kTableAvx2);
#endif
#if defined(HEED_ISA_AVX2)
    if (cpu.avx2) add(kTableAvx2);
#endif
#if defined(HEED_ISA_SSE41)
    if (cpu.sse41) add_extended(kTableSse41, kTableSse2);
#endif
#if defined(HEED_ISA_SSE2)
    if (cpu.sse2) add(kTableSse2);
#endif
#if defined(HEED_ISA_NEONI8MM)
    if (cpu.neoni8mm) add_extended(kTableNeonI8mm, kTableNeon);
#endif
#if defined(HEED_ISA_NEONDOT)
    if (cpu.neondot) add_extended(kTableNeonDot, kTableNeon);
#endif
#if defined(HEED_ISA_NEON)
    if (cpu.neon) add(kTableNeon);
#endif
    add(kTableScalar);
    active_ = choose(std::getenv("HEED_ISA"));
  }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  const KernelTable* active() const {
    return active_;
  }
  const KernelTable* at(std::size_t i) const {
    return tables_[i];
  }
  std::size_t count() const {
    return count_;
  }

 private:
  void add(const KernelTable& table) {
    tables_[count_++] = &table;
  }
  // The int8 kernels of `extension`, everything else from `base`.
  [[maybe_unused]] void add_extended(const KernelTable& extension, const KernelTable& base) {
    KernelTable& table = extended_[extended_count_++];
    table = base;
    table.isa = extension.isa;
    table.linear_i8 = extension.linear_i8;
    table.scan_i8 = extension.scan_i8;
    table.score_rows_i8 = extension.score_rows_i8;
    table.scan_users_i8 = extension.scan_users_i8;
    if (extension.scan_planes_i8 != nullptr) { // in the size preset some have none of their own
      table.scan_planes_i8 = extension.scan_planes_i8;
      table.score_planes_i8 = extension.score_planes_i8;
    }
    add(table);
  }

  const KernelTable* choose(const char* name) const {
    if (!name || !*name) return tables_[0];
    for (std::size_t i = 0; i < count_; ++i)
      if (std::strcmp(tables_[i]->isa, name) == 0) return tables_[i];
    return nullptr;
  }

  KernelTable extended_[3]{}; // as many as one processor may have
  std::size_t extended_count_ = 0;
  const KernelTable* tables_[8];
  std::size_t count_ = 0;
  const KernelTable* active_ = nullptr;
};

const Tables& tables() {
  static const Tables once;
  return once;
}

} // namespace

const KernelTable* active_table() noexcept {
  return tables().active();
}

std::size_t available_tables(const KernelTable** out, std::size_t capacity) noexcept {
  const Tables& all = tables();
  for (std::size_t i = 0; i < all.count() && i < capacity; ++i) out[i] = all.at(i);
  return all.count();
}

} // namespace heed::kernels
