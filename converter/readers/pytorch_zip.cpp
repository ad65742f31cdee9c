#include "converter/readers/pytorch_zip.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/pickle.hpp"
#include "converter/readers/pytorch.hpp"
#include "converter/readers/text.hpp"
#include "converter/readers/zip_archive.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace heed::convert {
namespace {

class ZipStorages final : public StorageTable {
 public:
  ZipStorages(std::shared_ptr<const ZipArchive> archive, std::string root,
              std::shared_ptr<const Bytes> pickle)
      : archive_(std::move(archive)), root_(std::move(root)), pickle_(std::move(pickle)) {}

  std::shared_ptr<const Storage> storage(const StorageId& id) override {
    constexpr std::size_t longest_key = 1024; // PyTorch's own are numbers
    const std::string name = fmt::format("{}data/{}", root_, id.key.substr(0, longest_key));
    const auto index = archive_->find(name);
    if (!index) malformed("entry {} is missing", in_quotes(name));
    const std::uint64_t size = archive_->entries()[*index].size;
    // A storage may be larger: it can be referred to as fewer elements of a larger type.
    if (size < id.bytes())
      malformed("entry {} has {} bytes where {} are expected", in_quotes(name), size, id.bytes());
    if (id.is_view) malformed("storage {} is a view, which this format does not have", in_quotes(id.key));
    auto& made = made_[*index];
    if (made == nullptr) made = std::make_shared<ZipStorage>(archive_, *index);
    return made;
  }

  std::shared_ptr<const Bytes> pickle_bytes() const override { return pickle_; }

 private:
  std::shared_ptr<const ZipArchive> archive_;
  std::string root_; // "archive/"
  std::shared_ptr<const Bytes> pickle_;
  std::map<std::size_t, std::shared_ptr<const Storage>> made_;
};

// "archive/" for an archive that has archive/data.pkl; an archive inside a folder may have been packed anew,
// so the shortest path counts.
std::string find_root(const ZipArchive& archive) {
  constexpr std::string_view pickle = "data.pkl";
  const std::string* shortest = nullptr;
  for (const auto& entry : archive.entries()) {
    const std::string& name = entry.name;
    const bool ends =
        name.size() >= pickle.size() && name.compare(name.size() - pickle.size(), pickle.size(), pickle) == 0;
    const bool whole = name.size() == pickle.size() || (ends && name[name.size() - pickle.size() - 1] == '/');
    if (ends && whole && (shortest == nullptr || name.size() < shortest->size())) shortest = &name;
  }
  if (shortest != nullptr) return shortest->substr(0, shortest->size() - pickle.size());
  constexpr std::size_t most = 3; // names in the message
  std::string names;
  for (std::size_t i = 0; i < std::min(most, archive.entries().size()); ++i) {
    names += (i == 0 ? ": it holds " : ", ") + in_quotes(archive.entries()[i].name);
  }
  malformed("it is a zip archive but no PyTorch checkpoint{}", names);
}

// TorchScript: data.pkl and data/ look the same, but the objects refer to classes in code/.
void refuse_torchscript(const ZipArchive& archive, const std::string& root) {
  const std::string code = root + "code/";
  const bool has_code =
      std::any_of(archive.entries().begin(), archive.entries().end(),
                  [&](const auto& entry) { return entry.name.compare(0, code.size(), code) == 0; });
  if (has_code || archive.find(root + "constants.pkl")) {
    unsupported("it is a TorchScript program (torch.jit.save). Save its weights instead: "
                "torch.save(torch.jit.load(FILE).state_dict(), NEW_FILE)");
  }
}

void refuse_big_endian(const ZipArchive& archive, const std::string& root) {
  const auto index = archive.find(root + "byteorder");
  constexpr std::uint64_t longest = 16;
  if (!index || archive.entries()[*index].size > longest) return;
  if (archive.read(*index).bytes == "big") {
    unsupported("it was written on a big-endian machine; save it again on a little-endian one");
  }
}

} // namespace

Checkpoint read_pytorch_zip(const std::shared_ptr<const Bytes>& bytes) {
  const auto archive = std::make_shared<const ZipArchive>(bytes);
  const std::string root = find_root(*archive);
  refuse_torchscript(*archive, root);
  refuse_big_endian(*archive, root);
  const std::size_t index = *archive->find(root + "data.pkl");
  const std::uint64_t size = archive->entries()[index].size;
  if (size > limits::pickle_entry) malformed("its data.pkl of {} bytes is too large", size);

  Heap heap;
  const ByteRange pickle = archive->read(index);
  std::size_t position = 0;
  const Value value = read_pickle(pickle.bytes, position, heap);
  ZipStorages storages(archive, root, pickle.owner);
  return assemble("pytorch-zip", bytes->size(), value, heap, storages);
}

} // namespace heed::convert
