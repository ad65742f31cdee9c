// One request at a time, from the caller's ids to the graph's outputs.
#ifndef HEED_RUNTIME_SESSION_ENCODER_HPP
#define HEED_RUNTIME_SESSION_ENCODER_HPP

#include "runtime/format/loaded_model.hpp"
#include "runtime/kernels/kernels.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/session/row_list.hpp"

#include <heed/session.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heed {

// Where an encoder's buffers lie in its memory: the plan's own first, then these. Offsets in bytes.
struct EncoderLayout {
  std::uint64_t history = 0;        // u64 [max_events]: rows of the events that count, oldest first
  std::uint64_t places = 0;         // u32 [max_events]: the place of each
  std::uint64_t sources = 0;        // i64 [max_events]: the caller's event at each, for features
  std::uint64_t features = 0;       // i64 [features][max_events + 1]
  std::uint64_t feature_stride = 0; // values from one feature to the next
  std::uint64_t computed = 0;       // u64 [max_events]: rows of the last run, where the plan grows
  std::uint64_t bytes = 0;          // of the whole, a multiple of base::kAlignment

  static EncoderLayout make(const ops::Graph& graph, const plan::Plan& plan, std::uint32_t max_history);
};

class Encoder {
 public:
  // `memory` is 64-byte aligned and layout.bytes long. All must outlive the encoder.
  Encoder(const format::LoadedModel& model, const plan::Plan& plan, const EncoderLayout& layout,
          const kernels::KernelTable& kernels, std::byte* memory);

  // Checks a request and brings it to rows; at most `most` of its events count. Every event that the
  // catalogue holds also goes to `seen` when that is given. Errors: those of a request.
  Status resolve(const Request& request, std::size_t most, UnknownItem unknown, RowList* seen);
  // Runs the graph over the resolved events, unless there are none. An observed run computes all of them.
  void run(const plan::StepObserver* observer = nullptr);
  // Whether no event counts.
  bool empty() const { return history_.events == 0; }
  // One of the outputs after run(), rows 64-byte aligned; `rows` is 0 for one row an event and no event.
  ops::RowsView output(const format::NamedOutput& output, std::size_t* rows) const;
  // What items are scored against.
  ops::RowsView user(std::size_t* rows) const {
    return output(model_.outputs[static_cast<std::size_t>(model_.query)], rows);
  }

 private:
  Status resolve_history(Span<const std::int64_t> history, std::size_t most, UnknownItem unknown,
                         RowList* seen);
  void fill_history();
  // How many of the resolved events, from the oldest on, the last run computed.
  std::size_t computed_before() const;

  template <class T>
  T* at(std::uint64_t offset) const {
    return reinterpret_cast<T*>(memory_ + offset);
  }

  const format::LoadedModel& model_;
  const plan::Plan& plan_;
  const EncoderLayout& layout_;
  const kernels::KernelTable& kernels_;
  std::byte* memory_;
  std::vector<ops::RowsView> rows_;           // by value
  std::vector<ops::QuantizedView> quantized_; // by value
  std::vector<std::int64_t*> features_;       // by Graph::features, in the memory
  ops::History history_{};                    // the resolved events, in the memory
  const std::int64_t* sources_ = nullptr;     // the caller's event at each of them
  std::size_t known_ = 0;                     // events that are not filling
  std::size_t computed_ = 0;                  // events of the last run, where the plan grows
};

// unknown_item of `what`, such as "history event 3".
Status unknown_item(const std::string& what, std::int64_t id);

} // namespace heed

#endif // HEED_RUNTIME_SESSION_ENCODER_HPP
