#include "runtime/base/nearest.hpp"

#include <gtest/gtest.h>

namespace heed::base {
namespace {

TEST(EditDistance, CountsSingleEdits) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("sasrec", "sasrec"), 0u);
}

TEST(Nearest, PicksTheClosest) {
  EXPECT_EQ(nearest("sasrek", {"bert4rec", "sasrec", "narm"}), "sasrec");
  EXPECT_EQ(nearest("attention_layers.0.in_proj_bais",
                    {"attention_layers.0.in_proj_weight", "attention_layers.0.in_proj_bias"}),
            "attention_layers.0.in_proj_bias");
}

TEST(Nearest, NothingIsNear) {
  EXPECT_EQ(nearest("sasrec", {"hstu", "transformer"}), "");
  EXPECT_EQ(nearest("sasrec", {}), "");
  EXPECT_EQ(nearest("", {"a"}), "");
}

TEST(Nearest, OverlongCandidatesAreSkipped) {
  EXPECT_EQ(nearest("sasrec", {std::string(1000000, 's')}), "");
}

} // namespace
} // namespace heed::base
