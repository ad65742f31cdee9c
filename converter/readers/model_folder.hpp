// The layout that Hugging Face libraries save: weights in one file or in shards, config.json beside them.
#ifndef HEED_CONVERTER_READERS_MODEL_FOLDER_HPP
#define HEED_CONVERTER_READERS_MODEL_FOLDER_HPP

#include "converter/readers/bytes.hpp"
#include "converter/readers/checkpoint.hpp"

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace heed::convert {

// The weights of a folder: its model.safetensors, model.safetensors.index.json or pytorch_model.bin, in this
// order. Throws Error(file_not_found) when it has none of them.
std::string find_weights_file(const std::string& folder);

// The index of a sharded model, if the bytes are one: a JSON object with "weight_map".
std::optional<nlohmann::json> parse_shard_index(const Bytes& bytes);

// Reads every shard that the index names, from the folder of `path`; fills file_bytes and sha256 too. Throws
// Error for shards that do not match the index, and for names that lead out of the folder.
Checkpoint read_shards(const std::string& path, const nlohmann::json& index);

// Puts the config.json beside the file into checkpoint->config, if there is one and the file's own metadata
// hold no config: what is in the file was saved with these weights. Throws Error(checkpoint_malformed) when
// it is no JSON object.
void add_config_file(const std::string& weights_file, Checkpoint* checkpoint);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_MODEL_FOLDER_HPP
