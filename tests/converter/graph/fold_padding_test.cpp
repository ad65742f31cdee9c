// The file form computes what the source form computes, for every length of history.
#include "converter/graph/interpreter.hpp"
#include "converter/graph/passes/passes.hpp"
#include "tests/converter/graph/support.hpp"

#include <cmath>
#include <limits>
#include <ostream>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using test::EncoderOptions;

void expect_same(const Graph& source, const Graph& file) {
  const Interpreter before(source), after(file);
  for (const auto& history : test::histories_of_all_lengths(source, 5)) {
    std::vector<double> expected = before.run(history);
    if (history.empty() && std::isnan(expected[0])) expected.assign(expected.size(), 0.0);
    EXPECT_LT(test::difference(expected, after.run(history)), 1e-12) << history.size() << " events";
  }
}

std::vector<std::string> paddings(const Graph& graph) {
  std::vector<std::string> found;
  for (const Node& node : graph.nodes) {
    if (node.op == "attention") found.push_back(node.choice("padding"));
  }
  return found;
}

struct Case {
  const char* name;
  EncoderOptions options;
  std::vector<std::string> padding; // of each block's attention in the file
};

// What GoogleTest shows of a case; without it, bytes that hold addresses.
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.options.norm << " " << c.name;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* norm : {"query", "before", "after"}) {
    EncoderOptions options;
    options.norm = norm;
    const auto add = [&](const char* name, const char* padding) {
      options.seed += 1;
      all.push_back({name, options, {padding, padding}});
    };
    const EncoderOptions plain = options;
    add("PlainPadding", "constant");
    options.pad_row = true;
    add("PaddingRow", "constant");
    options.pad_position = true;
    add("PaddingWithPositions", "per_slot");
    options.mask_padding = true;
    add("MaskedSlots", "constant");
    options = plain;
    options.positions = false;
    add("NoPositions", "constant");
    options = plain;
    options.projection = false;
    add("NoProjection", "constant");
    options = plain;
    options.side = PaddingSide::right;
    add("RightPadding", "none");
    options.pad_row = options.pad_position = true;
    add("RightPaddingWithPositions", "none");
    options = plain;
    options.masked = true;
    add("MaskedKeys", "none");
    options.pad_row = options.pad_position = true;
    options.fill = -10000;
    add("AdditiveMask", "none");
    options.causal = false;
    add("BidirectionalWithMaskedKeys", "none");
    options.fill = -std::numeric_limits<double>::infinity();
    add("BidirectionalWithRemovedKeys", "none");
    options.append = true;
    options.drop_oldest = 1;
    add("AppendedRow", "none");
    options.hidden_row = 2;
    add("HiddenRow", "none");
    options.side = PaddingSide::right;
    add("AppendedRowRightPadding", "none");
    options = plain;
    options.side = PaddingSide::right;
    options.gru = true;
    add("Recurrent", "none");
    options.head = "attended";
    add("AttendedHead", "none");
    options.head = "sum";
    add("SumHead", "none");
  }
  return all;
}

class FoldPadding : public ::testing::TestWithParam<Case> {};

TEST_P(FoldPadding, SameResultsForEveryLength) {
  const Graph source = test::random_encoder(GetParam().options);
  const Graph file = fold_padding(source);
  EXPECT_EQ(file.form, Form::file);
  EXPECT_EQ(paddings(file), GetParam().padding);
  expect_same(source, file);
}

INSTANTIATE_TEST_SUITE_P(All, FoldPadding, ::testing::ValuesIn(cases()),
                         [](const auto& param) { return param.param.options.norm + "_" + param.param.name; });

TEST(FoldPaddingLimits, ShorterMaximumHistoryKeepsTheSlots) {
  EncoderOptions options;
  options.pad_row = options.pad_position = true;
  Graph source = test::random_encoder(options);
  source.max_history = 3;
  const Graph file = fold_padding(source);
  EXPECT_EQ(file.slots, 5);
  EXPECT_EQ(file.max_history, 3);
  expect_same(source, file);
}

TEST(FoldPaddingLimits, RecurrenceFromPaddingIsRefused) {
  EncoderOptions options;
  options.gru = true;
  const Graph source = test::random_encoder(options);
  EXPECT_EQ(test::error_message(StatusCode::not_supported, [&] { fold_padding(source); }),
            "padding cannot be folded at gru: it starts at padding on the left");
}

TEST(FoldPaddingLimits, SumsOverPaddingThatDiffersAreRefused) {
  EncoderOptions options;
  options.side = PaddingSide::right;
  options.head = "sum";
  options.sum_padding = true;
  for (const bool recurrent : {true, false}) { // the state at a padded slot; the position of one
    options.gru = recurrent;
    options.blocks = 0;
    options.pad_position = !recurrent;
    const Graph source = test::random_encoder(options);
    EXPECT_EQ(test::error_message(StatusCode::not_supported, [&] { fold_padding(source); }),
              "padding cannot be folded at pool: the padded slots that it sums do not all hold the same");
  }
}

TEST(FoldPaddingLimits, ConstantsComeFromStoredWeights) {
  Graph source = test::random_encoder({});
  quantize(source, Precision::int8);
  const Graph file = fold_padding(source);
  const Interpreter before(source), after(file);
  // Padding's keys and values are floats in the file.
  EXPECT_LT(test::difference(before.run({1, 2}), after.run({1, 2})), 1e-6);
  for (const Constant& constant : file.constants) EXPECT_NE(constant.stored, Stored::source);
}

TEST(FoldPaddingLimits, BidirectionalAttentionToPaddingIsRefused) {
  EncoderOptions options;
  options.causal = false;
  const Graph source = test::random_encoder(options);
  EXPECT_EQ(
      test::error_message(StatusCode::not_supported, [&] { fold_padding(source); }),
      "padding cannot be folded at block0.attention: it attends to padding without a causal mask, so padding "
      "depends on the events");
}

TEST(FoldPaddingLimits, AppendedRowBesidePaddingThatIsSeenIsRefused) {
  EncoderOptions options;
  options.append = true;
  const Graph source = test::random_encoder(options);
  test::error_message(StatusCode::not_supported, [&] { fold_padding(source); });
}

TEST(FoldPaddingLimits, WeakMaskIsRefused) {
  EncoderOptions options;
  options.masked = true;
  options.fill = -20;
  const Graph source = test::random_encoder(options);
  EXPECT_NE(test::error_message(StatusCode::not_supported, [&] { fold_padding(source); })
                .find("what it adds to hidden scores does not hide them"),
            std::string::npos);
}

TEST(FoldPaddingLimits, PaddingThatSeesEventsIsRefused) {
  EncoderOptions options;
  options.masked = true;
  options.fill = -10000; // padded queries see everything equally hidden, events too
  Graph source = test::random_encoder(options);
  for (Node& node : source.nodes) {
    if (node.name == "block1.attention") node.set("padding", std::string("attended"));
  }
  EXPECT_NE(test::error_message(StatusCode::not_supported, [&] { fold_padding(source); })
                .find("its padded slots see real events"),
            std::string::npos);
}

} // namespace
} // namespace heed::convert
