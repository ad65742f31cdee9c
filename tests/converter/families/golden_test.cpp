// Each golden checkpoint against its reference (tests/golden), in all forms of its graph.
#include "converter/graph/interpreter.hpp"
#include "converter/graph/passes/passes.hpp"
#include "tests/converter/families/support.hpp"

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

class Golden : public ::testing::TestWithParam<std::string> {};

void expect_golden(const Graph& graph, const nlohmann::json& golden) {
  const Interpreter interpreter(graph);
  std::vector<std::int64_t> all;
  for (std::int64_t r = 0; r < graph.items; ++r) all.push_back(r);
  for (const auto& expected : golden.at("cases")) {
    const Request request = test::request_of(expected, graph.first_id);
    if (expected.at("scores").is_null()) continue; // the reference has no answer
    Matrix vector(1, graph.dim() * graph.value(graph.output).count);
    vector.values = interpreter.run(request);
    SCOPED_TRACE(request.history.size());
    if (!expected.at("vector").is_null()) {
      const std::vector<double> wanted = test::vectors_of(expected);
      const std::vector<double> found(vector.values.begin(),
                                      vector.values.begin() + static_cast<std::ptrdiff_t>(wanted.size()));
      EXPECT_LT(test::difference(found, wanted), test::golden_precision(golden, 1e-13));
    }
    EXPECT_LT(test::difference(score_rows(graph, vector, all).values,
                               expected.at("scores").get<std::vector<double>>()),
              test::golden_precision(golden, 1e-11));
  }
}

TEST_P(Golden, AllFormsComputeTheReference) {
  const Checkpoint checkpoint = test::golden_checkpoint(GetParam());
  const nlohmann::json golden = test::golden_json(GetParam());
  const Recipe recipe = choose_family(families(), checkpoint, test::golden_family(golden))
                            .build(checkpoint, test::golden_options(golden));
  EXPECT_EQ(recipe.family, golden.value("family", "sasrec"));
  EXPECT_EQ(recipe.variant, golden.at("variant"));
  EXPECT_EQ(recipe.graph.items, golden.at("items"));
  EXPECT_EQ(recipe.graph.first_id, test::golden_first_id(golden));
  EXPECT_EQ(recipe.graph.max_history, golden.at("max_history"));
  Graph source = recipe.graph;
  if (source.computes_padding) add_special_rows(source); // folding needs the row that fills a history
  Graph file = fold_padding(source);
  expect_golden(recipe.graph, golden);
  expect_golden(file, golden);
  prune_last(file);
  expect_golden(file, golden);
  Graph equal = recipe.graph;
  equalize(equal, {{0, 1, 2}, {3, 0}});
  expect_golden(equal, golden);
}

INSTANTIATE_TEST_SUITE_P(All, Golden, ::testing::ValuesIn(test::golden_names()),
                         [](const auto& param) { return test::test_name(param.param); });

} // namespace
} // namespace heed::convert
