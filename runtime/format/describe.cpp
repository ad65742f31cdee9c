#include "runtime/format/describe.hpp"

#include "runtime/ops/operator.hpp"

#include <cstdio>
#include <string>

namespace heed::format {

namespace {

std::string text(const flatbuffers::String* s) {
  return s != nullptr ? s->str() : std::string();
}

const char* dtype_name(ops::DType dtype) {
  switch (dtype) {
  case ops::DType::f32:
    return "f32";
  case ops::DType::i8:
    return "i8";
  case ops::DType::i64:
    return "i64";
  case ops::DType::u64:
    return "u64";
  }
  return "";
}

const char* layout_name(ops::Layout layout) {
  switch (layout) {
  case ops::Layout::row_major:
    return "row_major";
  case ops::Layout::n16:
    return "n16";
  case ops::Layout::n16k4:
    return "n16k4";
  case ops::Layout::planes:
    return "planes";
  }
  return "";
}

const char* kind_name(ops::FeatureKind kind) {
  switch (kind) {
  case ops::FeatureKind::event_ids:
    return "event_ids";
  case ops::FeatureKind::event_times:
    return "event_times";
  case ops::FeatureKind::context_id:
    return "context_id";
  }
  return "";
}

TensorInfo describe_tensor(const Tensor& tensor, const ops::Constant& constant) {
  TensorInfo info;
  info.name = text(tensor.name());
  info.dtype = dtype_name(constant.dtype);
  info.layout = layout_name(constant.layout);
  info.rows = tensor.rows();
  info.cols = tensor.cols();
  info.bytes = tensor.length();
  double beside = 0.0;
  if (constant.scales != nullptr) beside += static_cast<double>(constant.rows) * sizeof(float);
  if (constant.bounds != nullptr)
    beside += static_cast<double>((constant.rows + kernels::kBlock - 1) / kernels::kBlock) * sizeof(float);
  info.bits_per_weight = 8.0 * (static_cast<double>(tensor.length()) + beside) /
                         (static_cast<double>(tensor.rows()) * static_cast<double>(tensor.cols()));
  return info;
}

std::string describe_attributes(const ops::Node& node) {
  std::string out;
  for (std::size_t a = 0; a < node.op->attributes.size(); ++a) {
    const ops::AttributeSpec& spec = node.op->attributes[a];
    const ops::AttributeValue& value = node.attributes[a];
    const ops::AttributeValue absent = spec.absent_value();
    if (spec.optional && value.integer == absent.integer && value.real == absent.real) continue;
    if (!out.empty()) out += ' ';
    out += spec.name;
    out += '=';
    if (spec.type == ops::AttributeType::choice) {
      out += spec.choices[static_cast<std::size_t>(value.integer)];
    } else if (spec.type == ops::AttributeType::real) {
      char digits[32];
      std::snprintf(digits, sizeof(digits), "%.9g", value.real);
      out += digits;
    } else {
      out += std::to_string(value.integer);
    }
  }
  return out;
}

NodeInfo describe_node(const ops::Graph& graph, const ops::Node& node) {
  NodeInfo info;
  info.name = node.name;
  info.op = node.op->name;
  info.version = node.op->version;
  for (std::size_t i = 0; i < node.op->inputs.size(); ++i)
    info.inputs.push_back(node.has(static_cast<int>(i)) ? graph.input(node, static_cast<int>(i)).name : "");
  info.output = graph.values[static_cast<std::size_t>(node.output)].name;
  info.attributes = describe_attributes(node);
  return info;
}

std::string describe_padding(const Model& model) {
  std::string side = model.padding_side() == PaddingSide::left    ? "left: "
                     : model.padding_side() == PaddingSide::right ? "right: "
                                                                  : "";
  return side + text(model.padding_treatment());
}

} // namespace

ModelInfo describe(const LoadedModel& loaded) {
  const Model& model = *loaded.fb;
  ModelInfo info{};
  info.schema_version = model.schema_version();
  info.family = text(model.family());
  info.variant = text(model.variant());
  info.precision = text(model.precision());
  info.max_history = model.max_history();
  info.dim = loaded.dim;
  info.interests = loaded.interests;
  info.items = loaded.items.items;
  info.has_prior = loaded.items.prior != nullptr;
  info.score_kind = heed::ScoreKind::dot;
  info.padding = describe_padding(model);
  info.unknown_item = text(model.item_tables()->Get(0)->unknown_rule());
  if (const Provenance* provenance = model.provenance(); provenance != nullptr) {
    info.source_format = text(provenance->source_format());
    info.source_sha256 = text(provenance->source_sha256());
    info.source_bytes = provenance->source_bytes();
    info.converter = text(provenance->converter());
    info.options = text(provenance->options());
  }
  info.file_bytes = model.file_bytes();
  if (const Fidelity* fidelity = model.fidelity(); fidelity != nullptr)
    info.fidelity = {fidelity->histories(), fidelity->max_score_error(), fidelity->mean_score_error(),
                     fidelity->top10_overlap()};
  const Input& history = *model.inputs()->Get(0);
  info.inputs.push_back({text(history.name()), "item_history", history.vocabulary(),
                         info.items > 0 ? loaded.items.id(0) : 0, 0, false});
  for (const ops::Feature& feature : loaded.graph.features)
    info.inputs.push_back({feature.name, kind_name(feature.kind), feature.vocabulary, feature.first_id,
                           feature.default_value, feature.and_request});
  for (const NamedOutput& output : loaded.outputs) {
    const ops::Value& value = loaded.graph.values[static_cast<std::size_t>(output.value)];
    info.outputs.push_back({output.name, value.events ? 0 : value.count, value.cols});
  }
  for (std::size_t i = 0; i < loaded.graph.constants.size(); ++i)
    info.tensors.push_back(describe_tensor(*model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(i)),
                                           loaded.graph.constants[i]));
  for (const ops::Node& node : loaded.graph.nodes) info.nodes.push_back(describe_node(loaded.graph, node));
  return info;
}

} // namespace heed::format
