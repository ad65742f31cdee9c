// PyTorch's format since 1.6: a zip archive with NAME/data.pkl (the objects), NAME/data/KEY (one storage
// each), NAME/version and NAME/byteorder.
#ifndef HEED_CONVERTER_READERS_PYTORCH_ZIP_HPP
#define HEED_CONVERTER_READERS_PYTORCH_ZIP_HPP

#include "converter/readers/bytes.hpp"
#include "converter/readers/checkpoint.hpp"

#include <memory>

namespace heed::convert {

// Storages are unpacked when a tensor is read. Throws Error; checkpoint_unsupported for TorchScript programs
// and big-endian files.
Checkpoint read_pytorch_zip(const std::shared_ptr<const Bytes>& bytes);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_PYTORCH_ZIP_HPP
