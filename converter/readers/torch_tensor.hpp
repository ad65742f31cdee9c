// Tensors as PyTorch pickles them: a call of torch._utils._rebuild_* with a reference to a storage.
#ifndef HEED_CONVERTER_READERS_TORCH_TENSOR_HPP
#define HEED_CONVERTER_READERS_TORCH_TENSOR_HPP

#include "converter/readers/pickle_value.hpp"
#include "converter/readers/tensor.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace heed::convert {

// The persistent id ("storage", class, key, location, elements[, view]) of torch.save.
struct StorageId {
  std::string_view class_name;    // "FloatStorage"
  std::optional<SourceType> type; // nothing for an element type that heed does not read (complex, quantized)
  std::uint64_t element_bytes;
  std::string_view key;
  std::int64_t elements; // of the whole storage, at least 0
  // Files of PyTorch 0.3 and before: the id means `view_elements` elements from `view_offset` on.
  bool is_view;
  std::int64_t view_offset;
  std::int64_t view_elements;

  // Of the whole storage.
  std::uint64_t bytes() const { return static_cast<std::uint64_t>(elements) * element_bytes; }
};

// Nothing for a persistent id of another kind (a module's class). Throws Error(checkpoint_malformed) for a
// broken one, checkpoint_unsupported for an unknown class.
std::optional<StorageId> parse_storage_id(const Value& id);

// Where the storages of one checkpoint come from.
class StorageTable {
 public:
  virtual ~StorageTable() = default;
  // The same object for the same key, so that tied tensors share memory. Throws Error.
  virtual std::shared_ptr<const Storage> storage(const StorageId& id) = 0;
  // Who keeps the pickle's bytes alive.
  virtual std::shared_ptr<const Bytes> pickle_bytes() const = 0;
};

// Whether the value is a tensor of any sort, also of one that build_tensor() refuses.
bool is_tensor(const Value& value);

// Throws Error, naming the tensor: checkpoint_malformed, checkpoint_unsupported (sparse, quantized,
// complex...).
Tensor build_tensor(const std::string& name, const Value& value, StorageTable& storages);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_TORCH_TENSOR_HPP
