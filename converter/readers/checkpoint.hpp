// Reading trained checkpoints: the one door to this folder.
//
// Files are hostile until proven otherwise: nothing in them is executed, and whatever they hold the result is
// a Checkpoint or an Error, in time and memory proportional to the file (limits.hpp).
#ifndef HEED_CONVERTER_READERS_CHECKPOINT_HPP
#define HEED_CONVERTER_READERS_CHECKPOINT_HPP

#include "converter/readers/bytes.hpp"
#include "converter/readers/tensor.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace heed::convert {

struct Checkpoint {
  // The file that was read; for a folder, the file found in it.
  std::string path;
  // "pytorch-zip", "pytorch-legacy", "safetensors", or "pickle" (a plain pickle with tensors in it).
  std::string format;
  // Size and SHA-256 (lower-case hexadecimal) of the file. Of sharded safetensors: the sum, and the digest of
  // the shards' bytes one after the other in the order of their names.
  std::uint64_t file_bytes = 0;
  std::string sha256;

  // The state dict in file order. Names are unique and lack every prefix out of "module.", "_orig_mod.",
  // "model.", "net." and "_fsdp_wrapped_module." that all of them share. Only plain tensors: the file is
  // refused if the state dict holds others. Values may be NaN or infinite.
  //
  // Tensors share storages (tied weights) and read the mapped file where they can; what had to be unpacked
  // stays in memory as long as a tensor that views it.
  std::vector<std::pair<std::string, Tensor>> weights;
  // Where in the checkpoint they were found, keys joined by dots: "model_state_dict", or "" for the root.
  std::string weights_path;

  // Hyperparameters: what the checkpoint holds under "config", "args", "hyper_parameters", ... as plain JSON
  // (an instance is the object of its attributes; what is not plain is left out), the metadata "config" of a
  // safetensors file, or config.json beside the weights. Those metadata are under "__metadata__". What they
  // lack is taken from args.txt beside the weights, and from the file's name (saved_settings.hpp). Null when
  // there is none.
  nlohmann::json config;

  // What was mapped, for release_pages(): a checkpoint may be larger than the memory.
  std::vector<std::shared_ptr<const Bytes>> files;
  // Every file that was read, the weights' own first.
  std::vector<std::string> paths;
};

// Reads the weights' names, shapes and places, and their values only when a Tensor is read. `path` is a file,
// recognised by its content, or a folder that holds model.safetensors, model.safetensors.index.json or
// pytorch_model.bin. Throws Error with a message that starts with the path: file_not_found, io_error,
// checkpoint_malformed, checkpoint_unsupported, out_of_memory.
Checkpoint read_checkpoint(const std::string& path);

// The same for a file that is already in memory; nothing beside it is read. `name` stands for the path.
Checkpoint parse_checkpoint(const std::shared_ptr<const Bytes>& bytes, const std::string& name);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_CHECKPOINT_HPP
