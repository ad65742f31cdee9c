// What weights do not tell: options come before the checkpoint's config, and that before the defaults.
#include "tests/converter/families/support.hpp"

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using test::has_note;
using test::pmixer_checkpoint;

class SasrecChoices : public ::testing::Test {
 protected:
  Recipe build() const { return families()[0]->build(checkpoint_, options_); }
  std::string refused(StatusCode code) const {
    return test::error_message(code, [&] { build(); });
  }
  static const Node& find(const Recipe& recipe, const std::string& name) {
    for (const Node& node : recipe.graph.nodes) {
      if (node.name == name) return node;
    }
    throw std::logic_error("no node " + name);
  }

  Checkpoint checkpoint_ = pmixer_checkpoint();
  BuildOptions options_;
};

TEST_F(SasrecChoices, ZeroRowOfPositionsIsPadding) {
  const Recipe recipe = build();
  EXPECT_EQ(recipe.variant, "pytorch");
  EXPECT_EQ(recipe.graph.slots, 5);
  EXPECT_TRUE(has_note(recipe, "variant pytorch: row 0 of the 6 position rows is zero"));
  EXPECT_TRUE(has_note(recipe, "1 attention head: the reference's default"));
}

TEST_F(SasrecChoices, NonZeroRowOfPositionsIsASlot) {
  checkpoint_ = pmixer_checkpoint(6, false);
  const Recipe recipe = build();
  EXPECT_EQ(recipe.variant, "pytorch-2020");
  EXPECT_EQ(recipe.graph.slots, 6);
  EXPECT_EQ(find(recipe, "block0.forward1").choice("activation"), "none");
  EXPECT_TRUE(has_note(recipe, "--activation relu"));
}

TEST_F(SasrecChoices, NumberOfPositionsTellsWhenTheHistoryIsKnown) {
  checkpoint_ = pmixer_checkpoint(6, false);
  checkpoint_.config = {{"maxlen", 5}};
  Recipe recipe = build();
  EXPECT_EQ(recipe.variant, "pytorch");
  EXPECT_EQ(recipe.graph.slots, 5);
  EXPECT_TRUE(has_note(recipe, "variant pytorch: 6 position rows for histories of 5 events"));
  checkpoint_.config = {{"maxlen", 6}};
  EXPECT_EQ(build().variant, "pytorch-2020");
  checkpoint_.config = {};
  options_.max_history = 5;
  EXPECT_EQ(build().variant, "pytorch");
  options_.max_history = 6;
  EXPECT_EQ(build().variant, "pytorch-2020");
}

TEST_F(SasrecChoices, MissingProjectionIsTheOriginal) {
  test::remove_weight(checkpoint_, "attention_layers.0.out_proj.weight");
  test::remove_weight(checkpoint_, "attention_layers.0.out_proj.bias");
  const Recipe recipe = build();
  EXPECT_EQ(recipe.variant, "original");
  EXPECT_EQ(find(recipe, "block0.attention").choice("padding"), "masked");
  EXPECT_EQ(find(recipe, "block0.attention_residual").op, "add");
}

TEST_F(SasrecChoices, AskedVariantIsBuilt) {
  options_.variant = "post-norm";
  const Recipe recipe = build();
  EXPECT_EQ(recipe.variant, "post-norm");
  EXPECT_TRUE(has_note(recipe, "variant post-norm: as asked"));
}

TEST_F(SasrecChoices, UnknownVariantSuggestsTheNearest) {
  options_.variant = "pre_norm";
  EXPECT_EQ(
      refused(StatusCode::usage),
      "sasrec has no variant 'pre_norm'; did you mean pre-norm? (known: pytorch, pytorch-2020, pre-norm, "
      "post-norm, original, recbole, s3rec)");
}

TEST_F(SasrecChoices, VariantOfOtherWeights) {
  options_.variant = "s3rec";
  EXPECT_EQ(refused(StatusCode::family_mismatch),
            "the weights are not of variant s3rec: 14 of 14 weights named as in pmixer/SASRec.pytorch");
  checkpoint_ = test::s3rec_checkpoint();
  options_.variant = "pytorch";
  refused(StatusCode::family_mismatch);
}

TEST_F(SasrecChoices, HeadsAsAskedFromConfigOrAssumed) {
  checkpoint_.config = {{"num_heads", 2}};
  Recipe recipe = build();
  EXPECT_EQ(recipe.heads, 2);
  EXPECT_EQ(find(recipe, "block0.attention").integer("heads"), 2);
  EXPECT_TRUE(has_note(recipe, "2 attention heads: from the settings"));
  options_.heads = 4;
  recipe = build();
  EXPECT_EQ(recipe.heads, 4);
  EXPECT_TRUE(has_note(recipe, "4 attention heads: as asked"));
  EXPECT_TRUE(has_note(recipe, "the settings say 2 heads"));
}

TEST_F(SasrecChoices, HeadsMustDivide) {
  for (const std::int64_t heads : {std::int64_t{3}, std::int64_t{-1}}) {
    options_.heads = heads;
    refused(StatusCode::invalid_argument);
  }
}

