#include "converter/graph/interpreter.hpp"
#include "converter/graph/passes/passes.hpp"
#include "tests/converter/graph/support.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

TEST(QuantizePass, Fp32KeepsEverythingFloat) {
  Graph graph = test::random_encoder({});
  quantize(graph, Precision::fp32);
  for (const Constant& constant : graph.constants) EXPECT_EQ(constant.stored, Stored::f32) << constant.name;
  EXPECT_TRUE(quantization_errors(graph).empty());
}

TEST(QuantizePass, Int8TakesWeightsAndItems) {
  Graph graph = test::random_encoder({});
  quantize(graph, Precision::int8);
  for (const Constant& constant : graph.constants) {
    const bool weight = constant.name.find(".weight") != std::string::npos || constant.name == "items";
    EXPECT_EQ(constant.stored, weight ? Stored::i8 : Stored::f32) << constant.name;
  }
}

TEST(QuantizePass, ErrorsAreOfWhatTheFileHolds) {
  Graph graph = test::random_encoder({});
  quantize(graph, Precision::int8);
  const auto errors = quantization_errors(graph);
  ASSERT_EQ(errors.size(), 13u); // the items, and six weights in each of two blocks
  for (const QuantizationError& error : errors) {
    EXPECT_GT(error.stats.mean_error(), 0.0) << error.name;
    EXPECT_LE(error.stats.max_error(), error.stats.largest_weight() / 127 * 0.50001) << error.name;
  }
}

TEST(QuantizePass, ResultsMoveALittle) {
  const Graph source = test::random_encoder({});
  Graph graph = source;
  quantize(graph, Precision::int8);
  const double moved =
      test::difference(Interpreter(source).run({1, 2, 3}), Interpreter(graph).run({1, 2, 3}));
  EXPECT_GT(moved, 0.0);
  EXPECT_LT(moved, 0.2);
}

TEST(UnknownRow, IsTheMeanOfTheRowsAsStored) {
  for (const Precision precision : {Precision::fp32, Precision::int8}) {
    Graph graph = test::random_encoder({});
    quantize(graph, precision);
    const Matrix items = graph.constants[static_cast<std::size_t>(graph.table)].read();
    add_special_rows(graph);
    const Constant& table = graph.constants[static_cast<std::size_t>(graph.table)];
    ASSERT_EQ(graph.unknown_row, graph.items);
    ASSERT_EQ(table.rows(), graph.items + 1);
    std::vector<double> row(static_cast<std::size_t>(table.cols()));
    table.read_row(graph.unknown_row, row.data());
    for (std::int64_t c = 0; c < table.cols(); ++c) {
      double mean = 0;
      for (std::int64_t r = 0; r < items.rows; ++r) mean += items.row(r)[c];
      mean /= static_cast<double>(items.rows);
      EXPECT_NEAR(row[static_cast<std::size_t>(c)], mean, precision == Precision::fp32 ? 1e-7 : 4e-3);
    }
  }
}

} // namespace
} // namespace heed::convert
