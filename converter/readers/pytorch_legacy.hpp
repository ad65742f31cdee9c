// PyTorch files before 1.6, and torch.save(..., _use_new_zipfile_serialization=False) since.
//
//   pickle: magic number | pickle: 1001 | pickle: {"little_endian": ...} | pickle: the object
//   pickle: [storage key, ...] | for each key: int64 number of elements, the elements
#ifndef HEED_CONVERTER_READERS_PYTORCH_LEGACY_HPP
#define HEED_CONVERTER_READERS_PYTORCH_LEGACY_HPP

#include "converter/readers/bytes.hpp"
#include "converter/readers/checkpoint.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace heed::convert {

// Whether a pickle starts that holds the magic number, and nothing else of it.
bool is_pytorch_legacy(std::string_view bytes);

// Storages are used in place. Throws Error.
Checkpoint read_pytorch_legacy(const std::shared_ptr<const Bytes>& bytes);

// A pickle without the frame above, such as pickle.dump(model.state_dict(), file) writes.
Checkpoint read_plain_pickle(const std::shared_ptr<const Bytes>& bytes);

// A storage that was saved on its own, in the frame above.
struct EmbeddedStorage {
  std::optional<SourceType> type; // nothing for an element type that heed does not read
  std::string class_name;         // "FloatStorage"
  std::shared_ptr<const Storage> storage;
};
EmbeddedStorage read_embedded_storage(const ByteRange& range);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_PYTORCH_LEGACY_HPP
