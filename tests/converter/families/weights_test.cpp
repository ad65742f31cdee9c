// Every rule about weights, and that its message names what somebody has to look at.
#include "tests/converter/families/support.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using test::float_tensor;
using test::pmixer_checkpoint;

class WeightRules : public ::testing::Test {
 protected:
  Recipe build() const { return families()[0]->build(checkpoint_, options_); }
  std::string refused(StatusCode code) const {
    return test::error_message(code, [&] { build(); });
  }
  // Replaces a weight by zeros of another shape.
  void reshape(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    test::set_weight(checkpoint_, name,
                     float_tensor(shape, std::vector<float>(static_cast<std::size_t>(count))));
  }

  Checkpoint checkpoint_ = pmixer_checkpoint();
  BuildOptions options_;
};

TEST_F(WeightRules, CompleteCheckpointPasses) {
  const Recipe recipe = build();
  EXPECT_EQ(recipe.used.size(), checkpoint_.weights.size());
  EXPECT_TRUE(recipe.ignored.empty());
  EXPECT_EQ(recipe.used[0].name, "item_emb.weight");
  EXPECT_EQ(recipe.used[0].bytes, 10u * 4 * 4);
  EXPECT_EQ(recipe.graph.items, 9);
  EXPECT_EQ(recipe.graph.first_id, 1);
}

TEST_F(WeightRules, MissingWeightsAreListedWithTheNearestName) {
  test::rename_weight(checkpoint_, "forward_layers.0.conv1.bias", "forward_layers.0.conv_1.bias");
  test::remove_weight(checkpoint_, "last_layernorm.weight");
  EXPECT_EQ(refused(StatusCode::weights_missing),
            "the checkpoint lacks 2 weights of sasrec:\n  last_layernorm.weight\n"
            "  forward_layers.0.conv1.bias (the checkpoint has 'forward_layers.0.conv_1.bias')");
}

TEST_F(WeightRules, MissingEmbeddings) {
  test::remove_weight(checkpoint_, "pos_emb.weight");
  EXPECT_EQ(refused(StatusCode::weights_missing),
            "the checkpoint lacks 1 weight of sasrec:\n  pos_emb.weight");
}

TEST_F(WeightRules, BlocksWithAGap) {
  test::set_weight(checkpoint_, "attention_layers.2.in_proj_weight", float_tensor({1}, {0}));
  EXPECT_NE(refused(StatusCode::weights_missing).find("attention_layernorms.1.weight"), std::string::npos);
}

TEST_F(WeightRules, HostileBlockNumbersEndSoon) {
  test::set_weight(checkpoint_, "attention_layers.9999.x", float_tensor({1}, {0}));
  test::set_weight(checkpoint_, "attention_layers.99999999999999999999.x", float_tensor({1}, {0}));
  for (int i = 0; i < 20000; ++i)
    checkpoint_.weights.emplace_back("attention_layers.0.name" + std::to_string(i), float_tensor({1}, {0}));
  EXPECT_NE(refused(StatusCode::weights_missing).find("and "), std::string::npos);
}

TEST_F(WeightRules, UnusedWeightsAreListed) {
  test::set_weight(checkpoint_, "user_emb.weight", float_tensor({2, 2}, {0, 0, 0, 0}));
  EXPECT_EQ(refused(StatusCode::weights_unused),
            "the checkpoint has 1 weight that sasrec does not use:\n  'user_emb.weight' [2, 2]");
}

TEST_F(WeightRules, LongListsAreCut) {
  for (int i = 0; i < 40; ++i)
    test::set_weight(checkpoint_, "extra" + std::to_string(i), float_tensor({1}, {0}));
  EXPECT_NE(refused(StatusCode::weights_unused).find("and 28 more"), std::string::npos);
}

TEST_F(WeightRules, HostileNamesAreShownHarmlessly) {
  test::set_weight(checkpoint_, "\x1b[2Jgone", float_tensor({1}, {0}));
  EXPECT_EQ(refused(StatusCode::weights_unused).find('\x1b'), std::string::npos);
}

