#include "tests/invalid/cases.hpp"

#include <cmath>
#include <cstring>
#include <limits>

namespace heed::test {

namespace {

using Bytes = std::vector<std::uint8_t>;
using format::ModelT;

// The valid file that every case spoils in one place.
EncoderOptions small() {
  EncoderOptions o;
  o.items = 5;
  o.dim = 4;
  o.heads = 2;
  o.blocks = 1;
  o.hidden = 4;
  o.slots = 3;
  o.max_history = 2;
  return o;
}

std::function<Bytes()> with(std::function<void(TestModel&)> spoil, const EncoderOptions& options = small()) {
  return [=] {
    Encoder encoder = make_encoder(options);
    spoil(encoder.model);
    return encoder.model.bytes();
  };
}

std::function<Bytes()> meta(std::function<void(ModelT&)> spoil) {
  return with([=](TestModel& m) { spoil(m.meta); });
}

// Spoils the metadata after offsets and checksums are set.
std::function<Bytes()> placed(std::function<void(ModelT&)> spoil) {
  return with([=](TestModel& m) {
    m.bytes();
    spoil(m.meta);
  });
}

std::function<Bytes()> bytes(std::function<void(Bytes&)> spoil) {
  return [=] {
    Bytes file = make_encoder(small()).model.bytes();
    spoil(file);
    return file;
  };
}

format::NodeT& node(ModelT& m, const char* op) {
  for (auto& n : m.nodes)
    if (n->op == op) return *n;
  std::abort(); // a mistake in this file
}

format::AttributeT& attribute(ModelT& m, const char* op, const char* name) {
  for (auto& a : node(m, op).attributes)
    if (a->name == name) return *a;
  std::abort();
}

std::size_t tensor(ModelT& m, const char* name) {
  for (std::size_t i = 0; i < m.tensors.size(); ++i)
    if (m.tensors[i]->name == name) return i;
  std::abort();
}

format::TensorT& named(ModelT& m, const char* name) {
  return *m.tensors[tensor(m, name)];
}

void set_float(TestModel& m, const char* name, std::size_t element, float value) {
  std::memcpy(m.segments[tensor(m.meta, name)].data() + element * sizeof(float), &value, sizeof(value));
}

EncoderOptions int8() {
  EncoderOptions o = small();
  o.int8 = true;
  return o;
}
EncoderOptions planes() {
  EncoderOptions o = small();
  o.planes = true;
  return o;
}
EncoderOptions with_ids() {
  EncoderOptions o = small();
  o.shuffled_ids = true;
  return o;
}

void add_frame_cases(std::vector<InvalidCase>* cases) {
  const auto truncated = StatusCode::file_truncated, malformed = StatusCode::file_malformed;
  cases->push_back({"frame_few_bytes", truncated, "too few", bytes([](Bytes& f) { f.resize(11); })});
  cases->push_back({"frame_foreign", StatusCode::file_foreign, "HEED", bytes([](Bytes& f) { f[8] = 'X'; })});
  cases->push_back({"frame_text", StatusCode::file_foreign, "HEED", [] {
                      const char text[] = "this is not a model at all, but it is long enough";
                      return Bytes(text, text + sizeof(text));
                    }});
  cases->push_back({"frame_cut_in_metadata", truncated, "metadata", bytes([](Bytes& f) { f.resize(200); })});
  cases->push_back(
      {"frame_cut_in_segments", truncated, " of ", bytes([](Bytes& f) { f.resize(f.size() - 64); })});
  cases->push_back(
      {"frame_too_long", malformed, "more than", bytes([](Bytes& f) { f.resize(f.size() + 64); })});
  cases->push_back({"frame_huge_size_prefix", truncated, "metadata",
                    bytes([](Bytes& f) { std::memset(f.data(), 0xFF, 4); })});
  cases->push_back({"frame_root_outside", malformed, "FlatBuffer",
                    bytes([](Bytes& f) { std::memset(f.data() + 4, 0x7F, 4); })});
  cases->push_back({"frame_broken_tables", malformed, "FlatBuffer",
                    bytes([](Bytes& f) { std::memset(f.data() + 64, 0xEE, 200); })});
}

void add_version_cases(std::vector<InvalidCase>* cases) {
  cases->push_back({"version_zero", StatusCode::file_malformed, "schema version",
                    meta([](ModelT& m) { m.schema_version = 0; })});
  cases->push_back({"version_from_the_future", StatusCode::version_unsupported, "update heed",
                    meta([](ModelT& m) { m.schema_version = 2; })});
  cases->push_back({"feature_unknown", StatusCode::feature_unsupported, "telepathy",
                    meta([](ModelT& m) { m.required_features.push_back("telepathy"); })});
  cases->push_back({"score_kind_unknown", StatusCode::feature_unsupported, "score",
                    meta([](ModelT& m) { m.item_tables[0]->score = static_cast<format::ScoreKind>(77); })});
  cases->push_back({"input_kind_unknown", StatusCode::feature_unsupported, "history",
                    meta([](ModelT& m) { m.inputs[0]->kind = static_cast<format::InputKind>(9); })});
  cases->push_back({"two_inputs", StatusCode::feature_unsupported, "kind that this library does not know",
                    with([](TestModel& m) { m.input_ids(); })});
}

void add_tensor_cases(std::vector<InvalidCase>* cases) {
  const auto malformed = StatusCode::file_malformed;
  const auto add = [&](const char* name, const char* mentions, std::function<void(ModelT&)> spoil) {
    cases->push_back({name, malformed, mentions, placed(std::move(spoil))});
  };
  add("tensor_unknown_dtype", "'wq'",
      [](ModelT& m) { named(m, "wq").dtype = static_cast<format::DType>(99); });
  add("tensor_unknown_layout", "'wq'",
      [](ModelT& m) { named(m, "wq").layout = static_cast<format::Layout>(99); });
  add("tensor_no_rows", "'wq'", [](ModelT& m) { named(m, "wq").rows = 0; });
  add("tensor_huge_rows", "'wq'", [](ModelT& m) { named(m, "wq").rows = ~std::uint64_t{0}; });
  add("tensor_overflowing_shape", "'wq'", [](ModelT& m) {
    named(m, "wq").rows = std::uint64_t{1} << 40;
    named(m, "wq").cols = std::uint64_t{1} << 40;
  });
  add("tensor_short", "its shape needs", [](ModelT& m) { named(m, "wq").length -= 4; });
  add("tensor_unaligned", "multiple of 64", [](ModelT& m) { named(m, "wq").offset += 4; });
  add("tensor_in_metadata", "overlaps the metadata", [](ModelT& m) { named(m, "wq").offset = 64; });
  add("tensor_beyond_end", "beyond the end",
      [](ModelT& m) { named(m, "wq").offset = std::uint64_t{1} << 40; });
  add("tensor_offset_wraps", "beyond the end", [](ModelT& m) { named(m, "wq").offset = ~std::uint64_t{63}; });
  add("tensor_without_slack", "beyond the end", [](ModelT& m) { m.file_bytes -= 64; });
  cases->back().make = [] { // the last segment's slack is cut off, and the length says so
    Encoder e = make_encoder(small());
    e.model.bytes();
    e.model.meta.file_bytes -= 64;
    Bytes file = e.model.bytes();
    file.resize(file.size() - 64);
    return file;
  };
  add("tensors_overlap", "overlap", [](ModelT& m) { named(m, "wk").offset = named(m, "wq").offset; });
  add("scales_on_fp32", "not int8", [](ModelT& m) { named(m, "wq").scales = 0; });
  const auto add_int8 = [&](const char* name, const char* mentions, std::function<void(ModelT&)> spoil) {
    cases->push_back({name, malformed, mentions, with([=](TestModel& m) { spoil(m.meta); }, int8())});
  };
  add_int8("scales_missing", "no scales", [](ModelT& m) { named(m, "wq").scales = -1; });
  add_int8("scales_out_of_range", "do not exist", [](ModelT& m) { named(m, "wq").scales = 1000; });
  add_int8("scales_of_wrong_shape", "cannot be the scales",
           [](ModelT& m) { named(m, "wq").scales = static_cast<int>(tensor(m, "bq")); });
}

void add_plane_cases(std::vector<InvalidCase>* cases) {
  const auto add = [&](const char* name, const char* mentions, std::function<void(ModelT&)> spoil) {
    cases->push_back(
        {name, StatusCode::file_malformed, mentions, with([=](TestModel& m) { spoil(m.meta); }, planes())});
  };
  add("planes_without_bounds", "no bounds", [](ModelT& m) { named(m, "item_rows").bounds = -1; });
  add("planes_bounds_out_of_range", "do not exist", [](ModelT& m) { named(m, "item_rows").bounds = 1000; });
  add("planes_bounds_of_wrong_shape", "cannot be the bounds",
      [](ModelT& m) { named(m, "item_rows").bounds = static_cast<int>(tensor(m, "item_rows.scales")); });
  add("planes_without_scales", "no scales", [](ModelT& m) { named(m, "item_rows").scales = -1; });
  add("planes_of_fp32", "no segment can have",
      [](ModelT& m) { named(m, "item_rows").dtype = format::DType::f32; });
  add("planes_short", "its shape needs", [](ModelT& m) { named(m, "item_rows").length -= 64; });
  add("planes_too_wide", "no segment can have", [](ModelT& m) { named(m, "item_rows").cols = 1025; });
  cases->push_back({"bounds_without_planes", StatusCode::file_malformed, "not in planes",
                    with([](TestModel& m) { named(m.meta, "wq").bounds = 0; }, int8())});
  // The weight of a linear is read in n16k4 alone.
  cases->push_back({"planes_of_a_weight", StatusCode::graph_invalid, "block layout",
                    with(
                        [](TestModel& m) {
                          format::TensorT& weight = named(m.meta, "wq");
                          const format::TensorT& rows = named(m.meta, "item_rows");
                          weight.layout = format::Layout::planes;
                          weight.dtype = format::DType::i8;
                          weight.bounds = rows.bounds; // of as many rows, rounded up
                          weight.scales = rows.scales;
                          weight.length = rows.length;
                          m.segments[tensor(m.meta, "wq")].resize(weight.length);
                        },
                        planes())});
}

void add_graph_cases(std::vector<InvalidCase>* cases) {
  const auto malformed = StatusCode::file_malformed, invalid = StatusCode::graph_invalid,
             unsupported = StatusCode::op_unsupported;
  const auto add = [&](const char* name, StatusCode code, const char* mentions,
                       std::function<void(ModelT&)> spoil) {
    cases->push_back({name, code, mentions, meta(std::move(spoil))});
  };
  add("op_unknown", unsupported, "tomorrows_attention",
      [](ModelT& m) { node(m, "attention").op = "tomorrows_attention"; });
  add("op_version_unknown", unsupported, "version 2", [](ModelT& m) { node(m, "attention").version = 2; });
  add("attribute_unknown", unsupported, "temperature", [](ModelT& m) {
    auto a = std::make_unique<format::AttributeT>();
    a->name = "temperature";
    node(m, "attention").attributes.push_back(std::move(a));
  });
  add("attribute_choice_unknown", unsupported, "sideways",
      [](ModelT& m) { attribute(m, "attention", "mask").choice = "sideways"; });
  add("attribute_twice", malformed, "twice",
      [](ModelT& m) { attribute(m, "attention", "heads").name = "scale"; });
  add("attribute_absent", malformed, "lacks", [](ModelT& m) { node(m, "attention").attributes.pop_back(); });
  add("attribute_not_finite", invalid, "scale",
      [](ModelT& m) { attribute(m, "attention", "scale").real = std::numeric_limits<double>::infinity(); });
  add("attribute_out_of_range", invalid, "heads",
      [](ModelT& m) { attribute(m, "attention", "heads").integer = 0; });
  add("heads_do_not_divide", invalid, "heads",
      [](ModelT& m) { attribute(m, "attention", "heads").integer = 3; });
  add("input_missing", malformed, "missing", [](ModelT& m) { node(m, "attention").inputs[1] = -1; });
  add("input_out_of_range", malformed, "does not exist",
      [](ModelT& m) { node(m, "attention").inputs[1] = 10000; });
  add("input_negative", malformed, "does not exist", [](ModelT& m) { node(m, "attention").inputs[1] = -2; });
  add("input_of_wrong_kind", invalid, "wrong kind", [](ModelT& m) { node(m, "attention").inputs[0] = 0; });
  add("inputs_too_many", malformed, "too many", [](ModelT& m) { node(m, "add").inputs.push_back(0); });
  add("graph_cycle", invalid, "cycle",
      [](ModelT& m) { node(m, "layer_norm").inputs[0] = node(m, "add").outputs[0]; });
  add("output_out_of_range", malformed, "does not exist",
      [](ModelT& m) { node(m, "add").outputs[0] = 10000; });
  add("outputs_two", malformed, "one output", [](ModelT& m) { node(m, "add").outputs.push_back(3); });
  add("output_made_twice", invalid, "fresh",
      [](ModelT& m) { node(m, "add").outputs[0] = node(m, "attention").outputs[0]; });
  add("output_is_a_constant", invalid, "fresh", [](ModelT& m) { node(m, "add").outputs[0] = 1; });
  add("output_of_wrong_shape", invalid, "another shape",
      [](ModelT& m) { m.values[static_cast<std::size_t>(node(m, "attention").outputs[0])]->cols = 8; });
  add("value_without_columns", invalid, "columns",
      [](ModelT& m) { m.values[static_cast<std::size_t>(node(m, "attention").outputs[0])]->cols = 0; });
  add("value_of_unknown_rows", malformed, "rows", [](ModelT& m) {
    m.values[static_cast<std::size_t>(node(m, "attention").outputs[0])]->rows = static_cast<format::Rows>(5);
  });
  add("value_tensor_out_of_range", malformed, "does not exist",
      [](ModelT& m) { m.values[1]->tensor = 10000; });
  add("value_input_out_of_range", malformed, "does not exist", [](ModelT& m) { m.values[0]->input = 5; });
  add("value_made_by_nobody", invalid, "no node", [](ModelT& m) {
    auto value = std::make_unique<format::ValueT>();
    value->name = "orphan";
    value->cols = 4;
    m.values.push_back(std::move(value));
  });
  cases->push_back({"value_unused", invalid, "never used", with([](TestModel& m) {
                      const std::int32_t x = m.meta.nodes[0]->outputs[0];
                      const std::uint32_t cols = m.meta.values[static_cast<std::size_t>(x)]->cols;
                      m.node("last", {x}, {}, format::Rows::one, cols);
                    })});
  add("weight_of_wrong_layout", invalid, "block layout",
      [](ModelT& m) { node(m, "linear").inputs[1] = node(m, "layer_norm").inputs[1]; });
  add("bias_of_wrong_shape", invalid, "bias",
      [](ModelT& m) { node(m, "linear").inputs[2] = node(m, "embedding").inputs[2]; });
  add("padding_contradiction", invalid, "padding",
      [](ModelT& m) { attribute(m, "attention", "padding").choice = "none"; });
  add("position_contradiction", invalid, "position",
      [](ModelT& m) { attribute(m, "embedding", "position_rule").choice = "none"; });
  add("history_zero", malformed, "max_history", [](ModelT& m) { m.max_history = 0; });
  add("history_beyond_slots", malformed, "slots", [](ModelT& m) { m.max_history = 4; });
  add("slots_huge", malformed, "slots", [](ModelT& m) { m.slots = m.max_history = 0xFFFFFFFF; });
}

void add_item_cases(std::vector<InvalidCase>* cases) {
  const auto malformed = StatusCode::file_malformed;
  const auto add = [&](const char* name, StatusCode code, const char* mentions,
                       std::function<void(ModelT&)> spoil) {
    cases->push_back({name, code, mentions, meta(std::move(spoil))});
  };
  add("items_none", malformed, "claims 0", [](ModelT& m) { m.item_tables[0]->items = 0; });
  add("items_beyond_rows", malformed, "claims 7", [](ModelT& m) { m.item_tables[0]->items = 7; });
  add("items_rows_out_of_range", malformed, "item table", [](ModelT& m) { m.item_tables[0]->rows = 999; });
  add("items_looked_up_elsewhere", malformed, "another tensor",
      [](ModelT& m) { node(m, "embedding").inputs[1] = node(m, "linear").inputs[1]; });
  add("items_no_table", StatusCode::feature_unsupported, "item table",
      [](ModelT& m) { m.item_tables.clear(); });
  add("items_input_rows_outside", malformed, "input rows",
      [](ModelT& m) { m.item_tables[0]->input_rows = 1000; });
  add("items_input_rows_too_few", malformed, "input rows", [](ModelT& m) {
    const auto short_one = static_cast<std::int32_t>(tensor(m, "wq")); // 4 rows for 5 items
    m.item_tables[0]->input_rows = short_one;
    m.values[static_cast<std::size_t>(node(m, "embedding").inputs[1])]->tensor = short_one;
  });
  add("history_appended_row_outside", malformed, "appends", [](ModelT& m) { m.inputs[0]->append_row = 6; });
  add("history_appended_row_negative", malformed, "appends", [](ModelT& m) { m.inputs[0]->append_row = -2; });
  add("history_appended_row_without_slot", malformed, "slots", [](ModelT& m) {
    m.inputs[0]->append_row = 5;
    m.max_history = m.slots;
  });
  add("history_hidden_row_outside", malformed, "hides", [](ModelT& m) { m.inputs[0]->hidden_row = 5; });
  add("items_unknown_row_outside", malformed, "unknown",
      [](ModelT& m) { m.item_tables[0]->unknown_row = 6; });
  add("items_query_out_of_range", malformed, "output", [](ModelT& m) { m.item_tables[0]->query = 3; });
  add("items_bias_of_wrong_shape", malformed, "bias",
      [](ModelT& m) { m.item_tables[0]->bias = static_cast<int>(tensor(m, "bq")); });
  add("items_first_id_overflows", malformed, "overflows",
      [](ModelT& m) { m.item_tables[0]->first_id = std::numeric_limits<std::int64_t>::max() - 2; });
  add("output_without_empty_history", malformed, "empty history",
      [](ModelT& m) { m.outputs[0]->empty_history = -1; });
  add("output_value_out_of_range", malformed, "does not exist",
      [](ModelT& m) { m.outputs[0]->value = 10000; });
  add("output_is_not_one_row", StatusCode::graph_invalid, "as wide",
      [](ModelT& m) { m.outputs[0]->value = node(m, "add").outputs[0]; });
  cases->push_back({"ids_incomplete", malformed, "id tensors",
                    with([](TestModel& m) { m.meta.item_tables[0]->id_rows = -1; }, with_ids())});
}

void add_verify_cases(std::vector<InvalidCase>* cases) {
  const auto add = [&](const char* name, StatusCode code, const char* mentions, std::function<Bytes()> make) {
    cases->push_back({name, code, mentions, std::move(make), true});
  };
  add("verify_flipped_bit", StatusCode::checksum_mismatch, "changed",
      bytes([](Bytes& f) { f[f.size() - 70] ^= 1; }));
  add("verify_nan_weight", StatusCode::value_not_finite, "'wq'",
      with([](TestModel& m) { set_float(m, "wq", 0, std::nanf("")); }));
  add("verify_infinite_norm", StatusCode::value_not_finite, "'gamma1'",
      with([](TestModel& m) { set_float(m, "gamma1", 1, INFINITY); }));
  add("verify_negative_scale", StatusCode::value_not_finite, "'wq'",
      with([](TestModel& m) { set_float(m, "wq.scales", 0, -1.0f); }, int8()));
  add("verify_zero_scale", StatusCode::value_not_finite, "'wq'",
      with([](TestModel& m) { set_float(m, "wq.scales", 0, 0.0f); }, int8()));
  add("verify_negative_bound", StatusCode::value_not_finite, "'item_rows'",
      with([](TestModel& m) { set_float(m, "item_rows.bounds", 0, -1.0f); }, planes()));
  add("verify_nan_bound", StatusCode::value_not_finite, "'item_rows",
      with([](TestModel& m) { set_float(m, "item_rows.bounds", 0, std::nanf("")); }, planes()));
  const auto spoil_ids = [](const char* name, std::int64_t value) {
    return with([=](TestModel& m) { std::memcpy(m.segments[tensor(m.meta, name)].data() + 8, &value, 8); },
                with_ids());
  };
  add("verify_ids_out_of_order", StatusCode::file_malformed, "ascending", spoil_ids("ids", 1 << 20));
  add("verify_id_rows_outside", StatusCode::file_malformed, "ids", spoil_ids("id_rows", 1 << 20));
}

} // namespace

std::vector<InvalidCase> invalid_cases() {
  std::vector<InvalidCase> cases;
  add_frame_cases(&cases);
  add_version_cases(&cases);
  add_tensor_cases(&cases);
  add_plane_cases(&cases);
  add_graph_cases(&cases);
  add_item_cases(&cases);
  add_verify_cases(&cases);
  add_interface_cases(&cases);
  add_operator_cases(&cases);
  add_attention_cases(&cases);
  add_row_cases(&cases);
  return cases;
}

} // namespace heed::test
