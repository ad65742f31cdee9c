#include <heed/status.hpp>

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace heed {
namespace {

// Released numbers never change: they are written out here and not taken from the header.
TEST(StatusCode, NumbersAndNamesAreStable) {
  const std::pair<int, const char*> kCodes[] = {
      {0, "ok"},
      {100, "invalid_argument"},
      {101, "unknown_item"},
      {102, "limit_exceeded"},
      {103, "arena_too_small"},
      {104, "option_required"},
      {105, "data_mismatch"},
      {106, "usage"},
      {107, "not_supported"},
      {108, "unknown_feature"},
      {109, "feature_length"},
      {110, "times_backwards"},
      {111, "unknown_id"},
      {200, "file_truncated"},
      {201, "file_foreign"},
      {202, "file_malformed"},
      {203, "version_unsupported"},
      {204, "feature_unsupported"},
      {205, "op_unsupported"},
      {206, "graph_invalid"},
      {207, "checksum_mismatch"},
      {208, "value_not_finite"},
      {300, "checkpoint_malformed"},
      {301, "checkpoint_unsupported"},
      {302, "weights_missing"},
      {303, "weights_unused"},
      {304, "weights_shape"},
      {305, "weights_not_finite"},
      {306, "family_unknown"},
      {307, "family_mismatch"},
      {400, "io_error"},
      {401, "file_not_found"},
      {402, "no_space"},
      {500, "out_of_memory"},
      {501, "isa_unsupported"},
  };
  for (const auto& [number, name] : kCodes) EXPECT_STREQ(status_name(static_cast<StatusCode>(number)), name);
  EXPECT_STREQ(status_name(static_cast<StatusCode>(99)), "unknown");
}

TEST(Result, HoldsAMoveOnlyValueOrAStatus) {
  Result<std::unique_ptr<int>> value(std::make_unique<int>(7));
  ASSERT_TRUE(value.ok());
  EXPECT_TRUE(value.status().ok());
  Result<std::unique_ptr<int>> moved(std::move(value));
  EXPECT_EQ(**moved, 7);

  Result<std::unique_ptr<int>> error(Status(StatusCode::unknown_item, "no item 5"));
  EXPECT_FALSE(error.ok());
  EXPECT_EQ(error.status().code(), StatusCode::unknown_item);
  EXPECT_EQ(error.status().message(), "no item 5");
}

TEST(Result, TakesAnotherResult) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  result = Result<std::unique_ptr<int>>(std::make_unique<int>(8));
  EXPECT_EQ(**result, 8);
  result = Result<std::unique_ptr<int>>(Status(StatusCode::unknown_item, "no item 5"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().message(), "no item 5");
  result = Result<std::unique_ptr<int>>(std::make_unique<int>(9));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(**result, 9);
  Result<std::unique_ptr<int>>& same = result;
  result = std::move(same);
  EXPECT_EQ(**result, 9);
}

} // namespace
} // namespace heed
