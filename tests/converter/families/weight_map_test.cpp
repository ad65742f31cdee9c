// Weights brought under other names, and every way in which that can go wrong.
#include "converter/families/weight_map.hpp"
#include "tests/converter/families/support.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace heed::convert {
namespace {

class WeightMaps : public ::testing::Test {
 protected:
  WeightMaps() : path_(::testing::TempDir() + "heed_map_" + std::to_string(::getpid()) + ".json") {
    for (const char* name : {"item", "enc.0.q.weight", "enc.0.q.bias", "enc.1.q.weight", "enc.1.q.bias"})
      test::set_weight(checkpoint_, name, test::float_tensor({1}, {1}));
  }
  ~WeightMaps() override { std::filesystem::remove(path_); }

  WeightMap read(const std::string& text) const {
    std::ofstream(path_, std::ios::binary) << text;
    return read_weight_map(path_);
  }
  // The names after renaming.
  std::string renamed(const std::string& text, std::size_t count) {
    EXPECT_EQ(rename_weights(read(text), &checkpoint_), count);
    std::string names;
    for (const auto& weight : checkpoint_.weights) names += (names.empty() ? "" : " ") + weight.first;
    return names;
  }
  // The message, which starts with the file.
  std::string refused(const std::string& text) {
    const std::string message =
        test::error_message(StatusCode::data_mismatch, [&] { rename_weights(read(text), &checkpoint_); });
    EXPECT_EQ(message.rfind(path_ + ": ", 0), 0U) << message;
    EXPECT_EQ(checkpoint_.weights[1].first, "enc.0.q.weight"); // nothing was renamed
    return message.substr(std::min(message.size(), path_.size() + 2));
  }

  std::string path_;
  Checkpoint checkpoint_;
};

TEST_F(WeightMaps, Wildcards) {
  EXPECT_EQ(renamed(R"({"enc.#.*": "layer.#.attention.*"})", 4),
            "item layer.0.attention.q.weight layer.0.attention.q.bias layer.1.attention.q.weight "
            "layer.1.attention.q.bias");
}

TEST_F(WeightMaps, TheFirstMatchInTheFilesOrderCounts) {
  EXPECT_EQ(renamed(R"({"enc.1.*": "z.*", "enc.#.q.*": "b.#.*", "*": "*"})", 4),
            "item b.0.weight b.0.bias z.q.weight z.q.bias");
}

TEST_F(WeightMaps, NamesMayBeSwapped) {
  EXPECT_EQ(renamed(R"({"enc.0.q.weight": "enc.1.q.weight", "enc.1.q.weight": "enc.0.q.weight"})", 2),
            "item enc.1.q.weight enc.0.q.bias enc.0.q.weight enc.1.q.bias");
}

TEST_F(WeightMaps, APatternThatAnEarlierOneShadowsIsNoSlip) {
  EXPECT_EQ(renamed(R"({"*": "m.*", "item": "item_emb"})", 5),
            "m.item m.enc.0.q.weight m.enc.0.q.bias m.enc.1.q.weight m.enc.1.q.bias");
}

TEST_F(WeightMaps, WhatKeepsItsNameIsNotCounted) {
  renamed(R"({"item": "item", "enc.#.q.*": "enc.#.q.*"})", 0);
}

TEST_F(WeightMaps, Files) {
  test::error_message(StatusCode::file_not_found, [&] { (void)read_weight_map(path_ + ".absent"); });
  test::error_message(StatusCode::io_error, [&] { (void)read_weight_map(::testing::TempDir()); });
  const std::string deep = "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}";
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("\"a\""),
                                  std::string("{\"a\":\"\xff\"}"), std::string("item: item_emb"), deep})
    EXPECT_NE(refused(text).find("is no JSON object"), std::string::npos) << text;
  EXPECT_EQ(refused("{}"), "names no weights");
  EXPECT_EQ(refused(R"({"item": 7})"), "the name that 'item' stands for is no text");
  EXPECT_EQ(refused(R"({"item": {"a": "b"}})"), "the name that 'item' stands for is no text");
  EXPECT_EQ(refused(R"({"item": "a", "enc.*": "b*", "item": "c"})"), "the pattern 'item' occurs twice");
}

TEST_F(WeightMaps, DifferentWildcards) {
  EXPECT_EQ(refused(R"({"enc.#.*": "layer.*"})"),
            "the pattern 'enc.#.*' has 1 '#' and its name 'layer.*' has 0; they must be as many");
  EXPECT_EQ(refused(R"({"item": "item*"})"),
            "the pattern 'item' has 0 '*' and its name 'item*' has 1; they must be as many");
  EXPECT_EQ(refused(R"({"enc.*": "layer.#"})"),
            "the pattern 'enc.*' has 0 '#' and its name 'layer.#' has 1; they must be as many");
}

TEST_F(WeightMaps, PatternsThatMatchNothing) {
  EXPECT_EQ(refused(R"({"item": "a", "enc.#.k.bias": "b.#"})"),
            "no weight of the checkpoint matches 'enc.#.k.bias'; the nearest is 'enc.0.q.bias'");
  EXPECT_EQ(refused(R"({"zzzzzz": "a"})"),
            "no weight of the checkpoint matches 'zzzzzz'; the first is 'item'");
}

TEST_F(WeightMaps, NamesThatClash) {
  EXPECT_EQ(refused(R"({"item": "a", "enc.0.q.bias": "a"})"),
            "the weights 'item' and 'enc.0.q.bias' would both be called 'a'");
  EXPECT_EQ(refused(R"({"enc.0.q.bias": "item"})"),
            "the weight 'enc.0.q.bias' would be called 'item', but there is a weight of that name already");
  EXPECT_EQ(refused(R"({"item": "enc.1.q.bias"})"),
            "the weight 'item' would be called 'enc.1.q.bias', but there is a weight of that name already");
}

TEST_F(WeightMaps, NamesThatAreNone) {
  EXPECT_NE(refused(R"({"item": ""})").find("is no name for a weight"), std::string::npos);
  EXPECT_NE(refused("{\"item\": \"" + std::string(1025, 'x') + "\"}").find("is no name for a weight"),
            std::string::npos);
}

} // namespace
} // namespace heed::convert
