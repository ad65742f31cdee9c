#include "runtime/format/describe.hpp"
#include "runtime/format/loaded_model.hpp"
#include "runtime/kernels/kernels.hpp"

#include <heed/model.hpp>

#include <string>
#include <utility>

namespace heed {

namespace {

// The same status, with the path in front of its message.
Status at_path(const char* path, const Status& status) {
  return Status(status.code(), std::string("'") + path + "': " + status.message());
}

} // namespace

Result<Model> Model::open(const char* path) {
  if (path == nullptr) return Status(StatusCode::invalid_argument, "the path is null");
  Result<base::MappedFile> file = base::MappedFile::open(path);
  if (!file.ok()) return file.status();
  auto loaded = format::LoadedModel::load(std::move(*file));
  if (!loaded.ok()) return at_path(path, loaded.status());
  return Model(std::move(*loaded));
}

Result<Model> Model::open(const void* data, std::size_t bytes) {
  if (data == nullptr) return Status(StatusCode::invalid_argument, "the data is null");
  auto loaded = format::LoadedModel::load(Span<const std::byte>(static_cast<const std::byte*>(data), bytes));
  if (!loaded.ok()) return loaded.status();
  return Model(std::move(*loaded));
}

Status Model::verify() const {
  return loaded_->verify();
}
ModelInfo Model::info() const {
  return format::describe(*loaded_);
}
std::uint32_t Model::max_history() const noexcept {
  return loaded_->graph.max_history;
}
std::uint32_t Model::dim() const noexcept {
  return loaded_->dim;
}
std::uint32_t Model::interests() const noexcept {
  return loaded_->interests;
}
std::uint64_t Model::items() const noexcept {
  return loaded_->items.items;
}

Result<std::int64_t> Model::item_id(std::uint64_t index) const {
  if (index >= loaded_->items.items)
    return Status(StatusCode::invalid_argument, "item index " + std::to_string(index) +
                                                    "; the catalogue has " +
                                                    std::to_string(loaded_->items.items) + " items");
  return loaded_->items.id(index);
}

bool Model::has_item(std::int64_t id) const noexcept {
  return loaded_->items.find(id) >= 0;
}

const char* version() noexcept {
  return HEED_VERSION;
}

const char* active_isa() noexcept {
  const kernels::KernelTable* table = kernels::active_table();
  return table != nullptr ? table->isa : "";
}

} // namespace heed
