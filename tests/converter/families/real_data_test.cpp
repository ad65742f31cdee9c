// Published checkpoints against independent double-precision results. Needs HEED_REAL_DATA, a folder with the
// checkpoints and expected/NAME.json; skipped without.
#include "converter/graph/interpreter.hpp"
#include "tests/converter/families/support.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

struct Published {
  const char* name;
  const char* file;
  const char* variant;
  std::int64_t items;
};

class RealData : public ::testing::TestWithParam<Published> {};

double range_of(const nlohmann::json& expected) {
  const nlohmann::json& range = expected.at("score_range");
  return range.is_array() ? range[1].get<double>() - range[0].get<double>() : range.get<double>();
}

TEST_P(RealData, InterpreterComputesTheReference) {
  const std::string folder = test::real_data();
  if (folder.empty()) GTEST_SKIP() << "HEED_REAL_DATA is not set";
  const Published& published = GetParam();
  const std::string path = folder + "/" + published.file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " does not exist";
  const Checkpoint checkpoint = read_checkpoint(path);
  const Recipe recipe = choose_family(families(), checkpoint, "").build(checkpoint, {});
  EXPECT_EQ(recipe.variant, published.variant);
  EXPECT_EQ(recipe.graph.items, published.items);

  std::ifstream file(folder + "/expected/" + published.name + ".json");
  const nlohmann::json expected = nlohmann::json::parse(file);
  const Interpreter interpreter(recipe.graph);
  double largest = 0;
  for (const auto& c : expected.at("cases")) {
    Matrix vector(1, recipe.graph.dim());
    vector.values = interpreter.run(test::rows_of(c.at("history")));
    for (const auto& [ids, scores] : {std::pair("candidates", "scores"), {"top", "top_scores"}}) {
      const Matrix found = score_rows(recipe.graph, vector, test::rows_of(c.at(ids)));
      largest = std::max(largest, test::difference(found.values, c.at(scores).get<std::vector<double>>()) /
                                      range_of(c));
    }
  }
  RecordProperty("largest_error", std::to_string(largest));
  EXPECT_LT(largest, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Published, RealData,
                         ::testing::Values(Published{"sasrec_ml1m_epoch860", "sasrec_ml1m_epoch860.pth",
                                                     "pytorch", 3416},
                                           Published{"sasrec_ml1m_epoch601_2020",
                                                     "sasrec_ml1m_epoch601_2020.pth", "pytorch-2020", 3416},
                                           Published{"iclrec_Beauty", "iclrec_Beauty.pt", "s3rec", 12101}),
                         [](const auto& param) { return param.param.name; });

} // namespace
} // namespace heed::convert
