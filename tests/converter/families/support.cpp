#include "tests/converter/families/support.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <utility>

namespace heed::convert::test {
namespace {

constexpr std::int64_t kDim = 4, kItems = 9;

class Maker {
 public:
  Maker() : random_(3) { checkpoint_.path = "model.pt"; }
  void add(const std::string& name, const std::vector<std::int64_t>& shape) {
    checkpoint_.weights.emplace_back(name, random_tensor(shape, random_));
  }
  void add_pair(const std::string& name, std::int64_t out, std::int64_t in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }
  void add_norm(const std::string& name) {
    add(name + ".weight", {kDim});
    add(name + ".bias", {kDim});
  }
  Checkpoint take() { return std::move(checkpoint_); }

 private:
  std::mt19937 random_;
  Checkpoint checkpoint_;
};

auto find(Checkpoint& checkpoint, const std::string& name) {
  return std::find_if(checkpoint.weights.begin(), checkpoint.weights.end(),
                      [&](const auto& weight) { return weight.first == name; });
}

// The same tensor with a first row of zeros.
Tensor with_zero_row(const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  tensor.read(0, tensor.elements(), values.data());
  std::fill(values.begin(), values.begin() + tensor.shape()[1], 0.0f);
  return float_tensor(tensor.shape(), values);
}

} // namespace

Checkpoint pmixer_checkpoint(std::int64_t positions, bool zero_first) {
  Maker maker;
  maker.add("item_emb.weight", {kItems + 1, kDim});
  maker.add("pos_emb.weight", {positions, kDim});
  maker.add_norm("attention_layernorms.0");
  maker.add("attention_layers.0.in_proj_weight", {3 * kDim, kDim});
  maker.add("attention_layers.0.in_proj_bias", {3 * kDim});
  maker.add_pair("attention_layers.0.out_proj", kDim, kDim);
  maker.add_norm("forward_layernorms.0");
  for (const char* conv : {"forward_layers.0.conv1", "forward_layers.0.conv2"}) {
    maker.add(std::string(conv) + ".weight", {kDim, kDim, 1});
    maker.add(std::string(conv) + ".bias", {kDim});
  }
  maker.add_norm("last_layernorm");
  Checkpoint checkpoint = maker.take();
  find(checkpoint, "item_emb.weight")->second = with_zero_row(find(checkpoint, "item_emb.weight")->second);
  if (zero_first)
    find(checkpoint, "pos_emb.weight")->second = with_zero_row(find(checkpoint, "pos_emb.weight")->second);
  return checkpoint;
}

Checkpoint s3rec_checkpoint() {
  Maker maker;
  maker.add("item_embeddings.weight", {kItems + 2, kDim});
  maker.add("position_embeddings.weight", {5, kDim});
  const std::string layer = "item_encoder.layer.0.";
  for (const char* part : {"query", "key", "value", "dense"})
    maker.add_pair(layer + "attention." + part, kDim, kDim);
  maker.add_norm(layer + "attention.LayerNorm");
  maker.add_pair(layer + "intermediate.dense_1", 4 * kDim, kDim);
  maker.add_pair(layer + "intermediate.dense_2", kDim, 4 * kDim);
  maker.add_norm(layer + "intermediate.LayerNorm");
  maker.add_norm("LayerNorm");
  return maker.take();
}

void set_weight(Checkpoint& checkpoint, const std::string& name, Tensor tensor) {
  const auto at = find(checkpoint, name);
  if (at != checkpoint.weights.end()) {
    at->second = std::move(tensor);
  } else {
    checkpoint.weights.emplace_back(name, std::move(tensor));
  }
}

void rename_weight(Checkpoint& checkpoint, const std::string& from, const std::string& to) {
  find(checkpoint, from)->first = to;
}

void remove_weight(Checkpoint& checkpoint, const std::string& name) {
  checkpoint.weights.erase(find(checkpoint, name));
}

std::vector<std::string> golden_names() {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(HEED_GOLDEN)) {
    const fs::path path = entry.path();
    if (path.extension() == ".pt" || path.extension() == ".pth" || path.extension() == ".safetensors")
      names.push_back(path.parent_path().filename().string() + "/" + path.stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string test_name(std::string golden_name) {
  std::replace(golden_name.begin(), golden_name.end(), '/', '_');
  return golden_name;
}

Checkpoint golden_checkpoint(const std::string& name) {
  const std::string base = std::string(HEED_GOLDEN) + "/" + name;
  for (const char* extension : {".pt", ".pth"})
    if (std::filesystem::exists(base + extension)) return read_checkpoint(base + extension);
  return read_checkpoint(base + ".safetensors");
}

nlohmann::json golden_json(const std::string& name) {
  std::ifstream file(std::string(HEED_GOLDEN) + "/" + name + ".json");
  return nlohmann::json::parse(file);
}

BuildOptions golden_options(const nlohmann::json& golden) {
  const nlohmann::json& json = golden.at("options");
  BuildOptions options;
  options.variant = json.value("variant", "");
  options.heads = json.value("heads", std::int64_t{0});
  options.activation = json.value("activation", "");
  return options;
}

std::string golden_family(const nlohmann::json& golden) {
  return golden.at("options").value("family", "");
}

std::int64_t golden_first_id(const nlohmann::json& golden) {
  return golden.value("first_id", std::int64_t{1});
}

Request request_of(const nlohmann::json& golden_case, std::int64_t first_id) {
  Request request(rows_of(golden_case.at("history"), first_id));
  if (golden_case.contains("features"))
    request.features = golden_case.at("features").get<std::map<std::string, std::vector<std::int64_t>>>();
  return request;
}

std::vector<double> vectors_of(const nlohmann::json& golden_case) {
  const nlohmann::json& vector = golden_case.at("vector");
  if (!vector.at(0).is_array()) return vector.get<std::vector<double>>();
  std::vector<double> counted;
  for (std::size_t i = 0; i < golden_case.at("interests").get<std::size_t>(); ++i)
    for (const auto& x : vector.at(i)) counted.push_back(x.get<double>());
  return counted;
}

double golden_precision(const nlohmann::json& golden, double exact) {
  const bool single = golden.at("reference").get<std::string>().find("single precision") != std::string::npos;
  return single ? 2e-6 : exact;
}

std::vector<std::int64_t> rows_of(const nlohmann::json& ids, std::int64_t first_id) {
  std::vector<std::int64_t> rows;
  for (const auto& id : ids) rows.push_back(id.get<std::int64_t>() - first_id);
  return rows;
}

std::string shop_folder() {
  return HEED_SHOP;
}

std::string real_data() {
  const char* folder = std::getenv("HEED_REAL_DATA");
  return folder == nullptr ? "" : folder;
}

void PrintTo(const Published& published, std::ostream* out) {
  *out << published.name;
}

const std::vector<Published>& published() {
  static const std::vector<Published> all = {
      {"sasrec_ml1m_epoch860", "sasrec_ml1m_epoch860.pth", "pytorch", 3416},
      {"sasrec_ml1m_epoch601_2020", "sasrec_ml1m_epoch601_2020.pth", "pytorch-2020", 3416},
      {"iclrec_Beauty", "iclrec_Beauty.pt", "s3rec", 12101},
      {"bert4rec_bert32_b", "bert4rec_bert32_b.pth", "jaywonchung", 3706, 4, 0}};
  return all;
}

nlohmann::json expected_of(const Published& published) {
  std::ifstream file(real_data() + "/expected/" + published.name + ".json");
  return nlohmann::json::parse(file);
}

double score_range(const nlohmann::json& expected_case) {
  const nlohmann::json& range = expected_case.at("score_range");
  return range.is_array() ? range[1].get<double>() - range[0].get<double>() : range.get<double>();
}

bool has_note(const Recipe& recipe, const std::string& text) {
  return std::any_of(recipe.notes.begin(), recipe.notes.end(),
                     [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

} // namespace heed::convert::test
