#include "converter/graph/interpreter.hpp"
#include "converter/graph/passes/passes.hpp"
#include "tests/converter/graph/support.hpp"

#include <set>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using test::EncoderCase;
using test::EncoderOptions;

class PruneLast : public ::testing::TestWithParam<EncoderCase> {};

TEST_P(PruneLast, SameResultsForEveryLength) {
  const Graph file = fold_padding(test::random_encoder(GetParam().options));
  Graph pruned = file;
  prune_last(pruned);
  const Interpreter before(file), after(pruned);
  for (const auto& history : test::histories_of_all_lengths(file, 6))
    EXPECT_LT(test::difference(before.run(history), after.run(history)), 1e-12) << history.size();
}

TEST_P(PruneLast, LastBlockComputesKeysAndValuesForAllAndTheRestForOne) {
  Graph pruned = fold_padding(test::random_encoder(GetParam().options));
  prune_last(pruned);
  const std::string block = "block" + std::to_string(GetParam().options.blocks - 1);
  const std::set<std::string> all_rows = {block + ".k", block + ".v", block + ".norm1"};
  for (const Node& node : pruned.nodes) {
    const bool in_last_block = node.name.compare(0, block.size(), block) == 0;
    const bool single = pruned.value(node.output).single();
    if (in_last_block && all_rows.count(node.name) == 0) {
      EXPECT_TRUE(single) << node.name;
    }
    if (!in_last_block && node.op == "linear") {
      EXPECT_FALSE(single) << node.name;
    }
  }
}

TEST_P(PruneLast, NothingIsComputedTwice) {
  const Graph file = fold_padding(test::random_encoder(GetParam().options));
  Graph pruned = file;
  prune_last(pruned);
  std::set<std::string> names;
  for (const Node& node : pruned.nodes) {
    if (node.op != "layer_norm") {
      EXPECT_TRUE(names.insert(node.name).second) << node.name;
    }
  }
  EXPECT_EQ(pruned.constants.size(), file.constants.size());
}

std::vector<EncoderCase> cases() {
  EncoderOptions query, before, after, one, no_projection, right, appended;
  appended.append = appended.masked = true;
  appended.causal = false;
  appended.hidden_row = 1;
  before.norm = "before";
  after.norm = "after";
  one.blocks = 1;
  no_projection.projection = false;
  right.side = PaddingSide::right;
  return {{"Query", query},
          {"Before", before},
          {"After", after},
          {"OneBlock", one},
          {"NoProjection", no_projection},
          {"RightPadding", right},
          {"AppendedRow", appended}};
}

INSTANTIATE_TEST_SUITE_P(All, PruneLast, ::testing::ValuesIn(cases()),
                         [](const auto& param) { return param.param.name; });

TEST(PruneLastShape, WithoutAttentionEverythingIsOneRow) {
  EncoderOptions options;
  options.blocks = 0;
  Graph graph = fold_padding(test::random_encoder(options));
  prune_last(graph);
  ASSERT_EQ(graph.nodes.size(), 3u);
  EXPECT_EQ(graph.nodes[1].op, "last");
  EXPECT_EQ(graph.nodes[2].op, "layer_norm");
}

TEST(RemoveUnused, DropsDeadNodesAndConstants) {
  Graph graph = test::random_encoder({});
  const std::size_t nodes = graph.nodes.size(), constants = graph.constants.size();
  graph.add_constant(test::constant_of("dead", 1, 1, {0}));
  Node dead = graph.nodes[1];
  dead.output = graph.add_rows("dead", kEachPlace, graph.value(dead.output).cols);
  graph.nodes.push_back(dead);
  remove_unused(graph);
  EXPECT_EQ(graph.nodes.size(), nodes);
  EXPECT_EQ(graph.constants.size(), constants);
}

} // namespace
} // namespace heed::convert
