#include "converter/emit/metadata.hpp"

#include "converter/graph/operators.hpp"
#include "heed_generated.h"

#include <stdexcept>

namespace heed::convert {
namespace {

namespace fb = flatbuffers;

fb::Offset<format::Tensor> tensor(fb::FlatBufferBuilder& out, const Segment& segment) {
  format::DType dtype = format::DType::f32;
  format::Layout layout = format::Layout::row_major;
  if (segment.layout == FileLayout::n16) layout = format::Layout::n16;
  if (segment.layout == FileLayout::n16k4) {
    dtype = format::DType::i8;
    layout = format::Layout::n16k4;
  }
  if (segment.layout == FileLayout::planes) {
    dtype = format::DType::i8;
    layout = format::Layout::planes;
  }
  const auto name = out.CreateString(segment.name);
  format::TensorBuilder tensor(out);
  tensor.add_checksum(segment.checksum);
  tensor.add_length(segment.length);
  tensor.add_offset(segment.offset);
  tensor.add_cols(static_cast<std::uint64_t>(segment.cols));
  tensor.add_rows(static_cast<std::uint64_t>(segment.rows));
  if (segment.bounds >= 0) tensor.add_bounds(segment.bounds); // other files keep the bytes they always had
  tensor.add_scales(segment.scales);
  tensor.add_name(name);
  tensor.add_source_bits(static_cast<std::uint8_t>(segment.source_bits));
  tensor.add_layout(layout);
  tensor.add_dtype(dtype);
  return tensor.Finish();
}

fb::Offset<format::Value> value(fb::FlatBufferBuilder& out, const GraphValue& v) {
  // Input 0 is the history, the others are features.
  const bool is_input = v.kind == ValueKind::ids || v.kind == ValueKind::times;
  const auto rows = v.each_place() ? format::Rows::events
                    : v.single()   ? format::Rows::one
                                   : format::Rows::several;
  return format::CreateValue(out, out.CreateString(v.name), v.constant, is_input ? v.feature + 1 : -1, rows,
                             static_cast<std::uint32_t>(v.cols), static_cast<std::uint32_t>(v.count));
}

fb::Offset<format::Attribute> attribute(fb::FlatBufferBuilder& out, const Attribute& a) {
  const auto name = out.CreateString(a.name);
  if (const auto* choice = std::get_if<std::string>(&a.value))
    return format::CreateAttribute(out, name, 0, 0, out.CreateString(*choice));
  if (const auto* real = std::get_if<double>(&a.value)) return format::CreateAttribute(out, name, 0, *real);
  if (const auto* flag = std::get_if<bool>(&a.value))
    return format::CreateAttribute(out, name, *flag ? 1 : 0);
  return format::CreateAttribute(out, name, std::get<std::int64_t>(a.value));
}

fb::Offset<format::Node> node(fb::FlatBufferBuilder& out, const Node& n) {
  std::vector<std::int32_t> inputs(n.inputs.begin(), n.inputs.end());
  inputs.resize(find_operator(n.op).inputs.size(), kNone);
  while (!inputs.empty() && inputs.back() == kNone) inputs.pop_back();
  std::vector<fb::Offset<format::Attribute>> attributes;
  for (const Attribute& a : n.attributes) attributes.push_back(attribute(out, a));
  return format::CreateNode(out, out.CreateString(n.op), kOperatorVersion, out.CreateVector(inputs),
                            out.CreateVector(std::vector<std::int32_t>{n.output}),
                            out.CreateVector(attributes), out.CreateString(n.name));
}

fb::Offset<format::Input> history_input(fb::FlatBufferBuilder& out, const Graph& graph) {
  const auto name = out.CreateString("history");
  format::InputBuilder input(out);
  input.add_name(name);
  input.add_kind(format::InputKind::item_history);
  input.add_item_table(0);
  input.add_vocabulary(static_cast<std::uint64_t>(graph.items));
  input.add_append_row(graph.append_row);
  input.add_hidden_row(graph.hidden_row);
  input.add_drop_oldest(static_cast<std::uint32_t>(graph.drop_oldest));
  input.add_fill_row(graph.fill_row);
  return input.Finish();
}

format::InputKind kind_of(FeatureKind kind) {
  switch (kind) {
  case FeatureKind::event_ids:
    return format::InputKind::event_ids;
  case FeatureKind::event_times:
    return format::InputKind::event_times;
  case FeatureKind::context_id:
    break;
  }
  return format::InputKind::context_id;
}

fb::Offset<format::Input> feature_input(fb::FlatBufferBuilder& out, const Feature& feature) {
  const auto name = out.CreateString(feature.name);
  format::InputBuilder input(out);
  input.add_name(name);
  input.add_kind(kind_of(feature.kind));
  input.add_vocabulary(static_cast<std::uint64_t>(feature.vocabulary));
  if (feature.kind != FeatureKind::context_id) input.add_aligned_with(0);
  input.add_first_id(feature.first_id);
  input.add_default_value(feature.default_value);
  input.add_time_rule(feature.gaps ? format::TimeRule::gaps : format::TimeRule::none);
  input.add_and_request(feature.and_request);
  return input.Finish();
}

fb::Offset<format::ItemTable> item_table(fb::FlatBufferBuilder& out, const Graph& graph,
                                         const Description& description) {
  const auto name = out.CreateString("items");
  const auto rule = out.CreateString(graph.unknown_row == kNone ? "none" : description.unknown_rule);
  format::ItemTableBuilder table(out);
  table.add_name(name);
  table.add_items(static_cast<std::uint64_t>(graph.items));
  table.add_rows(graph.table);
  table.add_bias(graph.bias);
  table.add_first_id(graph.first_id);
  table.add_query(0);
  table.add_score(format::ScoreKind::dot);
  table.add_unknown_row(graph.unknown_row);
  table.add_unknown_rule(rule);
  table.add_input_rows(graph.input_table == graph.table ? -1 : graph.input_table);
  table.add_prior(prior_segment(graph));
  return table.Finish();
}

fb::Offset<format::Provenance> provenance(fb::FlatBufferBuilder& out, const Description& d) {
  return format::CreateProvenance(out, out.CreateString(d.source_format), out.CreateString(d.source_sha256),
                                  d.source_bytes, out.CreateString(d.converter), out.CreateString(d.options));
}

// The vector of what `make` makes of each element.
template <class T, class Elements, class Make>
auto vector_of(fb::FlatBufferBuilder& out, const Elements& elements, Make make) {
  std::vector<fb::Offset<T>> offsets;
  for (const auto& element : elements) offsets.push_back(make(out, element));
  return out.CreateVector(offsets);
}

} // namespace

std::vector<unsigned char> build_metadata(const Graph& graph, const std::vector<Segment>& segments,
                                          const Description& description, std::uint64_t file_bytes) {
  if (graph.form != Form::file) throw std::logic_error("only the file form can be written");
  fb::FlatBufferBuilder out;
  out.ForceDefaults(true); // a field that is left out would make the size depend on its value

  const auto tensors = vector_of<format::Tensor>(out, segments, tensor);
  const auto values = vector_of<format::Value>(out, graph.values, value);
  const auto nodes = vector_of<format::Node>(out, graph.nodes, node);
  std::vector<fb::Offset<format::Input>> inputs = {history_input(out, graph)};
  for (const Feature& feature : graph.features) inputs.push_back(feature_input(out, feature));
  std::vector<fb::Offset<format::Output>> outputs = {
      format::CreateOutput(out, out.CreateString(kUserVector), graph.output, empty_history_segment(graph))};
  for (std::size_t o = 0; o < graph.outputs.size(); ++o)
    outputs.push_back(format::CreateOutput(out, out.CreateString(graph.outputs[o].name),
                                           graph.outputs[o].value, empty_output_segment(graph, o)));
  const std::vector<fb::Offset<format::ItemTable>> tables = {item_table(out, graph, description)};
  const Fidelity& f = description.fidelity;
  const auto fidelity =
      format::CreateFidelity(out, f.histories, f.max_score_error, f.mean_score_error, f.top10_overlap);
  const auto source = provenance(out, description);
  std::vector<fb::Offset<fb::String>> needed;
  if (graph.fill_row != kNone) needed.push_back(out.CreateString("computed_padding"));
  if (graph.planes) needed.push_back(out.CreateString("planes"));
  if (!graph.prior.empty()) needed.push_back(out.CreateString("prior"));
  const auto features = out.CreateVector(needed);
  const auto input_vector = out.CreateVector(inputs);
  const auto output_vector = out.CreateVector(outputs);
  const auto table_vector = out.CreateVector(tables);
  const auto family = out.CreateString(description.family);
  const auto variant = out.CreateString(description.variant);
  const auto precision = out.CreateString(description.precision);
  const auto padding = out.CreateString(description.padding_treatment);

  format::ModelBuilder model(out);
  model.add_schema_version(kSchemaVersion);
  model.add_required_features(features);
  model.add_family(family);
  model.add_variant(variant);
  model.add_tensors(tensors);
  model.add_values(values);
  model.add_nodes(nodes);
  model.add_inputs(input_vector);
  model.add_outputs(output_vector);
  model.add_item_tables(table_vector);
  model.add_max_history(static_cast<std::uint32_t>(graph.max_history));
  model.add_slots(static_cast<std::uint32_t>(graph.slots));
  model.add_padding_side(graph.padding == PaddingSide::left ? format::PaddingSide::left
                                                            : format::PaddingSide::right);
  model.add_padding_treatment(padding);
  model.add_precision(precision);
  model.add_provenance(source);
  model.add_fidelity(fidelity);
  model.add_file_bytes(file_bytes);
  format::FinishSizePrefixedModelBuffer(out, model.Finish());
  return {out.GetBufferPointer(), out.GetBufferPointer() + out.GetSize()};
}

} // namespace heed::convert
