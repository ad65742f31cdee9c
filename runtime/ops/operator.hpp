// What an operator is: its declaration (checked by format/), its shapes, its scratch and its loop over
// kernels.
//
// One operator a file; registry.cpp lists them. README.md tells how to add one.
#ifndef HEED_RUNTIME_OPS_OPERATOR_HPP
#define HEED_RUNTIME_OPS_OPERATOR_HPP

#include "runtime/kernels/kernels.hpp"
#include "runtime/ops/graph.hpp"

#include <heed/span.hpp>
#include <heed/status.hpp>

#include <cstddef>
#include <cstdint>

namespace heed::ops {

enum class InputKind : std::uint8_t { ids, times, rows, constant };

struct InputSpec {
  const char* name;
  InputKind kind;
  bool optional;
};

enum class AttributeType : std::uint8_t { integer, boolean, real, choice };

struct AttributeSpec {
  const char* name;
  AttributeType type;
  double min, max;                 // integer and real: inclusive bounds; a real is always finite
  Span<const char* const> choices; // choice: the names, in the order of AttributeValue::integer
  // Attributes that came later may be absent from a file, and then have this value. A choice's is its number.
  bool optional = false;
  double absent = 0;

  AttributeValue absent_value() const {
    AttributeValue value;
    value.integer = type == AttributeType::real ? 0 : static_cast<std::int64_t>(absent);
    value.real = type == AttributeType::real ? absent : 0;
    return value;
  }
};

// f32 rows in the arena.
struct RowsView {
  float* data;
  std::size_t stride; // floats
};

// A value's rows after kernels::QuantizeRows.
struct QuantizedView {
  std::int8_t* data = nullptr;
  kernels::RowQuant* quant = nullptr;
  std::size_t stride = 0; // bytes
};

// The events of one history, oldest first. Events that keep a place without being computed are left out, so
// `places` ascends from 0 to length - 1 with gaps. Where padding is computed (Graph::fill_row), it stands
// among the events like any other.
struct History {
  const std::uint64_t* rows;   // of the item table, [events]
  const std::uint32_t* places; // [events]
  // By Graph::features: rows of a table [events], of a context id [1], or times [events + 1], the last one
  // the request's.
  const std::int64_t* const* features;
  std::size_t events; // at least 1
  std::size_t length; // places, at most Graph::slots
  std::size_t newest; // index of the newest real event

  // The rows that an ids value looks up.
  std::uint64_t row(const Value& ids, std::size_t event) const {
    return ids.index == kItems ? rows[event] : static_cast<std::uint64_t>(features[ids.index][event]);
  }
};

// How the rows of a node can be computed for new events alone, while those of earlier events are still there.
struct Growth {
  bool possible = false;         // no: all rows are computed again
  std::uint32_t kept_inputs = 0; // bit i: input i is read from the oldest event on
  bool kept_output = false;      // rows of its own output are read
};

// What a node sees while it runs. Nothing is checked here again.
//
// in(), out(), quantized_in() and row_count() leave out the rows of events before `first`, which is 0 for
// nodes that cannot grow. A value without a row for each event is always whole.
struct RunContext {
  const kernels::KernelTable& kernels;
  const Graph& graph;
  const History& history;
  const RowsView* rows;           // by value index; data is null for other kinds
  const QuantizedView* quantized; // by value index; data is null where nobody asked
  float* scratch = nullptr;       // the node's own scratch, 64-byte aligned
  std::size_t first = 0;          // the oldest event whose rows are to be computed

  std::size_t first_row(int value) const {
    return graph.values[static_cast<std::size_t>(value)].events ? first : 0;
  }
  std::size_t row_count(const Value& value) const {
    return value.events ? history.events - first : value.row_count(history.events);
  }
  RowsView rows_of(int value) const {
    return {rows[value].data + first_row(value) * rows[value].stride, rows[value].stride};
  }
  QuantizedView quantized_of(int value) const {
    const QuantizedView& all = quantized[value];
    return {all.data + first_row(value) * all.stride, all.quant + first_row(value), all.stride};
  }
  RowsView in(const Node& node, int i) const { return rows_of(node.inputs[i]); }
  RowsView out(const Node& node) const { return rows_of(node.output); }
  QuantizedView quantized_in(const Node& node, int i) const { return quantized_of(node.inputs[i]); }
  // From the oldest event on.
  const RowsView& whole_in(const Node& node, int i) const { return rows[node.inputs[i]]; }
  const RowsView& whole_out(const Node& node) const { return rows[node.output]; }
};

Growth no_growth(const Graph&, const Node&);
// Each row depends on the same rows of the inputs alone.
Growth row_by_row(const Graph&, const Node&);

struct Operator {
  const char* name;
  std::uint32_t version;
  Span<const InputSpec> inputs;         // at most kMaxInputs
  Span<const AttributeSpec> attributes; // at most kMaxAttributes

  // Checks the shapes, types and layouts of a node whose inputs have the declared kinds, and fills
  // `out.events`, `out.count` (1 unless set) and `out.cols`. Returns null, or what is wrong (static text; the
  // caller adds the node's name).
  const char* (*infer)(const Graph&, const Node&, Value* out);
  // The input that is wanted quantized as well, or -1.
  int (*quantized_input)(const Graph&, const Node&);
  // Scratch for up to `events` events, in floats.
  std::size_t (*scratch_floats)(const Graph&, const Node&, std::size_t events);
  void (*run)(const RunContext&, const Node&);
  // Precondition: the rows of earlier events do not change in any of its inputs.
  Growth (*growth)(const Graph&, const Node&) = no_growth;
};

// The operator of that name, or null.
const Operator* find_operator(const char* name) noexcept;

// Defaults for the two optional functions.
int no_quantized_input(const Graph&, const Node&);
std::size_t no_scratch(const Graph&, const Node&, std::size_t events);

// The choices of every activation attribute, in the order of kernels::Activation.
extern const char* const kActivationNames[7];

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_OPERATOR_HPP
