// Equalized graphs compute the same, with channels that are as large as the weights that read them.
#include "converter/graph/interpreter.hpp"
#include "converter/graph/passes/activations.hpp"
#include "converter/graph/passes/passes.hpp"
#include "tests/converter/graph/support.hpp"

#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using test::EncoderCase;
using test::EncoderOptions;

class Equalize : public ::testing::TestWithParam<EncoderCase> {
 protected:
  Equalize() : source_(test::random_encoder(GetParam().options)), equal_(source_) {
    const auto histories = test::histories_of_all_lengths(source_, 3);
    histories_.assign(histories.begin() + 1, histories.end()); // no event has no activation
    equalize(equal_, histories_);
  }
  Graph source_, equal_;
  std::vector<Request> histories_;
};

TEST_P(Equalize, SameResultsForEveryLength) {
  const Interpreter before(source_), after(equal_);
  for (const auto& history : test::histories_of_all_lengths(source_, 8))
    EXPECT_LT(test::difference(before.run(history), after.run(history)), 1e-12) << history.size();
}

TEST_P(Equalize, ChannelsAreAsLargeAsWhatReadsThem) {
  std::map<ValueId, std::vector<double>> activations;
  for_each_activation(equal_, histories_, [&](ValueId id, const double* row) {
    std::vector<double>& most = activations[id];
    most.resize(static_cast<std::size_t>(equal_.value(id).cols));
    for (std::size_t c = 0; c < most.size(); ++c) most[c] = std::max(most[c], std::fabs(row[c]));
  });
  std::map<ValueId, std::vector<double>> weights;
  for (const Node& node : equal_.nodes) {
    if (node.op != "linear") continue;
    const Matrix weight = equal_.constant(node.input(1)).read();
    std::vector<double>& most = weights[node.input(0)];
    most.resize(static_cast<std::size_t>(weight.cols));
    for (std::int64_t r = 0; r < weight.rows; ++r) {
      for (std::size_t c = 0; c < most.size(); ++c) most[c] = std::max(most[c], std::fabs(weight.row(r)[c]));
    }
  }
  int compared = 0;
  for (const auto& [id, most] : weights) {
    const Node& maker = equal_.nodes[static_cast<std::size_t>(equal_.producer(id))];
    const bool divisible =
        maker.op == "layer_norm" || maker.op == "attention" ||
        (maker.op == "linear" && maker.choice("activation") == "relu" && maker.input(3) == kNone);
    if (!divisible) continue;
    for (std::size_t c = 0; c < most.size(); ++c) {
      if (activations[id][c] > 0) {
        EXPECT_NEAR(activations[id][c] / most[c], 1.0, 1e-9) << maker.name;
      }
    }
    ++compared;
  }
  EXPECT_GE(compared, 3);
}

TEST_P(Equalize, NamesStayUnique) {
  std::set<std::string> names;
  for (const Constant& constant : equal_.constants)
    EXPECT_TRUE(names.insert(constant.name).second) << constant.name;
}

std::vector<EncoderCase> cases() {
  EncoderOptions query, before, after, gelu, right, appended;
  before.norm = "before";
  after.norm = "after";
  gelu.activation = "gelu_erf";
  right.side = PaddingSide::right;
  appended.append = appended.masked = true;
  appended.causal = false;
  return {{"Query", query}, {"Before", before}, {"After", after},
          {"Gelu", gelu},   {"Right", right},   {"Appended", appended}};
}

INSTANTIATE_TEST_SUITE_P(All, Equalize, ::testing::ValuesIn(cases()),
                         [](const auto& param) { return param.param.name; });

} // namespace
} // namespace heed::convert
