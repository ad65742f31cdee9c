#include "runtime/kernels/cpu.hpp"
#include "tests/runtime/kernels/support.hpp"

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace heed::kernels::test {
namespace {

// Says which tables the process tested.
class PrintTables : public testing::Environment {
  void SetUp() override {
    std::printf("kernel tables:");
    for (const KernelTable* table : all_tables()) std::printf(" %s", table->isa);
    std::printf("\n");
  }
};
[[maybe_unused]] const testing::Environment* const print_tables =
    testing::AddGlobalTestEnvironment(new PrintTables);

TEST(Dispatch, ScalarIsLast) {
  EXPECT_EQ(all_tables().back(), &kTableScalar);
}

TEST(Dispatch, TablesHaveEveryKernel) {
  for (const KernelTable* table : all_tables()) {
#define HEED_KERNEL(name) EXPECT_NE(table->name, nullptr) << table->isa << " lacks " #name;
#include "runtime/kernels/kernels.inc"
#undef HEED_KERNEL
  }
}

TEST(Dispatch, ListCoversTheWholeTable) {
  std::size_t kernels = 0;
#define HEED_KERNEL(name) ++kernels;
#include "runtime/kernels/kernels.inc"
#undef HEED_KERNEL
  EXPECT_EQ(sizeof(KernelTable), sizeof(const char*) + kernels * sizeof(&kTableScalar.linear_f32));
}

// A build that lost its SIMD kernels is correct and slow; nothing else would notice. HEED_ISAS can leave them
// out on purpose.
TEST(Dispatch, BaselineSimdIsThere) {
  [[maybe_unused]] const std::vector<const KernelTable*> tables = simd_tables();
#if defined(HEED_ISA_SSE2) || defined(HEED_ISA_NEON)
  ASSERT_FALSE(tables.empty());
#if defined(__x86_64__)
  EXPECT_STREQ(tables.back()->isa, "sse2");
#elif defined(__aarch64__)
  EXPECT_STREQ(tables.back()->isa, "neon");
#endif
#elif defined(__x86_64__) || defined(__aarch64__)
  GTEST_SKIP() << "built without the baseline kernels";
#endif
}

// An emulated processor has kernels that are known beforehand: the environment says which.
TEST(Dispatch, ChoosesWhatTheProcessorIsKnownToHave) {
  const char* const expected = std::getenv("HEED_EXPECTED_ISA");
  if (expected == nullptr) GTEST_SKIP() << "no HEED_EXPECTED_ISA";
  ASSERT_NE(active_table(), nullptr);
  EXPECT_STREQ(active_table()->isa, expected);
}

#if defined(__x86_64__) && defined(__GNUC__)
TEST(Dispatch, DetectionAgreesWithTheCompilersOwn) {
  __builtin_cpu_init();
  const Cpu cpu = detect_cpu();
  EXPECT_EQ(cpu.sse41, __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3"));
  EXPECT_EQ(cpu.avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  EXPECT_EQ(cpu.avx512, __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd"));
  EXPECT_EQ(cpu.avx512vnni, cpu.avx512 && __builtin_cpu_supports("avx512vnni"));
}
#endif

TEST(Dispatch, FullListIsCountedButNotOverrun) {
  const KernelTable* one[2] = {nullptr, nullptr};
  const std::size_t count = available_tables(one, 1);
  EXPECT_EQ(count, all_tables().size());
  EXPECT_EQ(one[0], all_tables().front());
  EXPECT_EQ(one[1], nullptr);
}

// The choice is made once for a process; CMakeLists.txt runs this test with HEED_ISA set to each name.
TEST(Dispatch, ActiveTableIsTheForcedOneOrTheBest) {
  const char* forced = std::getenv("HEED_ISA");
  const KernelTable* expected = nullptr;
  for (const KernelTable* table : all_tables())
    if (!expected && (!forced || !*forced || std::string(table->isa) == forced)) expected = table;
  EXPECT_EQ(active_table(), expected);
}

TEST(Dispatch, SameAnswerFromManyThreads) {
  const KernelTable* seen[8];
  std::vector<std::thread> threads;
  for (const KernelTable*& slot : seen) threads.emplace_back([&slot] { slot = active_table(); });
  for (std::thread& thread : threads) thread.join();
  for (const KernelTable* table : seen) EXPECT_EQ(table, active_table());
}

} // namespace
} // namespace heed::kernels::test
