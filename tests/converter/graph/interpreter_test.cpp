#include "converter/graph/interpreter.hpp"
#include "tests/converter/graph/support.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using test::constant_of;

// Items 1, 2, 3 in one column; positions 10, 20, 30, 40 for four slots.
Graph lookup(PaddingSide side, bool pad_position, double pad) {
  Builder builder(4, side);
  Embedding embedding{constant_of("items", 3, 1, {1, 2, 3})};
  embedding.scale = 100;
  embedding.positions = constant_of("positions", 4, 1, {10, 20, 30, 40});
  embedding.pad = constant_of("pad", 1, 1, {pad});
  embedding.pad_position = pad_position;
  return builder.finish(builder.last("last", builder.embedding("embedding", std::move(embedding))), 1, 4);
}

std::vector<double> embedded(const Graph& graph, const std::vector<std::int64_t>& history) {
  return Interpreter(graph).run_all(history)[static_cast<std::size_t>(graph.nodes[0].output)].values;
}

TEST(Interpreter, LeftPaddedSlots) {
  EXPECT_EQ(embedded(lookup(PaddingSide::left, false, 7), {0, 2}), (std::vector<double>{7, 7, 130, 340}));
  EXPECT_EQ(embedded(lookup(PaddingSide::left, true, 7), {0, 2}), (std::vector<double>{17, 27, 130, 340}));
}

TEST(Interpreter, RightPaddedSlots) {
  EXPECT_EQ(embedded(lookup(PaddingSide::right, true, 7), {0, 2}), (std::vector<double>{110, 320, 37, 47}));
}

TEST(Interpreter, LastIsTheNewestEvent) {
  EXPECT_EQ(Interpreter(lookup(PaddingSide::left, false, 7)).run({0, 2}), std::vector<double>{340});
  EXPECT_EQ(Interpreter(lookup(PaddingSide::right, false, 7)).run({0, 2}), std::vector<double>{320});
}

TEST(Interpreter, EmptyHistories) {
  EXPECT_EQ(Interpreter(lookup(PaddingSide::left, true, 7)).run({}), std::vector<double>{47});
  EXPECT_TRUE(std::isnan(Interpreter(lookup(PaddingSide::right, true, 7)).run({})[0]));
}

TEST(Interpreter, MostRecentEventsCount) {
  Graph graph = lookup(PaddingSide::left, false, 7);
  EXPECT_EQ(embedded(graph, {2, 2, 0, 1, 2, 0}), (std::vector<double>{110, 220, 330, 140}));
  graph.max_history = 2;
  EXPECT_EQ(embedded(graph, {2, 2, 0, 1, 2, 0}), (std::vector<double>{7, 7, 330, 140}));
}

TEST(Interpreter, MaskPaddingZeroesPaddedSlots) {
  Builder builder(3, PaddingSide::left);
  Embedding embedding{constant_of("items", 2, 1, {1, 2})};
  embedding.pad = constant_of("pad", 1, 1, {9});
  const ValueId masked = builder.mask_padding("mask", builder.embedding("embedding", std::move(embedding)));
  const Graph graph = builder.finish(builder.last("last", masked), 1, 3);
  EXPECT_EQ(Interpreter(graph).run_all({1})[static_cast<std::size_t>(masked)].values,
            (std::vector<double>{0, 0, 2}));
}

TEST(Interpreter, ScoresAreDotProducts) {
  Builder builder(2, PaddingSide::left);
  const ValueId x = builder.embedding("embedding", {constant_of("items", 3, 2, {1, 2, 3, 4, 5, 6})});
  const Graph graph = builder.finish(builder.last("last", x), 1, 2);
  Matrix vectors(2, 2);
  vectors.values = {1, 0, 10, 1};
  EXPECT_EQ(score_rows(graph, vectors, {2, 0}).values, (std::vector<double>{5, 1, 56, 12}));
}

} // namespace
} // namespace heed::convert
