// check() refuses every graph that breaks a rule: a defect of a pass must not reach a file.
#include "converter/graph/operators.hpp"
#include "converter/graph/passes/passes.hpp"
#include "tests/converter/graph/support.hpp"

#include <functional>
#include <ostream>
#include <stdexcept>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

Node& find(Graph& graph, const std::string& op) {
  for (Node& node : graph.nodes) {
    if (node.op == op) return node;
  }
  throw std::logic_error("no such node");
}

struct Breakage {
  const char* name;
  std::function<void(Graph&)> apply;
};

// What GoogleTest shows of a case; without it, bytes that hold addresses.
void PrintTo(const Breakage& breakage, std::ostream* out) {
  *out << breakage.name;
}

class Operators : public ::testing::TestWithParam<Breakage> {};

TEST_P(Operators, CheckRefuses) {
  Graph graph = test::random_encoder({});
  ASSERT_NO_THROW(check(graph));
  GetParam().apply(graph);
  EXPECT_THROW(check(graph), std::logic_error);
}

INSTANTIATE_TEST_SUITE_P(
    All, Operators,
    ::testing::Values(
        Breakage{"UnknownOperator", [](Graph& g) { find(g, "last").op = "lats"; }},
        Breakage{"MissingInput", [](Graph& g) { find(g, "linear").inputs[1] = kNone; }},
        Breakage{"InputTooMany", [](Graph& g) { find(g, "last").inputs.push_back(g.nodes[0].output); }},
        Breakage{"InputOfTheWrongKind",
                 [](Graph& g) { find(g, "last").inputs[0] = find(g, "linear").inputs[1]; }},
        Breakage{"ValueUsedBeforeItIsMade", [](Graph& g) { std::swap(g.nodes[0], g.nodes[1]); }},
        Breakage{"ValueMadeTwice", [](Graph& g) { g.nodes.push_back(g.nodes.back()); }},
        Breakage{"MissingAttribute", [](Graph& g) { find(g, "layer_norm").drop("eps"); }},
        Breakage{"AttributeOfAnotherType",
                 [](Graph& g) { find(g, "layer_norm").set("eps", std::int64_t{1}); }},
        Breakage{"AttributeTooMany", [](Graph& g) { find(g, "last").set("extra", true); }},
        Breakage{"UnknownChoice", [](Graph& g) { find(g, "linear").set("activation", std::string("rleu")); }},
        Breakage{"ChoiceOfTheOtherForm",
                 [](Graph& g) { find(g, "attention").set("padding", std::string("constant")); }},
        Breakage{"HeadsDoNotDivide", [](Graph& g) { find(g, "attention").set("heads", std::int64_t{3}); }},
        Breakage{"PositionsFromThePaddedSide",
                 [](Graph& g) { find(g, "embedding").set("position_rule", std::string("from_left")); }},
        Breakage{"WrongWidth",
                 [](Graph& g) { g.values[static_cast<std::size_t>(g.nodes[1].output)].cols += 1; }},
        Breakage{"OutputIsNotOneRow", [](Graph& g) { g.output = g.nodes[0].output; }},
        Breakage{"MaximumHistoryAboveSlots", [](Graph& g) { g.max_history = g.slots + 1; }},
        Breakage{"ItemsBeyondTheTable", [](Graph& g) { g.items += 1; }},
        Breakage{"SourceNodeInTheFileForm", [](Graph& g) { g.form = Form::file; }}),
    [](const auto& param) { return param.param.name; });

TEST(OperatorsFileForm, MaskPaddingBelongsToTheSource) {
  test::EncoderOptions options;
  options.mask_padding = true;
  Graph graph = test::random_encoder(options);
  ASSERT_NO_THROW(check(graph));
  Graph file = fold_padding(graph);
  ASSERT_NO_THROW(check(file));
  for (const Node& node : file.nodes) EXPECT_NE(node.op, "mask_padding");
}

} // namespace
} // namespace heed::convert