TEST_F(WeightRules, HarmlessExtrasAreIgnoredAndNamed) {
  test::set_weight(checkpoint_, "position_ids", test::integer_tensor({1, 5}));
  const Recipe recipe = build();
  ASSERT_EQ(recipe.ignored.size(), 1u);
  EXPECT_EQ(recipe.ignored[0].name, "position_ids");
  EXPECT_EQ(recipe.ignored[0].bytes, 40u);
  EXPECT_EQ(recipe.ignored[0].reason, "a buffer of indices");
}

TEST_F(WeightRules, ShapesNameBothWeights) {
  reshape("attention_layers.0.out_proj.weight", {4, 5});
  EXPECT_EQ(refused(StatusCode::weights_shape),
            "weight attention_layers.0.out_proj.weight [4, 5] does not fit "
            "attention_layers.0.in_proj_weight.value [4, 4]: it should be [4, 4]");
}

TEST_F(WeightRules, PositionsOfAnotherWidth) {
  reshape("pos_emb.weight", {6, 3});
  EXPECT_EQ(refused(StatusCode::weights_shape),
            "weight pos_emb.weight [5, 3] does not fit item_emb.weight [9, 4]: it should be [5, 4]");
}

TEST_F(WeightRules, ProjectionThatDoesNotSplit) {
  reshape("attention_layers.0.in_proj_weight", {13, 4});
  EXPECT_EQ(refused(StatusCode::weights_shape),
            "weight attention_layers.0.in_proj_weight [13, 4] does not split into 3 equal parts");
}

TEST_F(WeightRules, WrongRank) {
  reshape("last_layernorm.weight", {2, 2, 2});
  EXPECT_EQ(refused(StatusCode::weights_shape),
            "weight last_layernorm.weight [2, 2, 2] is not a matrix or a vector");
}

TEST_F(WeightRules, NoItems) {
  reshape("item_emb.weight", {1, 4});
  EXPECT_EQ(refused(StatusCode::weights_shape),
            "weight item_emb.weight [1, 4] has fewer than the 2 rows needed");
}

TEST_F(WeightRules, EmptyWeight) {
  reshape("pos_emb.weight", {0, 4});
  EXPECT_EQ(refused(StatusCode::weights_shape), "weight pos_emb.weight [0, 4] has no elements");
}

TEST_F(WeightRules, IntegersAreRefused) {
  test::set_weight(checkpoint_, "last_layernorm.weight", test::integer_tensor({4}));
  EXPECT_EQ(refused(StatusCode::checkpoint_unsupported),
            "weight last_layernorm.weight holds i64 numbers; floating-point ones are needed");
}

TEST_F(WeightRules, NaNNamesTensorAndPlace) {
  std::vector<float> values(16, 0.5f);
  values[6] = std::nanf("");
  test::set_weight(checkpoint_, "attention_layers.0.out_proj.weight", float_tensor({4, 4}, values));
  EXPECT_EQ(refused(StatusCode::weights_not_finite),
            "weight attention_layers.0.out_proj.weight is nan at [1, 2]");
}

TEST_F(WeightRules, InfinityInPaddingAndItems) {
  std::vector<float> values(40, 0.5f);
  values[39] = -std::numeric_limits<float>::infinity();
  test::set_weight(checkpoint_, "item_emb.weight", float_tensor({10, 4}, values));
  EXPECT_EQ(refused(StatusCode::weights_not_finite), "weight item_emb.weight is -inf at [9, 3]");
}

TEST_F(WeightRules, WholeMiddleOfALargeTensorIsRead) {
  const std::int64_t rows = 40000; // more than one chunk
  std::vector<float> values(static_cast<std::size_t>(rows * 4), 0.25f);
  values[static_cast<std::size_t>(rows * 2 + 1)] = std::nanf("");
  test::set_weight(checkpoint_, "item_emb.weight", float_tensor({rows, 4}, values));
  EXPECT_EQ(refused(StatusCode::weights_not_finite), "weight item_emb.weight is nan at [20000, 1]");
}

} // namespace
} // namespace heed::convert
