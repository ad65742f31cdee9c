#include "converter/readers/model_folder.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/json_object.hpp"
#include "converter/readers/safetensors.hpp"
#include "converter/readers/sha256.hpp"
#include "converter/readers/text.hpp"

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

namespace heed::convert {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool is_there(const fs::path& path) {
  std::error_code ignored; // what cannot be examined counts as absent
  return fs::exists(path, ignored);
}

// The number of weights in each shard, by its file name.
std::map<std::string, std::size_t> weights_by_shard(const json& index) {
  std::map<std::string, std::size_t> shards;
  for (const auto& [weight, file] : index.at("weight_map").items()) {
    const auto* name = file.get_ptr<const std::string*>();
    if (name == nullptr) malformed("the index names no file for weight {}", in_quotes(weight));
    if (name->find_first_of("/\\") != std::string::npos || *name == ".." || *name == "." || name->empty()) {
      malformed("the index names the file {}, which is outside its folder", in_quotes(*name));
    }
    ++shards[*name];
  }
  if (shards.empty()) malformed("the index names no weights");
  return shards;
}

Checkpoint read_shard(const std::string& file, const std::shared_ptr<const Bytes>& bytes) {
  try {
    return read_safetensors(bytes);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("shard {}: {}", in_quotes(file), error.what()));
  }
}

} // namespace

std::string find_weights_file(const std::string& folder) {
  for (const char* name : {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"}) {
    const fs::path path = fs::path(folder) / name;
    if (is_there(path)) return path.string();
  }
  throw Error(
      StatusCode::file_not_found,
      folder + ": is a folder without model.safetensors, model.safetensors.index.json or pytorch_model.bin; "
               "name the checkpoint's file");
}

std::optional<json> parse_shard_index(const Bytes& bytes) {
  if (bytes.size() == 0 || bytes.view().front() != '{') return std::nullopt;
  auto parsed = parse_object<json>(bytes.view());
  if (!parsed || !parsed->contains("weight_map") || !parsed->at("weight_map").is_object())
    return std::nullopt;
  return parsed;
}

Checkpoint read_shards(const std::string& path, const json& index) {
  Checkpoint all;
  all.format = "safetensors";
  Sha256 digest;
  for (const auto& [file, weights] : weights_by_shard(index)) {
    all.paths.push_back((fs::path(path).parent_path() / file).string());
    const auto bytes = Bytes::map(all.paths.back());
    digest.update(bytes->view());
    Checkpoint shard = read_shard(file, bytes);
    all.file_bytes += shard.file_bytes;
    all.files.push_back(bytes);
    if (shard.weights.size() != weights) {
      malformed("shard {} holds {} tensors where the index names {}", in_quotes(file), shard.weights.size(),
                weights);
    }
    for (auto& weight : shard.weights) {
      if (index.at("weight_map").value(weight.first, json()) != file) {
        malformed("shard {} holds the weight {}, which the index has elsewhere", in_quotes(file),
                  in_quotes(weight.first));
      }
      all.weights.push_back(std::move(weight));
    }
  }
  all.sha256 = digest.finish();
  return all;
}

void add_config_file(const std::string& weights_file, Checkpoint* checkpoint) {
  const fs::path path = fs::path(weights_file).parent_path() / "config.json";
  if (!is_there(path) || has_metadata_config(*checkpoint)) return;
  auto config = parse_object<json>(Bytes::map(path.string())->view());
  if (!config) {
    throw Error(StatusCode::checkpoint_malformed,
                path.string() + ": is no JSON object, or larger or deeper than a configuration is");
  }
  checkpoint->paths.push_back(path.string());
  if (checkpoint->config.contains("__metadata__"))
    (*config)["__metadata__"] = checkpoint->config["__metadata__"];
  checkpoint->config = std::move(*config);
}

} // namespace heed::convert
