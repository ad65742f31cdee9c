// Passes keep what a graph computes, over graphs of every operator and option and requests of every length.
#include "converter/graph/interpreter.hpp"
#include "converter/graph/passes/passes.hpp"
#include "tests/converter/graph/random_graph.hpp"
#include "tests/converter/graph/support.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

constexpr std::uint32_t kGraphs = 150;

class RandomPasses : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  RandomPasses() : source_(test::random_graph(GetParam())) {
    requests_ = test::random_requests(source_, GetParam());
    add_special_rows(source_);
  }

  // The outputs of a request: the user vectors, then the others, of each place the rows that the file
  // computes.
  static std::vector<std::vector<double>> results(const Graph& graph, const Request& request) {
    const std::vector<Matrix> values = Interpreter(graph).run_all(request);
    std::vector<std::vector<double>> all = {values[static_cast<std::size_t>(graph.output)].values};
    for (const GraphOutput& output : graph.outputs) {
      const Matrix& value = values[static_cast<std::size_t>(output.value)];
      const bool each_place = graph.value(output.value).each_place();
      all.push_back(graph.form == Form::source && each_place ? computed_rows_of(graph, request, value)
                                                             : value.values);
    }
    return all;
  }

  static std::vector<double> computed_rows_of(const Graph& graph, const Request& request,
                                              const Matrix& value) {
    if (graph.computes_padding) return value.values;
    const auto size = static_cast<std::int64_t>(request.history.size());
    const std::int64_t events = std::clamp<std::int64_t>(size - graph.drop_oldest, 0, graph.max_history);
    const std::int64_t length = graph.length_of(events);
    const std::int64_t first = graph.padding == PaddingSide::left ? graph.slots - length : 0;
    std::vector<double> rows;
    for (std::int64_t p = 0; p < length; ++p) {
      const bool hidden =
          p < events && request.history[static_cast<std::size_t>(size - events + p)] == graph.hidden_row;
      const double* row = value.row(first + p);
      if (!hidden) rows.insert(rows.end(), row, row + value.cols);
    }
    return rows;
  }

  void expect_same(const Graph& before, const Graph& after) const {
    for (const Request& request : requests_) {
      SCOPED_TRACE(testing::Message()
                   << "seed " << GetParam() << ", " << request.history.size() << " events");
      const auto size = static_cast<std::int64_t>(request.history.size());
      if (size <= before.drop_oldest) { // no event counts
        std::vector<double> expected = Interpreter(before).run({});
        if (std::isnan(expected[0])) expected.assign(expected.size(), 0.0);
        EXPECT_LT(
            test::difference(expected, after.form == Form::file ? Interpreter(after).run(request) : expected),
            1e-11);
        continue;
      }
      const auto expected = results(before, request), found = results(after, request);
      ASSERT_EQ(expected.size(), found.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        double largest = 1;
        for (const double x : expected[i]) largest = std::max(largest, std::fabs(x));
        EXPECT_LT(test::difference(expected[i], found[i]), 1e-11 * largest) << "output " << i;
      }
    }
  }

  Graph source_;
  std::vector<Request> requests_;
};

TEST_P(RandomPasses, FileFormComputesTheSame) {
  const Graph file = fold_padding(source_);
  expect_same(source_, file);
  Graph pruned = file;
  prune_last(pruned);
  expect_same(file, pruned);
}

TEST_P(RandomPasses, EqualizedGraphComputesTheSame) {
  Graph equal = source_;
  equalize(equal, requests_);
  expect_same(source_, equal);
  expect_same(source_, fold_padding(equal));
}

TEST_P(RandomPasses, RoundingIsChosen) {
  Graph rounded = test::random_graph(GetParam());
  quantize(rounded, Precision::int8);
  choose_rounding(rounded, requests_);
  const Graph file = [&] {
    add_special_rows(rounded);
    return fold_padding(rounded);
  }();
  for (const double x : Interpreter(file).run(requests_.back())) EXPECT_TRUE(std::isfinite(x));
}

INSTANTIATE_TEST_SUITE_P(Drawn, RandomPasses, ::testing::Range(std::uint32_t{1}, kGraphs + 1));

// What the graphs that the suite draws have, each often enough.
TEST(RandomGraph, UsesEveryOperatorAndOption) {
  std::map<std::string, int> used;
  for (std::uint32_t seed = 1; seed <= kGraphs; ++seed) {
    const Graph graph = test::random_graph(seed);
    for (const Node& node : graph.nodes) {
      ++used[node.op];
      for (const Attribute& attribute : node.attributes) {
        const auto* choice = std::get_if<std::string>(&attribute.value);
        ++used[node.op + " " + attribute.name + (choice != nullptr ? " " + *choice : "")];
      }
      for (std::size_t i = 1; i < node.inputs.size(); ++i)
        if (node.inputs[i] != kNone) ++used[node.op + " input " + std::to_string(i)];
    }
    if (graph.value(graph.output).count > 1) ++used["several interests"];
    if (!graph.outputs.empty()) ++used["outputs"];
    if (!graph.prior.empty()) ++used["prior"];
    if (graph.hidden_row != kNone) ++used["hidden row"];
    if (graph.appends()) ++used["appended row"];
    if (graph.computes_padding) ++used["computed padding"];
    for (const Feature& feature : graph.features) {
      if (feature.gaps) ++used["gaps"];
      if (feature.and_request) ++used["request time"];
      if (feature.kind == FeatureKind::event_ids) ++used["event ids"];
      if (feature.kind == FeatureKind::context_id) ++used["context id"];
    }
  }
  for (const char* what : {"activation",
                           "add",
                           "additive_attention input 1",
                           "additive_attention padding attended",
                           "additive_attention weighting softmax",
                           "attention factor",
                           "attention input 5",
                           "attention input 8",
                           "attention input 9",
                           "attention input 10",
                           "attention key_heads",
                           "attention mask causal",
                           "attention mask none",
                           "attention normalise queries",
                           "attention padding attended",
                           "attention padding masked",
                           "attention query_time next",
                           "attention stride",
                           "attention weighting hard",
                           "attention weighting silu",
                           "attention window",
                           "capsule_routing dynamic",
                           "concat",
                           "embedding",
                           "flatten",
                           "gru",
                           "gru_cell",
                           "l2_norm",
                           "last",
                           "layer_norm",
                           "linear input 3",
                           "mask_padding",
                           "mix",
                           "multiply",
                           "neighbours direction in",
                           "neighbours direction out",
                           "parameter",
                           "pool kind max",
                           "pool kind mean",
                           "pool kind sum",
                           "pool skip",
                           "position",
                           "unfold",
                           "several interests",
                           "outputs",
                           "prior",
                           "hidden row",
                           "appended row",
                           "computed padding",
                           "gaps",
                           "request time",
                           "event ids",
                           "context id"})
    EXPECT_GE(used[what], 1) << what;
}

} // namespace
} // namespace heed::convert
