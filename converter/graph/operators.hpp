// The operators: what inputs and attributes each has in both forms, and the shape it makes.
#ifndef HEED_CONVERTER_GRAPH_OPERATORS_HPP
#define HEED_CONVERTER_GRAPH_OPERATORS_HPP

#include "converter/graph/ir.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert {

struct InputSpec {
  const char* name;
  ValueKind kind;
  bool optional = false;
  bool source_only = false; // not in the file form
};

enum class AttributeType : std::uint8_t { flag, integer, real, choice };

struct AttributeSpec {
  const char* name;
  AttributeType type;
  std::vector<std::string> choices; // of the file form
  bool source_only = false;
  std::vector<std::string> source_choices = {}; // where the source form has others
  bool optional = false;                        // absent: the operator's first behaviour
};

struct OperatorSpec {
  const char* name;
  std::vector<InputSpec> inputs;
  std::vector<AttributeSpec> attributes;
  bool source_only = false;
};

constexpr std::uint32_t kOperatorVersion = 1; // of every operator, as written to the file

// The names of an activation attribute, in the file's spelling.
const std::vector<std::string>& activation_names();

// The operator of that name; std::logic_error when there is none.
const OperatorSpec& find_operator(const std::string& name);

struct Shape {
  std::int64_t count; // as GraphValue::count
  std::int64_t cols;
};
// The shape of a node's output. std::logic_error, naming the node, when its inputs do not fit.
Shape infer_shape(const Graph& graph, const Node& node);

// Whether attention tells keys apart by where or when they stand.
bool tells_places_apart(const Node& node);

// Every rule of the IR: order, kinds, shapes, attributes, the output and the item table. Throws
// std::logic_error: a graph that breaks one was built wrongly; users cannot cause it.
void check(const Graph& graph);

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_OPERATORS_HPP
