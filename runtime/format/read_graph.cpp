#include "runtime/format/read_graph.hpp"

#include "runtime/ops/checks.hpp"
#include "runtime/ops/operator.hpp"

#include <cmath>
#include <cstring>
#include <string>

namespace heed::format {

namespace {

constexpr std::uint32_t kMaxSlots = 1u << 20; // with these, no size in the plan can wrap 64 bits
constexpr std::uint32_t kMaxCols = 1u << 20;
constexpr std::uint32_t kMaxNodes = 1u << 12;
constexpr std::uint32_t kMaxInputs = 1u << 8; // whose names are compared with one another
constexpr std::uint64_t kMaxVocabulary = std::uint64_t{1} << 48;

Status malformed(std::string message) {
  return Status(StatusCode::file_malformed, std::move(message));
}
Status unsupported(std::string message) {
  return Status(StatusCode::op_unsupported, std::move(message));
}
Status invalid(std::string message) {
  return Status(StatusCode::graph_invalid, std::move(message));
}

std::string text(const flatbuffers::String* s) {
  return s != nullptr ? s->str() : std::string();
}

bool in_range(std::int32_t index, std::size_t size) {
  return index >= 0 && static_cast<std::size_t>(index) < size;
}

// A feature: any input but the first.
Status read_feature(const Input& input, ops::Feature* out) {
  const std::string label = "input '" + input.name()->str() + "'";
  out->name = input.name()->str();
  switch (input.kind()) {
  case InputKind::event_ids:
    out->kind = ops::FeatureKind::event_ids;
    break;
  case InputKind::event_times:
    out->kind = ops::FeatureKind::event_times;
    break;
  case InputKind::context_id:
    out->kind = ops::FeatureKind::context_id;
    break;
  default:
    return Status(StatusCode::feature_unsupported,
                  label + " is of a kind that this library does not know: update heed");
  }
  if (input.time_rule() != TimeRule::none && input.time_rule() != TimeRule::gaps)
    return Status(StatusCode::feature_unsupported,
                  label + " has a time rule that this library does not know: update heed");
  if (input.aligned_with() != (out->kind == ops::FeatureKind::context_id ? -1 : 0))
    return Status(StatusCode::feature_unsupported,
                  label + " is not aligned with the history, which this library needs: update heed");
  out->gaps = input.time_rule() == TimeRule::gaps;
  out->and_request = input.and_request();
  out->vocabulary = input.vocabulary();
  out->first_id = input.first_id();
  out->default_value = input.default_value();
  const bool times = out->kind == ops::FeatureKind::event_times;
  if (times != (out->vocabulary == 0) || ((out->gaps || out->and_request) && !times))
    return malformed(label + " has a vocabulary or a time rule that its kind does not allow");
  if (times) return {};
  std::int64_t last;
  if (out->vocabulary > kMaxVocabulary ||
      __builtin_add_overflow(out->first_id, static_cast<std::int64_t>(out->vocabulary), &last))
    return malformed(label + " has ids that overflow");
  if (out->default_value < out->first_id || out->default_value >= last)
    return malformed(label + " has a default outside its vocabulary");
  return {};
}

// One entry of Model.values, as far as it can be known before the nodes are read.
Status read_value(const Model& model, std::size_t i, const ops::Graph& graph, ops::Value* out) {
  const Value& value = *model.values()->Get(static_cast<flatbuffers::uoffset_t>(i));
  const std::string label = "value " + std::to_string(i) + " '" + text(value.name()) + "'";
  out->name = text(value.name());
  if (value.tensor() >= 0) {
    if (!in_range(value.tensor(), graph.constants.size()))
      return malformed(label + " names a tensor that does not exist");
    const ops::Constant& constant = graph.constants[static_cast<std::size_t>(value.tensor())];
    out->kind = ops::ValueKind::constant;
    out->index = value.tensor();
    if (constant.cols > kMaxCols) return invalid(label + " has too many columns");
    out->cols = static_cast<std::uint32_t>(constant.cols);
    return {};
  }
  if (value.input() >= 0) {
    if (!in_range(value.input(), model.inputs()->size()))
      return malformed(label + " names an input that does not exist");
    const bool times = model.inputs()->Get(static_cast<flatbuffers::uoffset_t>(value.input()))->kind() ==
                       InputKind::event_times;
    out->kind = times ? ops::ValueKind::times : ops::ValueKind::ids;
    out->index = value.input() - 1; // input 0 is the history, the others are features
    return {};
  }
  if (value.rows() != Rows::one && value.rows() != Rows::events && value.rows() != Rows::several)
    return malformed(label + " has an unknown kind of rows");
  const bool several = value.rows() == Rows::several;
  if (several && (value.count() < 2 || value.count() > ops::kMostRows))
    return invalid(label + " has " + std::to_string(value.count()) + " rows; several are 2 to " +
                   std::to_string(ops::kMostRows));
  if (several) out->count = value.count();
  if (value.cols() == 0 || value.cols() > kMaxCols) return invalid(label + " has no columns, or too many");
  out->kind = ops::ValueKind::rows;
  out->events = value.rows() == Rows::events;
  out->cols = value.cols();
  return {};
}

Status read_attribute(const std::string& label, const ops::AttributeSpec& spec, const Attribute& attribute,
                      ops::AttributeValue* out) {
  const std::string what = label + ": attribute '" + spec.name + "'";
  switch (spec.type) {
  case ops::AttributeType::integer:
  case ops::AttributeType::boolean:
    out->integer = attribute.integer();
    if (static_cast<double>(out->integer) < spec.min || static_cast<double>(out->integer) > spec.max)
      return invalid(what + " is out of range");
    return {};
  case ops::AttributeType::real:
    out->real = attribute.real();
    if (!std::isfinite(out->real) || out->real < spec.min || out->real > spec.max)
      return invalid(what + " is out of range");
    return {};
  case ops::AttributeType::choice:
    break;
  }
  const std::string choice = text(attribute.choice());
  for (std::size_t c = 0; c < spec.choices.size(); ++c) {
    if (choice != spec.choices[c]) continue;
    out->integer = static_cast<std::int64_t>(c);
    return {};
  }
  return unsupported(what + " has the value '" + choice + "', which this library does not know: update heed");
}

Status read_attributes(const std::string& label, const Node& source, ops::Node* node) {
  const ops::Operator& op = *node->op;
  bool seen[ops::kMaxAttributes] = {};
  const std::size_t count = source.attributes() != nullptr ? source.attributes()->size() : 0;
  for (std::size_t a = 0; a < count; ++a) {
    const Attribute& attribute = *source.attributes()->Get(static_cast<flatbuffers::uoffset_t>(a));
    std::size_t s = 0;
    while (s < op.attributes.size() && text(attribute.name()) != op.attributes[s].name) ++s;
    if (s == op.attributes.size())
      return unsupported(label + " has the attribute '" + text(attribute.name()) +
                         "', which this library does not know: update heed");
    if (seen[s]) return malformed(label + " has the attribute '" + op.attributes[s].name + "' twice");
    seen[s] = true;
    if (Status status = read_attribute(label, op.attributes[s], attribute, &node->attributes[s]);
        !status.ok())
      return status;
  }
  for (std::size_t s = 0; s < op.attributes.size(); ++s) {
    if (seen[s]) continue;
    if (!op.attributes[s].optional)
      return malformed(label + " lacks the attribute '" + op.attributes[s].name + "'");
    node->attributes[s] = op.attributes[s].absent_value();
  }
  return {};
}

Status read_inputs(const std::string& label, const Node& source, const ops::Graph& graph,
                   const std::vector<bool>& known, ops::Node* node) {
  const ops::Operator& op = *node->op;
  if (source.inputs()->size() > op.inputs.size()) return malformed(label + " has too many inputs");
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const ops::InputSpec& spec = op.inputs[i];
    const std::string what = label + ": input '" + spec.name + "'";
    const std::int32_t index =
        i < source.inputs()->size() ? source.inputs()->Get(static_cast<flatbuffers::uoffset_t>(i)) : -1;
    node->inputs[i] = index;
    if (index == -1 && spec.optional) continue;
    if (index == -1) return malformed(what + " is missing");
    if (!in_range(index, graph.values.size())) return malformed(what + " is a value that does not exist");
    const ops::Value& value = graph.values[static_cast<std::size_t>(index)];
    const bool fits = (spec.kind == ops::InputKind::ids && value.kind == ops::ValueKind::ids) ||
                      (spec.kind == ops::InputKind::times && value.kind == ops::ValueKind::times) ||
                      (spec.kind == ops::InputKind::rows && value.kind == ops::ValueKind::rows) ||
                      (spec.kind == ops::InputKind::constant && value.kind == ops::ValueKind::constant);
    if (!fits) return invalid(what + " is of the wrong kind");
    if (!known[static_cast<std::size_t>(index)])
      return invalid(what + " ('" + value.name +
                     "') is used before it is made: the graph has a cycle or a wrong order");
  }
  return {};
}

Status read_node(const Model& model, std::size_t n, ops::Graph* graph, std::vector<bool>* known) {
  const Node& source = *model.nodes()->Get(static_cast<flatbuffers::uoffset_t>(n));
  std::string label =
      "node " + std::to_string(n) + " '" + text(source.name()) + "' (" + text(source.op()) + ")";
  ops::Node node;
  node.name = text(source.name());
  node.op = ops::find_operator(text(source.op()).c_str());
  if (node.op == nullptr)
    return unsupported(label + " is an operator that this library does not have: update heed");
  if (source.version() != node.op->version)
    return unsupported(label + " has version " + std::to_string(source.version()) +
                       "; this library has version " + std::to_string(node.op->version) + ": update heed");
  if (Status status = read_inputs(label, source, *graph, *known, &node); !status.ok()) return status;
  if (Status status = read_attributes(label, source, &node); !status.ok()) return status;

  if (source.outputs()->size() != 1) return malformed(label + " must have one output");
  node.output = source.outputs()->Get(0);
  if (!in_range(node.output, graph->values.size()))
    return malformed(label + " makes a value that does not exist");
  ops::Value& out = graph->values[static_cast<std::size_t>(node.output)];
  if (out.kind != ops::ValueKind::rows || (*known)[static_cast<std::size_t>(node.output)])
    return invalid(label + " makes '" + out.name + "', which is not a fresh value");
  ops::Value inferred = out;
  inferred.count = 1;
  if (const char* problem = node.op->infer(*graph, node, &inferred); problem != nullptr)
    return invalid(label + ": " + problem);
  if (inferred.cols != out.cols || inferred.events != out.events || inferred.count != out.count)
    return invalid(label + " makes '" + out.name + "' of another shape than the file says");
  (*known)[static_cast<std::size_t>(node.output)] = true;
  out.index = static_cast<int>(n);
  graph->nodes.push_back(std::move(node));
  return {};
}

} // namespace

