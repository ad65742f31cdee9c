#include "converter/readers/pytorch_legacy.hpp"

#include "converter/readers/element.hpp"
#include "converter/readers/fail.hpp"
#include "converter/readers/fields.hpp"
#include "converter/readers/pickle.hpp"
#include "converter/readers/pytorch.hpp"
#include "converter/readers/text.hpp"

#include <map>
#include <utility>

namespace heed::convert {
namespace {

// 0x1950a86a20f9469cfc6c as the operand of LONG1, and as protocols 0 and 1 write it.
constexpr std::string_view magic_bytes = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr std::string_view magic_digits = "119547037146038801333356";
constexpr std::int64_t format_version = 1001;

// The storages behind the pickles, in place.
class LegacyStorages final : public StorageTable {
 public:
  explicit LegacyStorages(ByteRange file) : file_(std::move(file)) {}

  // `keys` are the storages' keys in file order, the first of them at `position`. Their element sizes come
  // from the references among the objects.
  void locate(const Value& keys, std::size_t position, const Heap& heap) {
    std::map<std::string_view, StorageId> ids;
    for (const Value& reference : heap.external_ids()) {
      if (const auto id = parse_storage_id(reference)) ids.emplace(id->key, *id);
    }
    const Items* list = keys.items();
    if (list == nullptr) malformed("the list of storages is missing");
    for (const Value& key : *list) {
      const auto id = ids.find(key.text().value_or(""));
      if (id == ids.end()) malformed("it has a storage that nothing refers to");
      const std::string_view content = take(id->second, &position);
      const bool added = ranges_.emplace(id->first, ByteRange{file_.owner, content}).second;
      if (!added) malformed("storage {} occurs twice", in_quotes(id->first));
    }
  }

  std::shared_ptr<const Storage> storage(const StorageId& id) override {
    const auto range = ranges_.find(id.key);
    if (range == ranges_.end()) malformed("storage {} is missing", in_quotes(id.key));
    ByteRange part = range->second;
    if (id.is_view) {
      // Within the storage as this id describes it; another id may have described it as smaller.
      const std::uint64_t first = static_cast<std::uint64_t>(id.view_offset) * id.element_bytes;
      if (id.bytes() > part.bytes.size()) malformed("a view of storage {} is outside it", in_quotes(id.key));
      part.bytes = part.bytes.substr(first, static_cast<std::uint64_t>(id.view_elements) * id.element_bytes);
    }
    auto& made = made_[{part.bytes.data(), part.bytes.size()}];
    if (made == nullptr) made = std::make_shared<RangeStorage>(part);
    return made;
  }

  std::shared_ptr<const Bytes> pickle_bytes() const override { return file_.owner; }

 private:
  std::string_view take(const StorageId& id, std::size_t* position) const {
    const std::string_view rest = file_.bytes.substr(*position);
    if (rest.size() < sizeof(std::int64_t))
      malformed("it ends before storage {}; it is truncated", in_quotes(id.key));
    const auto count = load_unaligned<std::int64_t>(rest.data());
    if (count != id.elements) {
      malformed("storage {} has {} elements where {} are expected", in_quotes(id.key), count, id.elements);
    }
    if (id.bytes() > rest.size() - sizeof count) {
      malformed("storage {} of {} bytes goes past the end of the file; it is truncated", in_quotes(id.key),
                id.bytes());
    }
    *position += sizeof count + id.bytes();
    return rest.substr(sizeof count, id.bytes());
  }

  ByteRange file_;
  std::map<std::string_view, ByteRange> ranges_;
  std::map<std::pair<const char*, std::size_t>, std::shared_ptr<const Storage>> made_;
};

bool is_magic(const Value& value) {
  return value.is(Value::Kind::big) && (value.bytes() == magic_bytes || value.bytes() == magic_digits);
}

// Reads the frame and gives its object.
Value read_frame(const ByteRange& range, Heap& heap, LegacyStorages& storages) {
  std::size_t position = 0;
  const auto next = [&] { return read_pickle(range.bytes, position, heap); };
  if (!is_magic(next())) malformed("it does not start with PyTorch's magic number");
  if (const Value version = next(); version.integer() != format_version) {
    unsupported("it has an unknown version of PyTorch's format before 1.6");
  }
  Steps steps;
  const auto little_endian = field(next(), "little_endian", steps);
  if (little_endian && little_endian->integer() == 0) {
    unsupported("it was written on a big-endian machine; save it again on a little-endian one");
  }
  const Value root = next();
  const Value keys = next();
  storages.locate(keys, position, heap);
  return root;
}

} // namespace

bool is_pytorch_legacy(std::string_view bytes) {
  constexpr std::size_t longest = 64; // the first pickle in any protocol
  Heap heap;
  std::size_t position = 0;
  try {
    return is_magic(read_pickle(bytes.substr(0, longest), position, heap));
  } catch (const Error&) {
    return false;
  }
}

Checkpoint read_pytorch_legacy(const std::shared_ptr<const Bytes>& bytes) {
  const ByteRange range{bytes, bytes->view()};
  Heap heap;
  LegacyStorages storages(range);
  const Value root = read_frame(range, heap, storages);
  return assemble("pytorch-legacy", bytes->size(), root, heap, storages);
}

Checkpoint read_plain_pickle(const std::shared_ptr<const Bytes>& bytes) {
  const ByteRange range{bytes, bytes->view()};
  Heap heap;
  LegacyStorages none(range);
  std::size_t position = 0;
  const Value root = read_pickle(range.bytes, position, heap);
  return assemble("pickle", bytes->size(), root, heap, none);
}

EmbeddedStorage read_embedded_storage(const ByteRange& range) {
  Heap heap;
  LegacyStorages storages(range);
  const Value root = read_frame(range, heap, storages);
  const Value* reference = root.external_id();
  const auto id = reference != nullptr ? parse_storage_id(*reference) : std::nullopt;
  if (!id) malformed("a tensor's pickled storage holds something else");
  return {id->type, std::string(id->class_name), storages.storage(*id)};
}

} // namespace heed::convert
