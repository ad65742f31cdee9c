#include "runtime/session/encoder.hpp"

#include "runtime/base/arithmetic.hpp"

#include <algorithm>

namespace heed {

EncoderLayout EncoderLayout::make(const ops::Graph& graph, const plan::Plan& plan,
                                  std::uint32_t max_history) {
  const std::uint64_t events = graph.events_of(max_history), features = graph.features.size();
  EncoderLayout layout;
  std::uint64_t end = plan.arena_bytes;
  // Events are a 32-bit number and elements at most 16 bytes, so these sums stay far below 2^64.
  const auto place = [&](std::uint64_t size) {
    const std::uint64_t offset = end;
    end += base::round_up(size, base::kAlignment);
    return offset;
  };
  layout.history = place(events * sizeof(std::uint64_t));
  layout.places = place(events * sizeof(std::uint32_t));
  layout.sources = place(features > 0 ? events * sizeof(std::int64_t) : 0);
  layout.feature_stride = events + 1; // a request's own time follows
  layout.features = place(features * layout.feature_stride * sizeof(std::int64_t));
  layout.computed = place(plan.grows ? events * sizeof(std::uint64_t) : 0);
  layout.bytes = end;
  return layout;
}

Encoder::Encoder(const format::LoadedModel& model, const plan::Plan& plan, const EncoderLayout& layout,
                 const kernels::KernelTable& kernels, std::byte* memory)
    : model_(model), plan_(plan), layout_(layout), kernels_(kernels), memory_(memory),
      rows_(model.graph.values.size()), quantized_(model.graph.values.size()) {
  plan::bind_views(plan_, memory_, rows_.data(), quantized_.data());
  for (std::size_t f = 0; f < model.graph.features.size(); ++f)
    features_.push_back(at<std::int64_t>(layout.features) + f * layout.feature_stride);
}

std::size_t Encoder::computed_before() const {
  const std::uint64_t* computed = at<std::uint64_t>(layout_.computed);
  const std::size_t most = std::min(computed_, history_.events);
  return static_cast<std::size_t>(std::mismatch(computed, computed + most, history_.rows).first - computed);
}

void Encoder::run(const plan::StepObserver* observer) {
  if (history_.events == 0) return;
  const std::size_t known = plan_.grows && observer == nullptr ? computed_before() : 0;
  if (known == history_.events && known == computed_) return; // all results are still there
  plan::run_plan(plan_, model_.graph, kernels_, memory_, rows_.data(), quantized_.data(), history_,
                 std::min(known, history_.events - 1), observer);
  if (!plan_.grows) return;
  computed_ = history_.events;
  std::copy_n(history_.rows, computed_, at<std::uint64_t>(layout_.computed));
}

ops::RowsView Encoder::output(const format::NamedOutput& output, std::size_t* rows) const {
  const ops::Value& value = model_.graph.values[static_cast<std::size_t>(output.value)];
  if (history_.events == 0) {
    *rows = value.events ? 0 : value.count;
    if (output.empty_history == nullptr) return {nullptr, 0};
    return {const_cast<float*>(output.empty_history->f32()), output.empty_history->row_stride()};
  }
  const ops::RowsView& made = rows_[static_cast<std::size_t>(output.value)];
  *rows = value.count;
  if (!value.events) return made;
  // Padding that was computed is not the caller's.
  const std::size_t first = model_.graph.filled() ? history_.newest + 1 - known_ : 0;
  *rows = history_.newest + 1 - first;
  return {made.data + first * made.stride, made.stride};
}

} // namespace heed
