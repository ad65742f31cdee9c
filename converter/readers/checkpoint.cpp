#include "converter/readers/checkpoint.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/model_folder.hpp"
#include "converter/readers/pytorch_legacy.hpp"
#include "converter/readers/pytorch_zip.hpp"
#include "converter/readers/safetensors.hpp"
#include "converter/readers/saved_settings.hpp"
#include "converter/readers/sha256.hpp"
#include "converter/readers/signature.hpp"
#include "converter/readers/weight_names.hpp"

#include <filesystem>
#include <new>
#include <optional>
#include <system_error>

namespace heed::convert {
namespace {

namespace fs = std::filesystem;

Checkpoint read_format(const std::shared_ptr<const Bytes>& bytes) {
  switch (recognise(bytes->view())) {
  case Format::pytorch_zip:
    return read_pytorch_zip(bytes);
  case Format::pytorch_legacy:
    return read_pytorch_legacy(bytes);
  case Format::pickle:
    return read_plain_pickle(bytes);
  case Format::safetensors:
    return read_safetensors(bytes);
  case Format::pytorch_tar:
    unsupported("it is a tar archive, as PyTorch before 0.1.10 wrote; save it again with a newer PyTorch");
  case Format::foreign:
    break;
  }
  malformed("it {}; PyTorch checkpoints and safetensors are read", describe_foreign(bytes->view()));
}

// Runs `read` so that each of its errors names the file.
template <class Read>
Checkpoint named(const std::string& path, const Read& read) {
  try {
    Checkpoint checkpoint = read();
    checkpoint.path = path;
    normalize_names(&checkpoint.weights);
    return checkpoint;
  } catch (const Error& error) {
    const std::string message = error.what();
    // Errors about files name them already.
    if (error.code() == StatusCode::checkpoint_malformed ||
        error.code() == StatusCode::checkpoint_unsupported) {
      throw Error(error.code(), path + ": " + message);
    }
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(StatusCode::out_of_memory, path + ": there is not enough memory to read it");
  }
}

} // namespace

Checkpoint parse_checkpoint(const std::shared_ptr<const Bytes>& bytes, const std::string& name) {
  return named(name, [&] {
    Checkpoint checkpoint = read_format(bytes);
    Sha256 digest;
    digest.update(bytes->view());
    checkpoint.sha256 = digest.finish();
    checkpoint.files.push_back(bytes);
    return checkpoint;
  });
}

Checkpoint read_checkpoint(const std::string& path) {
  std::error_code ignored; // a path that cannot be examined fails when it is opened
  const std::string file = fs::is_directory(path, ignored) ? find_weights_file(path) : path;
  const auto bytes = Bytes::map(file);
  const auto index = parse_shard_index(*bytes);
  Checkpoint checkpoint =
      index ? named(file, [&] { return read_shards(file, *index); }) : parse_checkpoint(bytes, file);
  checkpoint.paths.insert(checkpoint.paths.begin(), file);
  if (checkpoint.format == "safetensors" || fs::path(file).filename() == "pytorch_model.bin") {
    add_config_file(file, &checkpoint);
  }
  add_saved_settings(file, &checkpoint);
  return checkpoint;
}

} // namespace heed::convert
