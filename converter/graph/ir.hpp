// The converter's graph: coarse operators over rows, one row for each place of a history.
//
// Two forms. The *source* form is the reference's computation: `slots` places, of which a history fills some
// and padding the rest. The *file* form has real events only, and is what emit/ writes: operators, inputs and
// attributes are named as in the file. graph/operators.cpp declares both.
#ifndef HEED_CONVERTER_GRAPH_IR_HPP
#define HEED_CONVERTER_GRAPH_IR_HPP

#include "converter/graph/constant.hpp"

#include <cstdint>
#include <string>
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
  ids,      // the history: rows of the item table
  constant, // Graph::constants[constant]
  rows      // made by a node: [slots or events, cols], or [1, cols]
};

struct GraphValue {
  std::string name;
  ValueKind kind = ValueKind::rows;
  ConstantId constant = kNone;
  bool single = false; // rows: one row, not one for each place
  std::int64_t cols = 0;
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
  ValueId output = kNone;  // the user vector, [1, dim]

  // The item table: rows 0 to items - 1 are items, row r with the id first_id + r. Scores are the dot
  // products of the output with the rows of `table`, plus `bias` [1, rows] where there is one.
  ConstantId table = kNone;
  ConstantId bias = kNone;
  ConstantId input_table = kNone; // the rows that histories are looked up in: `table` itself where it is tied
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

  bool appends() const { return appended != kNone || append_row != kNone; }
  // Places that a history of `events` events takes.
  std::int64_t length_of(std::int64_t events) const { return events + (appends() ? 1 : 0); }

  // File form: the output for a history without events.
  std::vector<double> empty_history;

  ValueId add_constant(Constant constant);
  ValueId add_rows(const std::string& name, bool single, std::int64_t cols);
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
