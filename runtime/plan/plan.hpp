// From a graph to steps and offsets.
#ifndef HEED_RUNTIME_PLAN_PLAN_HPP
#define HEED_RUNTIME_PLAN_PLAN_HPP

#include "runtime/ops/graph.hpp"
#include "runtime/ops/operator.hpp"
#include "runtime/plan/arena.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heed::plan {

// Runs a node, or quantizes a value's rows for the nodes that want them so (once, however many there are).
struct Step {
  enum class Kind : std::uint8_t { node, quantize } kind;
  int index;                    // of the node, or of the value
  std::uint64_t scratch_offset; // node: its scratch
  bool grows = false;           // computes the rows of new events alone
};

// Where a value lives. Offsets count bytes from the arena's start; strides are for kernels.
struct Placement {
  bool rows = false, quantized = false; // which of the two forms exist
  std::uint64_t rows_offset = 0;
  std::size_t rows_stride = 0; // floats
  std::uint64_t quantized_offset = 0, quant_offset = 0;
  std::size_t quantized_stride = 0; // bytes
};

// A buffer of the plan, for whoever wants to see it.
struct PlannedBuffer {
  enum class Holds : std::uint8_t { rows, quantized, scales, scratch } holds;
  int index; // of the value; of the node whose scratch it is
  Buffer place;
};

struct Plan {
  std::vector<Step> steps;
  std::vector<Placement> placements; // by value index
  std::vector<PlannedBuffer> buffers;
  std::uint64_t arena_bytes = 0; // a multiple of base::kAlignment
  bool grows = false;            // whether some step does
};

// Plans for histories of up to `max_events` events. `outputs` are the values that must outlive the last step.
// `grow`: what later runs over longer histories need again has memory of its own.
// Precondition: a validated graph; max_events >= 1.
Plan make_plan(const ops::Graph& graph, const std::vector<int>& outputs, std::size_t max_events,
               bool grow = false);

// The views of every value in this arena; both arrays have one entry per value of the graph.
void bind_views(const Plan& plan, std::byte* arena, ops::RowsView* rows, ops::QuantizedView* quantized);

// Told when steps[step] has run.
struct StepObserver {
  void (*ran)(void* context, std::size_t step);
  void* context;
};

// Runs all steps in `arena` (64-byte aligned, plan.arena_bytes long) over a history of 1 to max_events
// events, through the views that bind_views() made for it. The first `known` events, fewer than there are,
// must be those of the last run in this arena, of a plan that grows; 0 computes all. `observer` may be null.
void run_plan(const Plan& plan, const ops::Graph& graph, const kernels::KernelTable& kernels,
              std::byte* arena, const ops::RowsView* rows, const ops::QuantizedView* quantized,
              const ops::History& history, std::size_t known = 0, const StepObserver* observer = nullptr);

} // namespace heed::plan

#endif // HEED_RUNTIME_PLAN_PLAN_HPP
