#include "runtime/capi/handles.hpp"

#include <new>
#include <string>

namespace {

using heed::Result;
using heed::Status;
using heed::StatusCode;
using heed::capi::fail;
using heed::capi::fail_null;

heed_status hand_out(Result<heed::Model> opened, heed_model** model, heed_error* error) noexcept {
  if (!opened.ok()) return fail(opened.status(), error);
  heed::ModelInfo info = opened->info();
  *model = new (std::nothrow) heed_model{std::move(*opened), std::move(info)};
  if (*model == nullptr) return fail(Status(StatusCode::out_of_memory, "no memory for a model"), error);
  return HEED_OK;
}

heed_status out_of_range(const char* what, std::size_t index, std::size_t count, heed_error* error) noexcept {
  return fail(Status(StatusCode::invalid_argument, std::string(what) + " " + std::to_string(index) +
                                                       "; there are " + std::to_string(count)),
              error);
}

template <class Struct>
void init(Struct* info) noexcept {
  *info = Struct{};
  info->struct_size = sizeof(Struct);
}

} // namespace

void heed_model_info_init(heed_model_info* info) {
  init(info);
}
void heed_tensor_info_init(heed_tensor_info* info) {
  init(info);
}
void heed_node_info_init(heed_node_info* info) {
  init(info);
}
void heed_input_info_init(heed_input_info* info) {
  init(info);
}
void heed_output_info_init(heed_output_info* info) {
  init(info);
}

heed_status heed_model_open(const char* path, heed_model** model, heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  return hand_out(heed::Model::open(path), model, error);
}

heed_status heed_model_open_memory(const void* data, size_t bytes, heed_model** model, heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  return hand_out(heed::Model::open(data, bytes), model, error);
}

void heed_model_close(heed_model* model) {
  delete model;
}

heed_status heed_model_verify(const heed_model* model, heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  return heed::capi::finish(model->model.verify(), error);
}

heed_status heed_model_get_info(const heed_model* model, heed_model_info* out, heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (out == nullptr) return fail_null("info", error);
  const heed::ModelInfo& info = model->info;
  heed_model_info full;
  init(&full);
  full.schema_version = info.schema_version;
  full.max_history = info.max_history;
  full.dim = info.dim;
  full.items = info.items;
  full.file_bytes = info.file_bytes;
  full.family = info.family.c_str();
  full.variant = info.variant.c_str();
  full.precision = info.precision.c_str();
  full.padding = info.padding.c_str();
  full.unknown_item = info.unknown_item.c_str();
  full.source_format = info.source_format.c_str();
  full.source_sha256 = info.source_sha256.c_str();
  full.converter = info.converter.c_str();
  full.options = info.options.c_str();
  full.source_bytes = info.source_bytes;
  full.fidelity_histories = info.fidelity.histories;
  full.fidelity_max_score_error = info.fidelity.max_score_error;
  full.fidelity_mean_score_error = info.fidelity.mean_score_error;
  full.fidelity_top10_overlap = info.fidelity.top10_overlap;
  full.tensors = info.tensors.size();
  full.nodes = info.nodes.size();
  full.inputs = info.inputs.size();
  full.interests = info.interests;
  full.has_prior = info.has_prior ? 1 : 0;
  full.outputs = info.outputs.size();
  heed::capi::narrow(full, out);
  return HEED_OK;
}

heed_status heed_model_get_tensor(const heed_model* model, size_t index, heed_tensor_info* out,
                                  heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (out == nullptr) return fail_null("info", error);
  const auto& tensors = model->info.tensors;
  if (index >= tensors.size()) return out_of_range("tensor", index, tensors.size(), error);
  const heed::TensorInfo& info = tensors[index];
  heed_tensor_info full;
  init(&full);
  full.name = info.name.c_str();
  full.dtype = info.dtype.c_str();
  full.layout = info.layout.c_str();
  full.rows = info.rows;
  full.cols = info.cols;
  full.bytes = info.bytes;
  full.bits_per_weight = info.bits_per_weight;
  heed::capi::narrow(full, out);
  return HEED_OK;
}

heed_status heed_model_get_node(const heed_model* model, size_t index, heed_node_info* out,
                                heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (out == nullptr) return fail_null("info", error);
  const auto& nodes = model->info.nodes;
  if (index >= nodes.size()) return out_of_range("node", index, nodes.size(), error);
  const heed::NodeInfo& info = nodes[index];
  heed_node_info full;
  init(&full);
  full.name = info.name.c_str();
  full.op = info.op.c_str();
  full.attributes = info.attributes.c_str();
  full.output = info.output.c_str();
  full.version = info.version;
  full.inputs = info.inputs.size();
  heed::capi::narrow(full, out);
  return HEED_OK;
}

heed_status heed_model_get_node_input(const heed_model* model, size_t index, size_t input, const char** name,
                                      heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (name == nullptr) return fail_null("name", error);
  const auto& nodes = model->info.nodes;
  if (index >= nodes.size()) return out_of_range("node", index, nodes.size(), error);
  if (input >= nodes[index].inputs.size())
    return out_of_range("input", input, nodes[index].inputs.size(), error);
  *name = nodes[index].inputs[input].c_str();
  return HEED_OK;
}

heed_status heed_model_get_input(const heed_model* model, size_t index, heed_input_info* out,
                                 heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (out == nullptr) return fail_null("info", error);
  const auto& inputs = model->info.inputs;
  if (index >= inputs.size()) return out_of_range("input", index, inputs.size(), error);
  heed_input_info full;
  init(&full);
  full.name = inputs[index].name.c_str();
  full.kind = inputs[index].kind.c_str();
  full.vocabulary = inputs[index].vocabulary;
  full.first_id = inputs[index].first_id;
  full.default_value = inputs[index].default_value;
  full.request_time = inputs[index].request_time ? 1 : 0;
  heed::capi::narrow(full, out);
  return HEED_OK;
}

heed_status heed_model_get_output(const heed_model* model, size_t index, heed_output_info* out,
                                  heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (out == nullptr) return fail_null("info", error);
  const auto& outputs = model->info.outputs;
  if (index >= outputs.size()) return out_of_range("output", index, outputs.size(), error);
  heed_output_info full;
  init(&full);
  full.name = outputs[index].name.c_str();
  full.rows = outputs[index].rows;
  full.cols = outputs[index].cols;
  heed::capi::narrow(full, out);
  return HEED_OK;
}

heed_status heed_model_item_id(const heed_model* model, uint64_t index, int64_t* id, heed_error* error) {
  if (model == nullptr) return fail_null("model", error);
  if (id == nullptr) return fail_null("id", error);
  Result<std::int64_t> found = model->model.item_id(index);
  if (!found.ok()) return fail(found.status(), error);
  *id = *found;
  return HEED_OK;
}

int heed_model_has_item(const heed_model* model, int64_t id) {
  return model != nullptr && model->model.has_item(id) ? 1 : 0;
}
