// A step writes the rows it makes and its own scratch, and nothing else of the arena: an operator that asks
// for too little scratch, or a kernel that stores too far, would ruin another value or what follows the
// arena. Nor do results depend on what memory held before a step, or on the instruction set.
#include "runtime/format/loaded_model.hpp"
#include "runtime/plan/plan.hpp"
#include "tests/runtime/kernels/support.hpp"
#include "tests/support/operator_model.hpp"
#include "tests/support/test_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include <gtest/gtest.h>

namespace heed::plan {
namespace {

constexpr std::size_t kBehind = 4096; // bytes watched beyond the arena's end
constexpr std::size_t kMaxEvents = 21, kSlots = 24;

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

// A history of some events with legal features; where `gaps`, places that no event stands at are among them.
class SomeHistory {
 public:
  SomeHistory(const ops::Graph& graph, std::size_t events, bool gaps) {
    for (std::size_t t = 0; t < events; ++t) {
      rows_.push_back(t * t % 5); // items repeat
      places_.push_back(static_cast<std::uint32_t>(gaps ? t * (kSlots - 1) / (kMaxEvents - 1) : t));
    }
    for (std::size_t f = 0; f < graph.features.size(); ++f) {
      values_.emplace_back();
      const bool times = graph.features[f].kind == ops::FeatureKind::event_times;
      for (std::size_t t = 0; t < events + 1; ++t)
        values_.back().push_back(static_cast<std::int64_t>(times ? t * t : t % graph.features[f].vocabulary));
    }
    for (const auto& values : values_) features_.push_back(values.data());
  }
  ops::History view() const {
    return {rows_.data(), places_.data(),      features_.data(),
            rows_.size(), places_.back() + 1u, rows_.size() - 1};
  }

 private:
  std::vector<std::uint64_t> rows_;
  std::vector<std::uint32_t> places_;
  std::vector<std::vector<std::int64_t>> values_;
  std::vector<const std::int64_t*> features_;
};

struct Planned {
  explicit Planned(const std::vector<std::uint8_t>& file) : bytes(file) {
    auto opened = format::LoadedModel::load(
        Span<const std::byte>(static_cast<const std::byte*>(bytes.data()), bytes.size()));
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    if (!opened.ok()) return;
    loaded = std::move(*opened);
    plan = make_plan(loaded->graph, {loaded->query_value()}, kMaxEvents);
  }
  const ops::Graph& graph() const { return loaded->graph; }
  std::string name(const Step& step) const {
    return step.kind == Step::Kind::quantize ? "quantize"
                                             : graph().nodes[static_cast<std::size_t>(step.index)].name;
  }

  test::AlignedBytes bytes;
  std::unique_ptr<format::LoadedModel> loaded;
  Plan plan;
};

// The views of a plan in an arena, which runs steps one by one.
class Stepper {
 public:
  Stepper(const Planned& planned, std::size_t behind)
      : planned_(planned), arena(planned.plan.arena_bytes + behind), rows(planned.graph().values.size()),
        quantized(planned.graph().values.size()) {
    bind_views(planned.plan, arena.data(), rows.data(), quantized.data());
  }
  void run(std::size_t step, const kernels::KernelTable& table, const ops::History& history) {
    Plan one;
    one.placements = planned_.plan.placements;
    one.steps = {planned_.plan.steps[step]};
    run_plan(one, planned_.graph(), table, arena.data(), rows.data(), quantized.data(), history);
  }

 private:
  const Planned& planned_;

