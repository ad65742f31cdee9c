// A step writes the rows it makes and its own scratch, and nothing else of the arena: an operator that asks
// for too little scratch, or a kernel that stores too far, would ruin another value or what follows the
// arena.
#include "runtime/format/loaded_model.hpp"
#include "runtime/plan/plan.hpp"
#include "tests/runtime/kernels/support.hpp"
#include "tests/support/test_model.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include <gtest/gtest.h>

namespace heed::plan {
namespace {

constexpr std::size_t kBehind = 4096; // bytes watched beyond the arena's end
constexpr std::size_t kMaxEvents = 21;

struct Range {
  std::uint64_t begin, end;
};

std::size_t rows_of(const ops::Value& value) {
  return value.events ? kMaxEvents : value.count;
}

// The bytes of the arena that the step may change.
std::vector<Range> owned(const Plan& plan, const ops::Graph& graph, const Step& step) {
  if (step.kind == Step::Kind::quantize) {
    const Placement& place = plan.placements[static_cast<std::size_t>(step.index)];
    const std::size_t rows = rows_of(graph.values[static_cast<std::size_t>(step.index)]);
    return {{place.quantized_offset, place.quantized_offset + rows * place.quantized_stride},
            {place.quant_offset, place.quant_offset + rows * sizeof(kernels::RowQuant)}};
  }
  const ops::Node& node = graph.nodes[static_cast<std::size_t>(step.index)];
  const std::size_t out = static_cast<std::size_t>(node.output);
  const Placement& place = plan.placements[out];
  const std::size_t rows = rows_of(graph.values[out]);
  return {{place.rows_offset, place.rows_offset + rows * place.rows_stride * sizeof(float)},
          {step.scratch_offset,
           step.scratch_offset + node.op->scratch_floats(graph, node, kMaxEvents) * sizeof(float)}};
}

struct Case {
  bool int8;
  const char* padding;
  std::size_t dim, heads;
};

class Ownership : public testing::TestWithParam<Case> {};

TEST_P(Ownership, StepsWriteOnlyWhatTheyOwn) {
  test::EncoderOptions options;
  options.int8 = GetParam().int8;
  options.padding = GetParam().padding;
  options.dim = GetParam().dim;
  options.heads = GetParam().heads;
  options.max_history = kMaxEvents;
  options.slots = 24;
  const test::AlignedBytes bytes(test::make_encoder(options).model.bytes());
  auto loaded = format::LoadedModel::load(
      Span<const std::byte>(static_cast<const std::byte*>(bytes.data()), bytes.size()));
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  const ops::Graph& graph = (*loaded)->graph;
  const Plan plan = make_plan(graph, {(*loaded)->query_value()}, kMaxEvents);

  base::AlignedBuffer arena(plan.arena_bytes + kBehind);
  std::memset(arena.data(), 0x5a, arena.size());
  std::vector<std::byte> before(arena.size());
  std::vector<ops::RowsView> rows(graph.values.size());
  std::vector<ops::QuantizedView> quantized(graph.values.size());
  bind_views(plan, arena.data(), rows.data(), quantized.data());
  const std::vector<std::uint64_t> ids(kMaxEvents, 3);
  std::vector<std::uint32_t> places(kMaxEvents);
  std::iota(places.begin(), places.end(), 0u);

  for (const kernels::KernelTable* table : kernels::test::all_tables())
    for (const std::size_t events : {1, 5, 16, 20, 21})
      for (std::size_t s = 0; s < plan.steps.size(); ++s) {
        Plan one = plan;
        one.steps = {plan.steps[s]};
        std::copy(arena.data(), arena.data() + arena.size(), before.begin());
        run_plan(one, graph, *table, arena.data(), rows.data(), quantized.data(),
                 {ids.data(), places.data(), nullptr, events, events, events - 1});
        const std::vector<Range> mine = owned(plan, graph, plan.steps[s]);
        for (std::uint64_t i = 0; i < arena.size(); ++i) {
          if (arena.data()[i] == before[i]) continue;
          const bool allowed =
              std::any_of(mine.begin(), mine.end(), [i](Range r) { return i >= r.begin && i < r.end; });
          ASSERT_TRUE(allowed) << table->isa << ", " << events << " events, step " << s << " wrote byte " << i
                               << " of " << plan.arena_bytes;
        }
      }
}

INSTANTIATE_TEST_SUITE_P(Encoders, Ownership,
                         testing::Values(Case{false, "none", 12, 2}, Case{false, "constant", 16, 1},
                                         Case{false, "per_slot", 50, 1}, Case{true, "none", 50, 1},
                                         Case{true, "constant", 12, 3}, Case{true, "per_slot", 16, 2}),
                         [](const testing::TestParamInfo<Case>& c) {
                           return std::string(c.param.int8 ? "int8_" : "fp32_") + c.param.padding + "_dim" +
                                  std::to_string(c.param.dim) + "_heads" + std::to_string(c.param.heads);
                         });

} // namespace
} // namespace heed::plan