TEST_F(SasrecChoices, Activation) {
  checkpoint_.config = {{"activation", "swish"}};
  EXPECT_EQ(find(build(), "block0.forward1").choice("activation"), "silu");
  options_.activation = "gelu";
  EXPECT_EQ(find(build(), "block0.forward1").choice("activation"), "gelu_erf");
  options_.activation = "rleu";
  EXPECT_EQ(refused(StatusCode::usage), "no activation is called 'rleu'; did you mean relu?");
  options_.activation = "";
  checkpoint_.config = {{"activation", "leakyrelu"}};
  refused(StatusCode::checkpoint_unsupported);
}

TEST_F(SasrecChoices, PositionsFromTheLeft) {
  options_.positions = "left";
  const Recipe recipe = build();
  EXPECT_EQ(recipe.graph.padding, PaddingSide::right);
  EXPECT_EQ(find(recipe, "embedding").choice("position_rule"), "from_left");
  options_.positions = "right";
  EXPECT_EQ(find(build(), "embedding").choice("position_rule"), "from_right");
  options_.positions = "middle";
  refused(StatusCode::usage);
}

TEST_F(SasrecChoices, ConfigDecidesTheWholeModel) {
  checkpoint_ = pmixer_checkpoint(6, false);
  checkpoint_.config = {{"norm_first", true},       {"padding_side", "right"}, {"maxlen", 6},
                        {"scale_embedding", false}, {"layer_norm_eps", 1e-5},  {"activation", "gelu"},
                        {"hidden_units", 4},        {"num_blocks", 1},         {"num_heads", 2}};
  const Recipe recipe = build();
  EXPECT_EQ(recipe.variant, "pre-norm");
  EXPECT_EQ(recipe.graph.slots, 6);
  EXPECT_EQ(find(recipe, "embedding").real("scale"), 1.0);
  EXPECT_EQ(find(recipe, "final_norm").real("eps"), 1e-5);
  EXPECT_TRUE(has_note(recipe, "variant pre-norm: norm_first in the settings"));
}

TEST_F(SasrecChoices, ConfigWithFewerSlotsThanPositions) {
  checkpoint_.config = {{"maxlen", 3}};
  const Recipe recipe = build();
  EXPECT_EQ(recipe.graph.slots, 3);
  EXPECT_TRUE(has_note(recipe, "3 slots of 5 positions: from the settings"));
}

TEST_F(SasrecChoices, ConfigThatContradictsTheWeights) {
  checkpoint_.config = {{"maxlen", 7}};
  refused(StatusCode::checkpoint_malformed);
  checkpoint_.config = {{"hidden_units", 8}};
  EXPECT_EQ(refused(StatusCode::checkpoint_malformed),
            "the settings say 8 dimensions, but the weights have 4");
  checkpoint_.config = {{"num_blocks", 2}};
  refused(StatusCode::checkpoint_malformed);
}

TEST_F(SasrecChoices, ConfigOfOddTypesIsIgnored) {
  checkpoint_.config = {{"num_heads", "two"}, {"norm_first", 1}, {"maxlen", 5.5}, {"layer_norm_eps", 7}};
  EXPECT_EQ(build().variant, "pytorch");
  checkpoint_.config = nlohmann::json::array({1, 2});
  EXPECT_EQ(build().variant, "pytorch");
}

TEST_F(SasrecChoices, RecBoleNestsItsConfig) {
  checkpoint_.config = {{"final_config_dict", {{"n_heads", 2}}}};
  EXPECT_EQ(build().heads, 2);
}

TEST_F(SasrecChoices, MaximumHistory) {
  options_.max_history = 3;
  const Recipe recipe = build();
  EXPECT_EQ(recipe.graph.max_history, 3);
  EXPECT_EQ(recipe.graph.slots, 5);
  EXPECT_TRUE(has_note(recipe, "histories are cut to the 3 most recent events of 5: as asked"));
  for (const std::int64_t history : {std::int64_t{6}, std::int64_t{-1}}) {
    options_.max_history = history;
    refused(StatusCode::invalid_argument);
  }
}

TEST_F(SasrecChoices, HistoriesWithoutEndAreRefused) {
  checkpoint_ = pmixer_checkpoint(20000);
  refused(StatusCode::checkpoint_unsupported);
}

TEST_F(SasrecChoices, IclrecHasAMaskRow) {
  checkpoint_ = test::s3rec_checkpoint();
  const Recipe recipe = build();
  EXPECT_EQ(recipe.variant, "s3rec");
  EXPECT_EQ(recipe.graph.items, 9);
  EXPECT_EQ(recipe.heads, 2);
  EXPECT_TRUE(has_note(recipe, "row 10 of the item table is the mask token"));
}

TEST_F(SasrecChoices, EveryVariantIsDescribed) {
  for (const Variant& variant : families()[0]->variants()) {
    EXPECT_FALSE(variant.name.empty());
    EXPECT_GT(variant.description.size(), 20u);
  }
}

} // namespace
} // namespace heed::convert