 public:
  base::AlignedBuffer arena;
  std::vector<ops::RowsView> rows;
  std::vector<ops::QuantizedView> quantized;
};

void expect_own_writes(const Planned& planned) {
  const Plan& plan = planned.plan;
  Stepper stepper(planned, kBehind);
  std::byte* arena = stepper.arena.data();
  std::memset(arena, 0x5a, stepper.arena.size());
  std::vector<std::byte> before(stepper.arena.size());
  for (const kernels::KernelTable* table : kernels::test::all_tables())
    for (const std::size_t events : {1U, 5U, 16U, 20U, 21U}) {
      const SomeHistory history(planned.graph(), events, false);
      for (std::size_t s = 0; s < plan.steps.size(); ++s) {
        std::copy(arena, arena + before.size(), before.begin());
        stepper.run(s, *table, history.view());
        for (const Range& mine : owned(plan, planned.graph(), plan.steps[s]))
          std::memcpy(before.data() + mine.begin, arena + mine.begin, mine.end - mine.begin);
        if (std::memcmp(before.data(), arena, before.size()) == 0) continue;
        const auto wrong = std::mismatch(before.begin(), before.end(), arena).first - before.begin();
        FAIL() << table->isa << ", " << events << " events, step " << s << " (" << planned.name(plan.steps[s])
               << ") wrote byte " << wrong << " of " << plan.arena_bytes;
      }
    }
}

// Steps run in two arenas of the exact size; before each, what it owns is filled with zeros in one and with
// NaN in the other. The first runs the scalar kernels.
void expect_same_bits_whatever_memory_held(const Planned& planned) {
  const Plan& plan = planned.plan;
  const ops::Graph& graph = planned.graph();
  const std::vector<const kernels::KernelTable*> tables = kernels::test::all_tables();
  const auto scalar = std::find_if(tables.begin(), tables.end(),
                                   [](const auto* t) { return std::strcmp(t->isa, "scalar") == 0; });
  ASSERT_NE(scalar, tables.end());
  for (const kernels::KernelTable* table : tables)
    for (const std::size_t events : {1U, 2U, 15U, 16U, 17U, 21U})
      for (const bool gaps : {false, true}) {
        const SomeHistory made(graph, events, gaps);
        const ops::History history = made.view();
        Stepper zeros(planned, 0), ones(planned, 0);
        std::memset(zeros.arena.data(), 0, zeros.arena.size());
        std::memset(ones.arena.data(), 0xff, ones.arena.size());
        for (std::size_t s = 0; s < plan.steps.size(); ++s) {
          for (const Range& r : owned(plan, graph, plan.steps[s])) {
            std::memset(zeros.arena.data() + r.begin, 0, r.end - r.begin);
            std::memset(ones.arena.data() + r.begin, 0xff, r.end - r.begin);
          }
          zeros.run(s, **scalar, history);
          ones.run(s, *table, history);
          if (plan.steps[s].kind == Step::Kind::quantize) continue; // linear compares
          const int out = graph.nodes[static_cast<std::size_t>(plan.steps[s].index)].output;
          const ops::Value& value = graph.values[static_cast<std::size_t>(out)];
          const ops::RowsView &a = zeros.rows[static_cast<std::size_t>(out)],
                              &b = ones.rows[static_cast<std::size_t>(out)];
          for (std::size_t r = 0; r < (value.events ? events : value.count); ++r) {
            const float *x = a.data + r * a.stride, *y = b.data + r * b.stride;
            const auto where = [&] {
              return std::string(table->isa) + ", " + std::to_string(events) + " events, step " +
                     std::to_string(s) + " (" + planned.name(plan.steps[s]) + "), row " + std::to_string(r);
            };
            ASSERT_EQ(std::memcmp(x, y, value.cols * sizeof(float)), 0) << where();
            ASSERT_TRUE(std::all_of(x, x + value.cols, [](float f) { return std::isfinite(f); })) << where();
          }
        }
      }
}

struct Case {
  bool int8;
  const char* padding;
  std::size_t dim, heads;
};

class Encoders : public testing::TestWithParam<Case> {
 protected:
  Encoders() : planned_(file()) {}
  static std::vector<std::uint8_t> file() {
    test::EncoderOptions options;
    options.int8 = GetParam().int8;
    options.padding = GetParam().padding;
    options.dim = GetParam().dim;
    options.heads = GetParam().heads;
    options.max_history = kMaxEvents;
    options.slots = kSlots;
    return test::make_encoder(options).model.bytes();
  }
  Planned planned_;
};

TEST_P(Encoders, StepsWriteOnlyWhatTheyOwn) {
  ASSERT_NE(planned_.loaded, nullptr);
  expect_own_writes(planned_);
}
TEST_P(Encoders, StepsGiveTheSameBitsWhateverMemoryHeld) {
  ASSERT_NE(planned_.loaded, nullptr);
  expect_same_bits_whatever_memory_held(planned_);
}

INSTANTIATE_TEST_SUITE_P(Ownership, Encoders,
                         testing::Values(Case{false, "none", 12, 2}, Case{false, "constant", 16, 1},
                                         Case{false, "per_slot", 50, 1}, Case{true, "none", 50, 1},
                                         Case{true, "constant", 12, 3}, Case{true, "per_slot", 16, 2}),
                         [](const testing::TestParamInfo<Case>& c) {
                           return std::string(c.param.int8 ? "int8_" : "fp32_") + c.param.padding + "_dim" +
                                  std::to_string(c.param.dim) + "_heads" + std::to_string(c.param.heads);
                         });

class Operators : public testing::TestWithParam<test::OperatorOptions> {
 protected:
  Operators() : planned_(test::make_operator_model(GetParam()).bytes()) {}
  Planned planned_;
};

TEST_P(Operators, StepsWriteOnlyWhatTheyOwn) {
  ASSERT_NE(planned_.loaded, nullptr);
  expect_own_writes(planned_);
}
TEST_P(Operators, StepsGiveTheSameBitsWhateverMemoryHeld) {
  ASSERT_NE(planned_.loaded, nullptr);
  expect_same_bits_whatever_memory_held(planned_);
}

std::vector<test::OperatorOptions> operator_models() {
  std::vector<test::OperatorOptions> all(5);
  all[1].dim = all[2].dim = 16;
  all[1].heads = 1;
  all[2].heads = 16; // of one column
  all[2].key_heads = 4;
  all[2].int8 = true;
  all[3].dim = 51;
  all[3].heads = 3;
  all[3].buckets = 17;
  all[4].dim = 34; // heads of 17 columns
  all[4].key_heads = 2;
  all[4].buckets = 40;
  all[4].int8 = true;
  return all;
}

INSTANTIATE_TEST_SUITE_P(Ownership, Operators, testing::ValuesIn(operator_models()),
                         [](const testing::TestParamInfo<test::OperatorOptions>& c) {
                           return std::string(c.param.int8 ? "int8_" : "fp32_") + "dim" +
                                  std::to_string(c.param.dim) + "_heads" + std::to_string(c.param.heads);
                         });

} // namespace
} // namespace heed::plan
