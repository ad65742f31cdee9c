// What the PyTorch formats share: from the objects of a pickle to a Checkpoint.
#ifndef HEED_CONVERTER_READERS_PYTORCH_HPP
#define HEED_CONVERTER_READERS_PYTORCH_HPP

#include "converter/readers/checkpoint.hpp"
#include "converter/readers/pickle_value.hpp"
#include "converter/readers/torch_tensor.hpp"

#include <string>

namespace heed::convert {

// Finds the weights under `root` and makes their tensors. Fills format, file_bytes, weights, weights_path and
// config. Throws Error: checkpoint_malformed when there are no weights or one is broken,
// checkpoint_unsupported.
Checkpoint assemble(const std::string& format, std::uint64_t file_bytes, const Value& root, const Heap& heap,
                    StorageTable& storages);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_PYTORCH_HPP
