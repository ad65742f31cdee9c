#include "converter/cli/describe.hpp"

#include "converter/cli/model_file.hpp"
#include "converter/cli/text_table.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace heed::cli {

namespace {

// What the model answers to a history without events, found by asking it.
std::string empty_history(const Model& model, bool has_prior) {
  if (has_prior) return "the popularity of the items when the model was made";
  SessionOptions limits;
  limits.max_k = limits.max_candidates = limits.max_excluded = 1;
  Result<Session> session = Session::create(model, limits);
  std::vector<float> vector(std::size_t{model.dim()} * model.interests());
  if (!session || !session->encode({}, UnknownItem::error, vector).ok())
    return "the answer recorded in the file for new users";
  const bool zero = std::all_of(vector.begin(), vector.end(), [](float value) { return value == 0.0f; });
  return zero ? "a zero vector: the reference defines no answer for new users"
              : "what the model computes for a history of padding alone";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + (part.empty() ? "-" : part);
  return out;
}

bool is_history(const InputInfo& input) {
  return input.kind == "item_history";
}
bool is_id_feature(const InputInfo& input) {
  return !is_history(input) && input.vocabulary != 0;
}
// Precondition: is_id_feature(input).
std::int64_t last_id(const InputInfo& input) {
  return input.first_id + static_cast<std::int64_t>(input.vocabulary - 1);
}

std::string input_text(const InputInfo& input) {
  const std::string start = fmt::format("{}: {}, ", input.name, input.kind);
  if (is_history(input)) return start + grouped(input.vocabulary) + " legal ids";
  std::string text = start;
  if (is_id_feature(input))
    text += fmt::format("{} legal ids, {} to {}", grouped(input.vocabulary), input.first_id, last_id(input));
  else
    text += "seconds, never decreasing";
  if (input.request_time) text += "; the request's own time may follow";
  return text + fmt::format("; {} where it is not given", input.default_value);
}

void print_graph(const ModelInfo& info, Output& out) {
  out.print("\nGraph: {} operators\n", info.nodes.size());
  TextTable table({"output", "operator", ">version", "attributes", "inputs"});
  for (const NodeInfo& node : info.nodes)
    table.add({node.output, node.op, std::to_string(node.version), node.attributes, joined(node.inputs)});
  table.print(out, 2);
}

void print_tensors(const ModelInfo& info, Output& out) {
  std::uint64_t bytes = 0;
  for (const TensorInfo& tensor : info.tensors) bytes += tensor.bytes;
  out.print("\nTensors: {}, {}\n", info.tensors.size(), size_text(bytes));
  TextTable table({"name", "type", "layout", ">rows", ">cols", ">bytes", ">bits per weight"});
  for (const TensorInfo& tensor : info.tensors)
    table.add({tensor.name, tensor.dtype, tensor.layout, grouped(tensor.rows), grouped(tensor.cols),
               grouped(tensor.bytes), fmt::format("{:.2f}", tensor.bits_per_weight)});
  table.print(out, 2);
}

void print_promises(const Description& about, Output& out) {
  out.write("\nPromises\n");
  TextTable facts({"", ""});
  facts.add({"same bits", about.same_bits});
  facts.add({"padding", about.info.padding});
  facts.add({"unknown item", about.info.unknown_item});
  facts.add({"empty history", about.empty_history});
  facts.print(out, 2, false);
}

void print_provenance(const ModelInfo& info, Output& out) {
  out.write("\nProvenance\n");
  TextTable facts({"", ""});
  facts.add({"converted by", info.converter});
  facts.add({"from", fmt::format("{}, {}", info.source_format, size_text(info.source_bytes))});
  facts.add({"sha256", info.source_sha256});
  facts.add({"options", info.options});
  facts.print(out, 2, false);
}

} // namespace

Description describe(const Model& model) {
  Description about;
  about.info = model.info();
  if (model.items() != 0) {
    about.first_item = unwrap(model.item_id(0));
    about.last_item = unwrap(model.item_id(model.items() - 1));
  }
  about.same_bits =
      "every instruction set, batch size and number of threads gives the same scores to the bit";
  about.empty_history = empty_history(model, about.info.has_prior);
  return about;
}

nlohmann::ordered_json to_json(const Fidelity& fidelity) {
  if (fidelity.histories == 0) return nullptr;
  return {{"histories", fidelity.histories},
          {"max_score_error", fidelity.max_score_error},
          {"mean_score_error", fidelity.mean_score_error},
          {"top10_overlap", fidelity.top10_overlap}};
}

