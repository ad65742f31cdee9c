#include "runtime/format/loaded_model.hpp"
#include "runtime/plan/plan.hpp"
#include "tests/support/test_model.hpp"

#include <gtest/gtest.h>

namespace heed::plan {
namespace {

std::unique_ptr<format::LoadedModel> load(const test::AlignedBytes& bytes) {
  auto loaded = format::LoadedModel::load(
      Span<const std::byte>(static_cast<const std::byte*>(bytes.data()), bytes.size()));
  EXPECT_TRUE(loaded.ok()) << loaded.status().message();
  return std::move(*loaded);
}

std::size_t quantize_steps(const Plan& plan) {
  std::size_t count = 0;
  for (const Step& step : plan.steps) count += step.kind == Step::Kind::quantize;
  return count;
}

TEST(Plan, QuantizesAValueOnceHoweverManyNodesWantIt) {
  test::EncoderOptions options;
  options.int8 = true;
  options.blocks = 1;
  const test::AlignedBytes bytes(test::make_encoder(options).model.bytes());
  const auto model = load(bytes);
  const Plan plan = make_plan(model->graph, {model->query_value()}, 7);
  // For q, k, v together; for wo, w1 and w2 one each.
  EXPECT_EQ(quantize_steps(plan), 4u);
  EXPECT_EQ(plan.steps.size(), model->graph.nodes.size() + 4);
}

TEST(Plan, NeedsNothingQuantizedInFp32) {
  const test::AlignedBytes bytes(test::make_encoder({}).model.bytes());
  const auto model = load(bytes);
  EXPECT_EQ(quantize_steps(make_plan(model->graph, {model->query_value()}, 7)), 0u);
}

TEST(Plan, ReusesMemoryAcrossBlocks) {
  test::EncoderOptions shallow, deep;
  shallow.blocks = 2;
  deep.blocks = 8;
  const test::AlignedBytes a(test::make_encoder(shallow).model.bytes()),
      b(test::make_encoder(deep).model.bytes());
  const auto two = load(a), eight = load(b);
  const std::uint64_t of_two = make_plan(two->graph, {two->query_value()}, 7).arena_bytes;
  const std::uint64_t of_eight = make_plan(eight->graph, {eight->query_value()}, 7).arena_bytes;
  EXPECT_LE(of_eight, of_two + of_two / 10); // packing greedily may leave a gap, but nothing for each block
}

TEST(Plan, GrowsWithTheNumberOfEvents) {
  const test::AlignedBytes bytes(test::make_encoder({}).model.bytes());
  const auto model = load(bytes);
  EXPECT_LT(make_plan(model->graph, {model->query_value()}, 1).arena_bytes,
            make_plan(model->graph, {model->query_value()}, 7).arena_bytes);
}

} // namespace
} // namespace heed::plan
