// Published checkpoints against independent double-precision results. Needs HEED_REAL_DATA, a folder with the
// checkpoints and expected/NAME.json; skipped without.
#include "converter/graph/interpreter.hpp"
#include "tests/converter/families/support.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace heed::convert {
namespace {

class RealData : public ::testing::TestWithParam<test::Published> {};

TEST_P(RealData, InterpreterComputesTheReference) {
  if (test::real_data().empty()) GTEST_SKIP() << "HEED_REAL_DATA is not set";
  const std::string path = test::real_data() + "/" + GetParam().file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " does not exist";
  const Checkpoint checkpoint = read_checkpoint(path);
  BuildOptions options;
  options.heads = GetParam().heads;
  const Recipe recipe = choose_family(families(), checkpoint, "").build(checkpoint, options);
  EXPECT_EQ(recipe.variant, GetParam().variant);
  EXPECT_EQ(recipe.graph.items, GetParam().items);

  const nlohmann::json expected = test::expected_of(GetParam());
  const Interpreter interpreter(recipe.graph);
  double largest = 0;
  for (const auto& c : expected.at("cases")) {
    Matrix vector(1, recipe.graph.dim());
    vector.values = interpreter.run(test::rows_of(c.at("history"), GetParam().first_id));
    for (const auto& [ids, scores] : {std::pair("candidates", "scores"), {"top", "top_scores"}}) {
      const Matrix found = score_rows(recipe.graph, vector, test::rows_of(c.at(ids), GetParam().first_id));
      const double error = test::difference(found.values, c.at(scores).get<std::vector<double>>());
      largest = std::max(largest, error / test::score_range(c));
    }
  }
  fmt::print("largest error {:.2e} of the score range\n", largest);
  EXPECT_LT(largest, 1e-8); // the JSON has nine digits
}

INSTANTIATE_TEST_SUITE_P(Published, RealData, ::testing::ValuesIn(test::published()),
                         [](const auto& param) { return param.param.name; });

} // namespace
} // namespace heed::convert
