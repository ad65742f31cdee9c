#include "converter/eval/catalogue.hpp"

#include "converter/error.hpp"

#include <algorithm>
#include <numeric>

namespace heed::eval {

Catalogue::Catalogue(const Model& model) {
  ids_.reserve(model.items());
  bool consecutive = true;
  for (std::uint64_t i = 0; i < model.items(); ++i) {
    const Result<std::int64_t> id = model.item_id(i);
    if (!id) throw convert::Error(id.status());
    ids_.push_back(id.value());
    // Unsigned, because the difference of two ids may not fit a signed number.
    consecutive =
        consecutive && static_cast<std::uint64_t>(ids_[i]) - static_cast<std::uint64_t>(ids_[0]) == i;
  }
  if (consecutive) return;
  by_id_.resize(ids_.size());
  std::iota(by_id_.begin(), by_id_.end(), std::size_t{0});
  std::sort(by_id_.begin(), by_id_.end(), [this](std::size_t a, std::size_t b) { return ids_[a] < ids_[b]; });
}

std::size_t Catalogue::find(std::int64_t id) const noexcept {
  if (ids_.empty()) return npos;
  if (by_id_.empty()) {
    const std::uint64_t place = static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(ids_[0]);
    return place < ids_.size() ? static_cast<std::size_t>(place) : npos;
  }
  const auto found =
      std::lower_bound(by_id_.begin(), by_id_.end(), id,
                       [this](std::size_t place, std::int64_t key) { return ids_[place] < key; });
  return found != by_id_.end() && ids_[*found] == id ? *found : npos;
}

} // namespace heed::eval
