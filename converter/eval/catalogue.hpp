// A model's item ids and the way back from an id to its place.
#ifndef HEED_CONVERTER_EVAL_CATALOGUE_HPP
#define HEED_CONVERTER_EVAL_CATALOGUE_HPP

#include <heed/model.hpp>
#include <heed/span.hpp>

#include <cstdint>
#include <vector>

namespace heed::eval {

class Catalogue {
 public:
  // Errors (convert::Error): whatever Model::item_id refuses.
  explicit Catalogue(const Model& model);

  std::size_t size() const noexcept { return ids_.size(); }
  // [items]: external ids in the file's order.
  Span<const std::int64_t> ids() const noexcept { return ids_; }
  // Place of an id in the file's order, or npos.
  std::size_t find(std::int64_t id) const noexcept;

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  std::vector<std::int64_t> ids_;
  std::vector<std::size_t> by_id_; // places in ascending order of id; empty when the ids are consecutive
};

} // namespace heed::eval

#endif // HEED_CONVERTER_EVAL_CATALOGUE_HPP