Status read_graph(const Model& model, ops::Graph* graph) {
  graph->max_history = model.max_history();
  graph->slots = model.slots();
  if (graph->max_history == 0 || graph->slots < graph->max_history || graph->slots > kMaxSlots)
    return malformed("max_history " + std::to_string(graph->max_history) + " and slots " +
                     std::to_string(graph->slots) + " contradict each other");
  if (model.nodes()->size() > kMaxNodes)
    return malformed("the graph has more nodes than a reader must accept");
  if (model.inputs()->size() > kMaxInputs)
    return malformed("the graph has more inputs than a reader must accept");

  for (flatbuffers::uoffset_t i = 1; i < model.inputs()->size(); ++i) {
    graph->features.emplace_back();
    if (Status status = read_feature(*model.inputs()->Get(i), &graph->features.back()); !status.ok())
      return status;
    for (std::size_t other = 0; other + 1 < graph->features.size(); ++other)
      if (graph->features[other].name == graph->features.back().name)
        return malformed("input '" + graph->features.back().name + "' is there twice");
  }
  graph->values.resize(model.values()->size());
  std::vector<bool> known(graph->values.size());
  for (std::size_t i = 0; i < graph->values.size(); ++i) {
    if (Status status = read_value(model, i, *graph, &graph->values[i]); !status.ok()) return status;
    known[i] = graph->values[i].kind != ops::ValueKind::rows;
  }
  graph->nodes.reserve(model.nodes()->size());
  for (std::size_t n = 0; n < model.nodes()->size(); ++n)
    if (Status status = read_node(model, n, graph, &known); !status.ok()) return status;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (!known[i]) return invalid("value '" + graph->values[i].name + "' is made by no node");
  return {};
}

} // namespace heed::format
