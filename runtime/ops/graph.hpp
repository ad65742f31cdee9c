// The graph of a model as plain structs: what operators, planner and session work on.
//
// format/ builds it from a file and checks it; nothing here owns weights.
#ifndef HEED_RUNTIME_OPS_GRAPH_HPP
#define HEED_RUNTIME_OPS_GRAPH_HPP

#include "runtime/base/arithmetic.hpp"
#include "runtime/kernels/kernels.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heed::ops {

struct Operator;

enum class DType : std::uint8_t { f32, i8, i64, u64 };
enum class Layout : std::uint8_t { row_major, n16, n16k4, planes };

// A matrix [rows, cols] in the model file, 64-byte aligned and readable for 64 bytes beyond its end.
struct Constant {
  const void* data = nullptr;
  const float* scales = nullptr; // i8 only: one for each row, up to rows rounded up to 16
  const float* bounds = nullptr; // planes only: one for each block of 16 rows, see kernels::ScanPlanesI8
  std::uint64_t rows = 0, cols = 0;
  DType dtype = DType::f32;
  Layout layout = Layout::row_major;

  const float* f32() const { return static_cast<const float*>(data); }
  const std::int8_t* i8() const { return static_cast<const std::int8_t*>(data); }
  // The planes of an i8 matrix: the high one, and the low one right behind it.
  const std::uint8_t* high() const { return static_cast<const std::uint8_t*>(data); }
  const std::uint8_t* low() const { return high() + plane_bytes(); }
  std::uint64_t plane_bytes() const {
    return base::round_up(rows, kernels::kBlock) * base::round_up(cols, 8) / 2;
  }
  // Elements from one row to the next of a row-major f32 matrix.
  std::uint64_t row_stride() const { return base::round_up(cols, kernels::kBlock); }
};

enum class ValueKind : std::uint8_t {
  constant, // Graph::constants[index]
  ids,      // the history's items (index kItems), or the feature Graph::features[index]
  times,    // the feature Graph::features[index]
  rows      // f32 [events or count, cols], made by a node
};

constexpr int kItems = -1; // Value::index of the history itself

struct Value {
  std::string name;
  ValueKind kind = ValueKind::rows;
  int index = kItems;      // see ValueKind; rows: the node that makes it
  bool events = false;     // rows: one for each event, otherwise `count`
  std::uint32_t count = 1; // 1 where there is one for each event
  std::uint32_t cols = 0;

  bool single() const { return !events && count == 1; }
  // Rows beside `computed` events.
  std::size_t row_count(std::size_t computed) const { return events ? computed : count; }
};

constexpr int kMaxInputs = 12;
constexpr int kMaxAttributes = 16;

// An attribute as its operator declares it: `integer` for integers, booleans and the index of a choice.
struct AttributeValue {
  std::int64_t integer = 0;
  double real = 0;
};

struct Node {
  const Operator* op = nullptr;
  std::string name;
  int inputs[kMaxInputs]; // values; -1: absent
  int output = -1;
  AttributeValue attributes[kMaxAttributes];

  Node() {
    for (int& input : inputs) input = -1;
  }

  bool has(int input) const { return inputs[input] >= 0; }
};

enum class FeatureKind : std::uint8_t { event_ids, event_times, context_id };

// What a caller passes beside the history.
struct Feature {
  std::string name;
  FeatureKind kind = FeatureKind::event_ids;
  std::uint64_t vocabulary = 0; // ids: the legal ones are first_id to first_id + vocabulary - 1
  std::int64_t first_id = 0;
  std::int64_t default_value = 0; // where the caller passes nothing: an id, or a time
  bool gaps = false;              // times: TimeRule::gaps of the format
  bool and_request = false;       // times: the request's own may follow
};

struct Graph {
  std::vector<Constant> constants;
  std::vector<Feature> features;
  std::vector<Value> values;
  std::vector<Node> nodes; // in an order in which every input is made before it is used
  std::uint32_t max_history = 0;
  std::uint32_t slots = 0;      // places of the reference's padded history
  bool pads_left = false;       // the end at which the reference pads
  std::int64_t fill_row = -1;   // of the item table, fills a history to `slots` places; -1: not filled
  std::int64_t append_row = -1; // of the item table, stands after the newest event of every history; -1: none
  std::int64_t hidden_row = -1; // an event of this row keeps its place and nothing else; -1: none
  std::uint32_t drop_oldest = 0; // oldest events of a history that do not count

  bool filled() const { return fill_row >= 0; }
  // Events that the graph computes for a history of `count`, at most.
  std::uint32_t events_of(std::uint32_t count) const {
    return filled() ? slots : count + (append_row >= 0 ? 1 : 0);
  }

  const Value& input(const Node& node, int i) const {
    return values[static_cast<std::size_t>(node.inputs[i])];
  }
  // Precondition: the value is a constant.
  const Constant& constant(const Value& value) const {
    return constants[static_cast<std::size_t>(value.index)];
  }
  // Input `i` of the node as a constant, or null when it is absent.
  const Constant* constant_input(const Node& node, int i) const {
    return node.has(i) ? &constant(input(node, i)) : nullptr;
  }
};

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_GRAPH_HPP
