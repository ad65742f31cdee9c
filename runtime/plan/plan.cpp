#include "runtime/plan/plan.hpp"

#include "runtime/base/arithmetic.hpp"
#include "runtime/plan/growth.hpp"

#include <algorithm>
#include <utility>

namespace heed::plan {

namespace {

// Buffers ask for this much more than their contents: vector reads may run over by 15 floats.
constexpr std::uint64_t kReadSlack = base::kAlignment;

constexpr std::size_t kNoBuffer = static_cast<std::size_t>(-1);

using Holds = PlannedBuffer::Holds;

// Collects the buffers of a plan while its steps are laid out.
class Layout {
 public:
  // A buffer alive from the current step on; lives at least through that step.
  std::size_t add(Holds holds, std::size_t index, std::uint64_t bytes, std::uint32_t step) {
    buffers_.push_back({bytes + kReadSlack, step, step, 0});
    contents_.push_back({holds, static_cast<int>(index), {}});
    return buffers_.size() - 1;
  }
  void extend(std::size_t buffer, std::uint32_t step) {
    if (buffer != kNoBuffer) buffers_[buffer].last = std::max(buffers_[buffer].last, step);
  }
  // From the first step of all to the last.
  void keep(std::size_t buffer, std::uint32_t last) {
    buffers_[buffer].first = 0;
    buffers_[buffer].last = last;
  }
  std::uint64_t pack() { return plan::pack(buffers_); }
  std::uint64_t offset(std::size_t buffer) const { return buffer == kNoBuffer ? 0 : buffers_[buffer].offset; }
  // After pack().
  std::vector<PlannedBuffer> buffers() && {
    for (std::size_t b = 0; b < buffers_.size(); ++b) contents_[b].place = buffers_[b];
    return std::move(contents_);
  }

 private:
  std::vector<Buffer> buffers_;
  std::vector<PlannedBuffer> contents_; // the same ones
};

// The buffers of one value.
struct ValueBuffers {
  std::size_t rows = kNoBuffer, quantized = kNoBuffer, quant = kNoBuffer;
};

inline void run_step(const Step& step, std::byte* arena, ops::RunContext& context) {
  if (step.kind == Step::Kind::node) {
    const ops::Node& node = context.graph.nodes[static_cast<std::size_t>(step.index)];
    context.scratch = reinterpret_cast<float*>(arena + step.scratch_offset);
    node.op->run(context, node);
    return;
  }
  const ops::Value& value = context.graph.values[static_cast<std::size_t>(step.index)];
  const ops::RowsView in = context.rows_of(step.index);
  const ops::QuantizedView out = context.quantized_of(step.index);
  kernels::QuantizeRows args{};
  args.x = in.data;
  args.x_stride = in.stride;
  args.out = out.data;
  args.quant = out.quant;
  args.out_stride = out.stride;
  args.rows = context.row_count(value);
  args.cols = value.cols;
  context.kernels.quantize_rows(args);
}

} // namespace

Plan make_plan(const ops::Graph& graph, const std::vector<int>& outputs, std::size_t max_events, bool grow) {
  Plan plan;
  Growing growing;
  if (grow) growing = find_growing(graph, outputs);
  plan.grows = growing.any;
  plan.placements.resize(graph.values.size());
  Layout layout;
  std::vector<ValueBuffers> buffers(graph.values.size());
  std::vector<std::size_t> scratch; // by step

  const auto next_step = [&] { return static_cast<std::uint32_t>(plan.steps.size()); };

  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const ops::Node& node = graph.nodes[n];
    const int wanted = node.op->quantized_input(graph, node);
    if (wanted >= 0) {
      const std::size_t v = static_cast<std::size_t>(node.inputs[wanted]);
      const ops::Value& value = graph.values[v];
      Placement& place = plan.placements[v];
      if (!place.quantized) {
        place.quantized = true;
        place.quantized_stride = base::round_up(value.cols, base::kAlignment);
        buffers[v].quantized = layout.add(Holds::quantized, v,
                                          place.quantized_stride * value.row_count(max_events), next_step());
        buffers[v].quant = layout.add(Holds::scales, v,
                                      sizeof(kernels::RowQuant) * value.row_count(max_events), next_step());
        layout.extend(buffers[v].rows, next_step());
        plan.steps.push_back(
            {Step::Kind::quantize, static_cast<int>(v), 0, growing.any && growing.quantized[v]});
        scratch.push_back(kNoBuffer);
      }
      layout.extend(buffers[v].quantized, next_step());
      layout.extend(buffers[v].quant, next_step());
    }
    for (int i = 0; i < ops::kMaxInputs; ++i)
      if (node.has(i) && i != wanted)
        layout.extend(buffers[static_cast<std::size_t>(node.inputs[i])].rows, next_step());

    const std::size_t out = static_cast<std::size_t>(node.output);
    Placement& place = plan.placements[out];
    place.rows = true;
    place.rows_stride = base::round_up(graph.values[out].cols, kernels::kBlock);
    buffers[out].rows =
        layout.add(Holds::rows, out,
                   place.rows_stride * graph.values[out].row_count(max_events) * sizeof(float), next_step());
    const std::size_t floats = node.op->scratch_floats(graph, node, max_events);
    scratch.push_back(floats > 0 ? layout.add(Holds::scratch, n, floats * sizeof(float), next_step())
                                 : kNoBuffer);
    plan.steps.push_back({Step::Kind::node, static_cast<int>(n), 0, growing.any && growing.nodes[n]});
  }
  for (const int output : outputs) layout.extend(buffers[static_cast<std::size_t>(output)].rows, next_step());
  for (std::size_t v = 0; plan.grows && v < buffers.size(); ++v)
    if (growing.kept[v] && buffers[v].rows != kNoBuffer) layout.keep(buffers[v].rows, next_step());

  plan.arena_bytes = layout.pack();
  for (std::size_t v = 0; v < buffers.size(); ++v) {
    plan.placements[v].rows_offset = layout.offset(buffers[v].rows);
    plan.placements[v].quantized_offset = layout.offset(buffers[v].quantized);
    plan.placements[v].quant_offset = layout.offset(buffers[v].quant);
  }
  for (std::size_t s = 0; s < plan.steps.size(); ++s)
    plan.steps[s].scratch_offset = layout.offset(scratch[s]);
  plan.buffers = std::move(layout).buffers();
  return plan;
}

void bind_views(const Plan& plan, std::byte* arena, ops::RowsView* rows, ops::QuantizedView* quantized) {
  for (std::size_t v = 0; v < plan.placements.size(); ++v) {
    const Placement& place = plan.placements[v];
    rows[v] = {nullptr, 0};
    quantized[v] = {nullptr, nullptr, 0};
    if (place.rows) rows[v] = {reinterpret_cast<float*>(arena + place.rows_offset), place.rows_stride};
    if (place.quantized)
      quantized[v] = {reinterpret_cast<std::int8_t*>(arena + place.quantized_offset),
                      reinterpret_cast<kernels::RowQuant*>(arena + place.quant_offset),
                      place.quantized_stride};
  }
}

void run_plan(const Plan& plan, const ops::Graph& graph, const kernels::KernelTable& kernels,
              std::byte* arena, const ops::RowsView* rows, const ops::QuantizedView* quantized,
              const ops::History& history, std::size_t known, const StepObserver* observer) {
  ops::RunContext context{kernels, graph, history, rows, quantized};
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    context.first = plan.steps[s].grows ? known : 0;
    run_step(plan.steps[s], arena, context);
    if (observer != nullptr) observer->ran(observer->context, s);
  }
}

} // namespace heed::plan
