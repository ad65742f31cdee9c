// Linked into a test program, it prints which kernels the program runs. Fails where there are none, or where
// a build fell back to the scalar reference unasked.
#include <heed/model.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

namespace heed::test {
namespace {

class ReportKernels final : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& /*test*/) override {
    std::printf("kernels: %s\n", active_isa());
    EXPECT_STRNE(active_isa(), "") << "HEED_ISA names an instruction set that is not there";
    if (std::getenv("HEED_ISA") == nullptr) {
      EXPECT_STRNE(active_isa(), "scalar");
    }
  }
};

[[maybe_unused]] const bool listening = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new ReportKernels); // gtest owns it
  return true;
}();

} // namespace
} // namespace heed::test
