// The converter's graph: coarse operators over rows, one row for each place of a history.
//
// Two forms. The *source* form is the reference's computation: `slots` places, of which a history fills some
// and padding the rest. The *file* form has real events only, and is what emit/ writes: operators, inputs and
// attributes are named as in the file. graph/operators.cpp declares both.
#ifndef HEED_CONVERTER_GRAPH_IR_HPP
#define HEED_CONVERTER_GRAPH_IR_HPP

#include "converter/graph/constant.hpp"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace heed::convert {

enum class Form : std::uint8_t { source, file };
// Where the reference puts the padding of a history shorter than its slots.
enum class PaddingSide : std::uint8_t { left, right };

// Indices into Graph::values and Graph::constants; -1: none.
using ValueId = int;
using ConstantId = int;
constexpr int kNone = -1;

enum class ValueKind : std::uint8_t {
  ids,      // the history: rows of the item table; or a feature
  times,    // a feature
  constant, // Graph::constants[constant]
  rows      // made by a node: [slots or events, cols], or [count, cols]
};

constexpr std::int64_t kEachPlace = 0; // GraphValue::count: one row for each place

struct GraphValue {
  std::string name;
  ValueKind kind = ValueKind::rows;
  ConstantId constant = kNone;
  int feature = kNone;    // ids and times: index into Graph::features; kNone: the history itself
  std::int64_t count = 1; // rows: how many there are, or kEachPlace
  std::int64_t cols = 0;

  bool each_place() const { return count == kEachPlace; }
  bool single() const { return count == 1; }
};

enum class FeatureKind : std::uint8_t { event_ids, event_times, context_id };

// What a caller passes beside the history: an id or a time for each event, or one id of the request.
struct Feature {
  std::string name;
  FeatureKind kind = FeatureKind::event_ids;
  std::int64_t vocabulary = 0;    // ids: first_id to first_id + vocabulary - 1 are legal
  std::int64_t first_id = 0;      // of the first row of the tables that it is looked up in
  std::int64_t default_value = 0; // where a caller passes nothing: an id, or a time
  // Times: round((t - oldest) / smallest step above zero) + 1 over the whole history; padding has 0.
  bool gaps = false;
  bool and_request = false; // times: one more may follow, the request's own; without it, it is the newest's
};

// What a graph runs on: rows of the item table, oldest first, and features by name as callers pass them (ids
// within the vocabulary, times that do not decrease). Without values a feature has its default.
struct Request {
  std::vector<std::int64_t> history;
  std::map<std::string, std::vector<std::int64_t>> features;

  Request() = default;
  Request(std::vector<std::int64_t> events) : history(std::move(events)) {}
  Request(std::initializer_list<std::int64_t> events) : history(events) {}
};

constexpr const char* kUserVector = "user_vector"; // the name of what items are scored against

// An intermediate result that callers may ask for.
struct GraphOutput {
  std::string name;
  ValueId value = kNone;
  Matrix empty_history = {}; // file form: for a history without events; unused where each place has a row
};

struct Attribute {
  std::string name;
  std::variant<bool, std::int64_t, double, std::string> value;
};

struct Node {
  std::string op, name;
  std::vector<ValueId> inputs; // as many as the operator declares; kNone where absent
  ValueId output = kNone;
  std::vector<Attribute> attributes;

  // The attribute of that name, which must exist with that type (std::logic_error otherwise).
  bool flag(const std::string& attribute) const;
  std::int64_t integer(const std::string& attribute) const;
  double real(const std::string& attribute) const;
  const std::string& choice(const std::string& attribute) const;

  void set(const std::string& attribute, std::variant<bool, std::int64_t, double, std::string> value);
  void drop(const std::string& attribute);
  bool has(const std::string& attribute) const;
  ValueId input(std::size_t i) const { return i < inputs.size() ? inputs[i] : kNone; }
};

struct Graph {
  Form form = Form::source;
  std::int64_t slots = 0;       // places of the reference's padded history
  std::int64_t max_history = 0; // events that count, the most recent ones; at most slots
  PaddingSide padding = PaddingSide::left;

  std::vector<Constant> constants;
  std::vector<GraphValue> values;
  std::vector<Node> nodes; // in an order in which every input is made before it is used
  std::vector<Feature> features;
  ValueId output = kNone;           // the user vector, [1, dim], or several interests, [interests, dim]
  std::vector<GraphOutput> outputs; // others that were asked for

  // The item table: rows 0 to items - 1 are items, row r with the id first_id + r. Scores are the dot
  // products of the output with the rows of `table` (of several interests the largest), plus `bias` [1, rows]
  // where there is one.
  ConstantId table = kNone;
  ConstantId bias = kNone;
  ConstantId input_table = kNone; // the rows that histories are looked up in: `table` itself where it is tied
  bool planes = false;            // the int8 rows of `table` are stored as two planes
  std::int64_t items = 0;
  std::int64_t first_id = 0;
  std::int64_t unknown_row = kNone; // a row after the items in both tables, or kNone

  // A row that follows the newest event of every history, such as a mask token: `appended` [1, columns of
  // input_table] until add_special_rows(), then row append_row of input_table.
  ConstantId appended = kNone;
  std::int64_t append_row = kNone;
  // Items of this row keep their place in a history, but where padding is masked they are masked, too.
  std::int64_t hidden_row = kNone;

  // Oldest events of a history that do not count, whatever its length.
  std::int64_t drop_oldest = 0;

  // Padding depends on the events, so the file computes it: `filler` [1, columns of input_table] stands in
  // padded slots until add_special_rows(), then row fill_row of input_table.
  bool computes_padding = false;
  ConstantId filler = kNone;
  std::int64_t fill_row = kNone;

  // Scores of all items for a history without events [1, items]; empty: those of the graph.
  std::vector<double> prior;

  bool appends() const { return appended != kNone || append_row != kNone; }
  // Places that a history of `events` events takes.
  std::int64_t length_of(std::int64_t events) const { return events + (appends() ? 1 : 0); }

  // File form: the output for a history without events.
  Matrix empty_history;

  ValueId add_constant(Constant constant);
  ValueId add_rows(const std::string& name, std::int64_t count, std::int64_t cols);
  const GraphValue& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  const Constant& constant(ValueId id) const {
    return constants[static_cast<std::size_t>(value(id).constant)];
  }
  // The index of the node that makes `id`, or kNone.
  int producer(ValueId id) const;
  std::int64_t dim() const { return value(output).cols; }
};

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_IR_HPP
