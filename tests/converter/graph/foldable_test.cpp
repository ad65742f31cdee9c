// Graphs whose padding no constant can stand for are refused, with the node and the reason.
#include "converter/graph/builder.hpp"
#include "converter/graph/interpreter.hpp"
#include "converter/graph/passes/passes.hpp"
#include "tests/converter/graph/support.hpp"

#include <functional>
#include <optional>
#include <random>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

constexpr std::int64_t kSlots = 4, kDim = 2, kItems = 5;

// A graph of one interesting node after the embedding.
class Foldable : public ::testing::Test {
 protected:
  Constant constant(const std::string& name, std::int64_t rows, std::int64_t cols) {
    return test::random_constant(name, rows, cols, random_);
  }
  Embedding items() { return {constant("items", kItems, kDim)}; }

  // Adds to a graph what is to be tested, and returns a value of kDim columns.
  using Add = std::function<ValueId(Builder&, ValueId)>;
  Graph graph(PaddingSide side, const Add& add, bool computed = false,
              std::optional<Embedding> embedding = {}) {
    Builder builder(kSlots, side);
    if (computed) builder.compute_padding();
    const bool appends = embedding && embedding->append;
    const ValueId x = builder.embedding("embedding", embedding ? *embedding : items());
    const ValueId y = add(builder, x);
    const ValueId user = builder.last("last", y);
    Graph graph = builder.finish(user, 1, kSlots - (appends ? 1 : 0));
    add_special_rows(graph);
    return graph;
  }
  void expect_refused(const Graph& source, const std::string& why) {
    EXPECT_EQ(test::error_message(StatusCode::not_supported, [&] { fold_padding(source); }),
              "padding cannot be folded at " + why);
  }
  ValueId attention(Builder& b, ValueId x, const AttentionRule& rule) {
    return b.attention("attention", x, x, x, rule);
  }

  std::mt19937 random_{7};
};

TEST_F(Foldable, WhatStartsAtPaddingOnTheLeft) {
  expect_refused(graph(PaddingSide::left,
                       [&](Builder& b, ValueId x) {
                         return b.conv1d("conv", x, constant("w", kDim, 3 * kDim), {}, "relu", 3);
                       }),
                 "conv.windows: it starts at padding on the left");
  expect_refused(graph(PaddingSide::left,
                       [&](Builder& b, ValueId x) { return b.add("sum", x, b.largest("largest", x, 1)); }),
                 "largest: it skips padding on the left instead of events");
}

TEST_F(Foldable, SumsOverPlacesNeedComputedPadding) {
  const auto mix = [&](Builder& b, ValueId x) {
    return b.mix("mix", x, constant("weights", kSlots, kSlots), {}, 1, true);
  };
  for (const PaddingSide side : {PaddingSide::left, PaddingSide::right}) {
    expect_refused(graph(side, mix), "mix: it sums over padded slots; padding must be computed");
    fold_padding(graph(side, mix, true));
  }
}

TEST_F(Foldable, SoftmaxOverPaddedQueries) {
  AttentionRule rule;
  rule.by_queries = rule.padding_masked = true;
  rule.causal = false;
  const auto add = [&](Builder& b, ValueId x) { return attention(b, x, rule); };
  const char* const queries =
      "attention: its softmax runs over padded queries, too; padding must be computed";
  expect_refused(graph(PaddingSide::left, add), queries);
  rule.causal = true;
  expect_refused(graph(PaddingSide::right, add), queries);
  fold_padding(graph(PaddingSide::left, add));
  rule.fill = -10000; // the same for every query, so it hides nothing
  expect_refused(graph(PaddingSide::left, add),
                 "attention: its softmax over queries sees padded keys; padding must be computed");
}

TEST_F(Foldable, PaddingThatDependsOnTheRequest) {
  const auto add = [&](Builder& b, ValueId x) {
    Feature user;
    user.name = "user";
    user.kind = FeatureKind::context_id;
    user.vocabulary = 3;
    const ValueId row = b.feature_embedding("user", b.feature(user), constant("users", 3, kDim));
    return attention(b, b.add("both", x, row), {});
  };
  expect_refused(graph(PaddingSide::left, add),
                 "attention: it attends to padding that depends on the request");
  fold_padding(graph(PaddingSide::right, add)); // no event sees it
}

TEST_F(Foldable, NextTimesOfPaddedSlotsAreEvents) {
  const auto add = [&](Builder& b, ValueId x) {
    Feature time;
    time.name = "time";
    time.kind = FeatureKind::event_times;
    AttentionRule rule;
    rule.time = TimeRule{
        b.feature(time), test::constant_of("edges", 1, 2, {1, 5}), true, constant("time_bias", 1, 3), {}, {}};
    return attention(b, b.attention("first", x, x, x, rule), {});
  };
  expect_refused(graph(PaddingSide::left, add),
                 "attention: it attends to padding that depends on the request");
}