nlohmann::ordered_json to_json(const Description& about) {
  using Json = nlohmann::ordered_json;
  const ModelInfo& info = about.info;
  Json json;
  json["schema_version"] = info.schema_version;
  json["family"] = info.family;
  json["variant"] = info.variant;
  json["precision"] = info.precision;
  json["file_bytes"] = info.file_bytes;
  json["max_history"] = info.max_history;
  json["dim"] = info.dim;
  json["interests"] = info.interests;
  json["items"] = info.items;
  json["first_item"] = info.items != 0 ? Json(about.first_item) : Json();
  json["last_item"] = info.items != 0 ? Json(about.last_item) : Json();
  json["score_kind"] = name(info.score_kind);
  json["inputs"] = Json::array();
  for (const InputInfo& input : info.inputs) {
    Json one = {{"name", input.name}, {"kind", input.kind}, {"vocabulary", input.vocabulary}};
    const bool ids = is_id_feature(input);
    one["first_id"] = ids ? Json(input.first_id) : Json();
    one["last_id"] = ids ? Json(last_id(input)) : Json();
    one["default"] = is_history(input) ? Json() : Json(input.default_value);
    one["request_time"] = input.request_time;
    json["inputs"].push_back(std::move(one));
  }
  json["outputs"] = Json::array();
  for (const OutputInfo& output : info.outputs)
    json["outputs"].push_back({{"name", output.name},
                               {"rows", output.rows != 0 ? Json(output.rows) : Json()},
                               {"cols", output.cols}});
  json["prior"] = info.has_prior;
  json["graph"] = Json::array();
  for (const NodeInfo& node : info.nodes)
    json["graph"].push_back({{"name", node.name},
                             {"op", node.op},
                             {"version", node.version},
                             {"inputs", node.inputs},
                             {"output", node.output},
                             {"attributes", node.attributes}});
  json["tensors"] = Json::array();
  for (const TensorInfo& tensor : info.tensors)
    json["tensors"].push_back({{"name", tensor.name},
                               {"dtype", tensor.dtype},
                               {"layout", tensor.layout},
                               {"rows", tensor.rows},
                               {"cols", tensor.cols},
                               {"bytes", tensor.bytes},
                               {"bits_per_weight", tensor.bits_per_weight}});
  json["promises"] = {{"same_bits", about.same_bits},
                      {"padding", info.padding},
                      {"unknown_item", info.unknown_item},
                      {"empty_history", about.empty_history}};
  json["provenance"] = {{"converter", info.converter},
                        {"source_format", info.source_format},
                        {"source_sha256", info.source_sha256},
                        {"source_bytes", info.source_bytes},
                        {"options", info.options}};
  json["fidelity"] = to_json(info.fidelity);
  return json;
}

void print_fidelity(const Fidelity& fidelity, Output& out) {
  if (fidelity.histories == 0) {
    out.write("\nFidelity: not measured\n");
    return;
  }
  out.print("\nFidelity: against the original weights in double precision, over {} generated histories\n",
            fidelity.histories);
  TextTable facts({"", ""});
  facts.add({"score error", fmt::format("at most {:.2g}, on average {:.2g} of the score range",
                                        fidelity.max_score_error, fidelity.mean_score_error)});
  facts.add({"ten best", fmt::format("{:.1f}% are the same items", 100 * fidelity.top10_overlap)});
  facts.print(out, 2, false);
}

void print_text(const std::string& path, const Description& about, Output& out) {
  const ModelInfo& info = about.info;
  TextTable facts({"", ""});
  facts.add({"model", fmt::format("{}: {}{}{}, {}", path, info.family, info.variant.empty() ? "" : " ",
                                  info.variant, info.precision)});
  facts.add({"file", fmt::format("{}, schema version {}", size_text(info.file_bytes), info.schema_version)});
  facts.add({"catalogue", fmt::format("{} items, ids from {} to {} in the file's order", grouped(info.items),
                                      about.first_item, about.last_item)});
  facts.add({"score", name(info.score_kind)});
  if (info.interests == 1)
    facts.add({"user vector",
               fmt::format("{} elements, from the {} most recent events", info.dim, info.max_history)});
  else
    facts.add({"user vectors",
               fmt::format("{} interests of {} elements each, from the {} most recent events; the best "
                           "of an item's products is its score",
                           info.interests, info.dim, info.max_history)});
  if (info.has_prior) facts.add({"new users", "scored by the items' popularity"});
  for (const InputInfo& input : info.inputs) facts.add({"input", input_text(input)});
  for (const OutputInfo& output : info.outputs)
    facts.add({"output", fmt::format("{}: {} of {} elements", output.name,
                                     output.rows == 0   ? "for each event a row"
                                     : output.rows == 1 ? "a row"
                                                        : fmt::format("{} rows", output.rows),
                                     output.cols)});
  facts.print(out, 0, false);
  print_graph(info, out);
  print_tensors(info, out);
  print_promises(about, out);
  print_provenance(info, out);
  print_fidelity(info.fidelity, out);
}

const char* name(ScoreKind kind) noexcept {
  switch (kind) {
  case ScoreKind::dot:
    return "dot";
  }
  return "";
}

} // namespace heed::cli
