// The shop's model against PyTorch in double precision (tests/shop/golden.py).
#include "converter/graph/interpreter.hpp"
#include "tests/converter/families/support.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

TEST(Shop, InterpreterComputesPyTorchsScores) {
  const std::string folder = test::shop_folder();
  const std::string path = folder + "/sasrec_online_retail.pt";
  const Checkpoint checkpoint = read_checkpoint(path);
  const Recipe recipe = choose_family(families(), checkpoint, "").build(checkpoint, {});
  EXPECT_EQ(recipe.variant, "pre-norm");
  EXPECT_EQ(recipe.heads, 2);
  EXPECT_EQ(recipe.graph.items, 3659);
  EXPECT_EQ(recipe.graph.padding, PaddingSide::right);

  std::ifstream file(folder + "/expected.json");
  const nlohmann::json expected = nlohmann::json::parse(file);
  const Interpreter interpreter(recipe.graph);
  for (const auto& c : expected.at("cases")) {
    Matrix vector(1, recipe.graph.dim());
    vector.values = interpreter.run(test::rows_of(c.at("history")));
    const double range = c.at("score_range")[1].get<double>() - c.at("score_range")[0].get<double>();
    for (const auto& [ids, scores] : {std::pair("candidates", "scores"), {"top", "top_scores"}}) {
      const Matrix found = score_rows(recipe.graph, vector, test::rows_of(c.at(ids)));
      EXPECT_LT(test::difference(found.values, c.at(scores).get<std::vector<double>>()) / range, 1e-7);
    }
  }
}

} // namespace
} // namespace heed::convert