TEST_F(Foldable, HiddenItemsAreHiddenFromEverything) {
  const auto hidden = [&](bool append) {
    Embedding embedding = items();
    embedding.hidden_row = 1;
    if (append) embedding.append = constant("mask", 1, kDim);
    return embedding;
  };
  const char* const shown = ": it does not hide the item that padding's mask hides";
  const auto refused = [&](const char* name, const Add& add) {
    expect_refused(graph(PaddingSide::right, add, false, hidden(true)), std::string(name) + shown);
  };
  refused("conv.windows", [&](Builder& b, ValueId x) {
    return b.conv1d("conv", x, constant("w", kDim, 2 * kDim), {}, "none", 2);
  });
  refused("attention", [&](Builder& b, ValueId x) { return attention(b, x, {}); });
  refused("pool",
          [&](Builder& b, ValueId x) { return b.add("sum", x, b.pool("pool", x, "sum", kNone, true)); });
  refused("capsules", [&](Builder& b, ValueId x) {
    return b.add("sum", x,
                 b.last("one", b.capsule_routing("capsules", x, constant("logits", 2, kSlots), 1, false)));
  });
  expect_refused(graph(
                     PaddingSide::right, [](Builder&, ValueId x) { return x; }, false, hidden(false)),
                 "last: the newest event may be the item that padding's mask hides");
}

TEST_F(Foldable, AppendedRowsAreNoItems) {
  Embedding embedding = items();
  embedding.append = constant("mask", 1, kDim);
  expect_refused(graph(
                     PaddingSide::right,
                     [](Builder& b, ValueId x) { return b.neighbours("neighbours", x, "in"); }, false,
                     embedding),
                 "neighbours: the row that follows every history is no item");
}

TEST_F(Foldable, MasksUnderComputedPadding) {
  const auto refused = [&](const char* name, const Add& add) {
    expect_refused(graph(PaddingSide::left, add, true),
                   std::string(name) + ": it hides padding, which is computed");
  };
  AttentionRule masked;
  masked.padding_masked = true;
  refused("attention", [&](Builder& b, ValueId x) { return attention(b, x, masked); });
  refused("mask", [](Builder& b, ValueId x) { return b.mask_padding("mask", x); });
  refused("neighbours", [](Builder& b, ValueId x) { return b.neighbours("neighbours", x, "out"); });
  refused("pool", [](Builder& b, ValueId x) { return b.add("sum", x, b.pool("pool", x, "sum")); });
  refused("capsules", [&](Builder& b, ValueId x) {
    return b.add("sum", x,
                 b.last("one", b.capsule_routing("capsules", x, constant("logits", 2, kSlots), 1, false)));
  });
  // Latent keys are not padding.
  fold_padding(graph(
      PaddingSide::left,
      [&](Builder& b, ValueId x) {
        const ValueId rows = b.parameter("rows", constant("latent", 3, kDim));
        masked.causal = false;
        return b.attention("attention", x, rows, rows, masked);
      },
      true));
}

TEST_F(Foldable, MeansAndPositionsOfComputedPadding) {
  expect_refused(
      graph(
          PaddingSide::left,
          [](Builder& b, ValueId x) { return b.add("sum", x, b.pool("pool", x, "mean", kNone, true)); },
          true),
      "pool: its mean divides by the number of events, but padding is computed like events");
  Embedding embedding = items();
  embedding.positions = constant("positions", kSlots, kDim);
  expect_refused(graph(
                     PaddingSide::left, [](Builder&, ValueId x) { return x; }, true, embedding),
                 "embedding: padding that is computed must have positions");
}

// What equalize() may not divide: values that something beside the average reads.
TEST_F(Foldable, EqualizedValuesThatAreKeysOrOutputsStay) {
  for (const bool keys : {true, false}) {
    Builder b(kSlots, PaddingSide::right);
    const ValueId x = b.embedding("embedding", items());
    const ValueId v = b.linear("v", x, constant("v.weight", kDim, kDim), {});
    const ValueId k = keys ? v : b.linear("k", x, constant("k.weight", kDim, kDim), {});
    const ValueId y =
        b.linear("out", b.attention("attention", x, k, v, {}), constant("out.weight", kDim, kDim), {});
    Graph source = b.finish(b.last("last", y), 1, kSlots);
    if (!keys) source.outputs.push_back({"values", v});
    const std::vector<Request> requests = {{0, 1, 2}, {3, 4}};
    Graph equal = source;
    equalize(equal, requests);
    for (const Request& request : requests) {
      const auto before = Interpreter(source).run_all(request), after = Interpreter(equal).run_all(request);
      const auto at = [](const std::vector<Matrix>& values, ValueId id) {
        return values[static_cast<std::size_t>(id)].values;
      };
      EXPECT_LT(test::difference(at(before, source.output), at(after, equal.output)), 1e-12);
      if (!keys) {
        EXPECT_LT(test::difference(at(before, v), at(after, equal.outputs[0].value)), 1e-12);
      }
    }
  }
}

} // namespace
} // namespace heed::convert
