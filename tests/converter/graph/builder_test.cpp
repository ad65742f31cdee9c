// Weights that do not fit are refused with both names and shapes.
#include "converter/graph/builder.hpp"
#include "tests/converter/graph/support.hpp"

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using test::constant_of;
using test::error_message;

Constant zeros(const std::string& name, std::int64_t rows, std::int64_t cols) {
  return constant_of(name, rows, cols, std::vector<double>(static_cast<std::size_t>(rows * cols)));
}

class BuilderShapes : public ::testing::Test {
 protected:
  BuilderShapes() : x_(builder_.embedding("embedding", {zeros("items", 9, 4)})) {}

  std::string misfit(const std::function<void()>& function) {
    return error_message(StatusCode::weights_shape, function);
  }

  Builder builder_{5, PaddingSide::left};
  ValueId x_;
};

TEST_F(BuilderShapes, LinearWeight) {
  EXPECT_EQ(misfit([&] { builder_.linear("l", x_, zeros("w", 6, 5), std::nullopt); }),
            "weight w [6, 5] does not fit items [9, 4]: it should be [6, 4]");
}

TEST_F(BuilderShapes, LinearAfterLinear) {
  const ValueId y = builder_.linear("l", x_, zeros("w1", 6, 4), std::nullopt);
  EXPECT_EQ(misfit([&] { builder_.linear("l", y, zeros("w2", 4, 7), std::nullopt); }),
            "weight w2 [4, 7] does not fit w1 [6, 4]: it should be [4, 6]");
}

TEST_F(BuilderShapes, Bias) {
  EXPECT_EQ(misfit([&] { builder_.linear("l", x_, zeros("w", 6, 4), zeros("b", 1, 4)); }),
            "weight b [1, 4] does not fit w [6, 4]: it should be [1, 6]");
}

TEST_F(BuilderShapes, Residual) {
  EXPECT_EQ(misfit([&] { builder_.linear("l", x_, zeros("w", 6, 4), std::nullopt, "none", x_); }),
            "weight w [6, 4] does not fit items [9, 4]: it should be [4, 4]");
}

TEST_F(BuilderShapes, Norm) {
  EXPECT_EQ(misfit([&] {
              builder_.layer_norm("n", x_, {zeros("gamma", 1, 4), zeros("beta", 1, 3), 1e-5});
            }),
            "weight beta [1, 3] does not fit items [9, 4]: it should be [1, 4]");
}

TEST_F(BuilderShapes, QueriesAndKeys) {
  const ValueId narrow = builder_.linear("k", x_, zeros("wk", 3, 4), std::nullopt);
  EXPECT_EQ(misfit([&] { builder_.attention("a", x_, narrow, x_, {}); }),
            "weights items [9, 4] and wk [3, 4] make rows of different length");
}

TEST_F(BuilderShapes, Add) {
  const ValueId narrow = builder_.linear("k", x_, zeros("wk", 3, 4), std::nullopt);
  EXPECT_EQ(misfit([&] { builder_.add("a", x_, narrow); }),
            "weights items [9, 4] and wk [3, 4] make rows of different length");
}

TEST_F(BuilderShapes, OutputAgainstItems) {
  const ValueId narrow = builder_.last("last", builder_.linear("k", x_, zeros("wk", 3, 4), std::nullopt));
  EXPECT_EQ(misfit([&] { builder_.finish(narrow, 1, 5); }),
            "the rows of items [9, 4] are not scored by vectors of wk [3, 4]");
}

TEST_F(BuilderShapes, Heads) {
  AttentionRule rule;
  rule.heads = 3;
  EXPECT_EQ(error_message(StatusCode::invalid_argument, [&] { builder_.attention("a", x_, x_, x_, rule); }),
            "3 heads do not divide the 4 rows of items [9, 4]");
}

TEST_F(BuilderShapes, MaximumHistory) {
  const ValueId last = builder_.last("last", x_);
  error_message(StatusCode::invalid_argument, [&] { builder_.finish(last, 1, 6); });
  error_message(StatusCode::invalid_argument, [&] { builder_.finish(last, 1, 0); });
}

TEST(BuilderPositions, RowsAndColumns) {
  for (const auto& [rows, cols] : {std::pair<int, int>{4, 4}, {5, 3}}) {
    Builder builder(5, PaddingSide::left);
    Embedding embedding{zeros("items", 9, 4)};
    embedding.positions = zeros("positions", rows, cols);
    EXPECT_NE(error_message(StatusCode::weights_shape, [&] { builder.embedding("e", embedding); })
                  .find("does not fit items [9, 4]: it should be [5, 4]"),
              std::string::npos);
  }
}

} // namespace
} // namespace heed::convert
