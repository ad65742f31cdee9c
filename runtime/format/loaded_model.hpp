// A model file, checked and ready to run: the graph over the mapped bytes, and the item table.
#ifndef HEED_RUNTIME_FORMAT_LOADED_MODEL_HPP
#define HEED_RUNTIME_FORMAT_LOADED_MODEL_HPP

#include "heed_generated.h"
#include "runtime/base/mapped_file.hpp"
#include "runtime/ops/graph.hpp"

#include <heed/span.hpp>
#include <heed/status.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heed::format {

inline constexpr std::uint32_t kSchemaVersion = 1; // the newest this reader knows

// The catalogue: rows, and the ids that callers know them by.
struct Catalogue {
  std::uint64_t items = 0;           // rows 0 to items - 1 can be recommended
  ops::Constant rows;                // for scoring: [items and further rows, dim], in a block layout
  const float* bias = nullptr;       // [rows rounded up to 16], or null
  const float* prior = nullptr;      // the same: scores for a history without events, or null
  std::int64_t unknown_row = -1;     // stands for items outside the table; -1: none
  std::int64_t first_id = 0;         // row r has the id first_id + r, when `ids` is null
  const std::int64_t* ids = nullptr; // [items], ascending
  const std::uint64_t* id_rows = nullptr;
  const std::int64_t* row_ids = nullptr;

  // The row of an item, or -1. Safe whatever the id segments hold.
  std::int64_t find(std::int64_t id) const noexcept;
  // Precondition: row < items.
  std::int64_t id(std::uint64_t row) const noexcept {
    return row_ids != nullptr ? row_ids[row] : first_id + static_cast<std::int64_t>(row);
  }
};

// An intermediate result that callers may ask for.
struct NamedOutput {
  std::string name;
  int value = -1;
  const ops::Constant* empty_history =
      nullptr; // [count, cols] of the value; null: none, it has a row an event
};

// Immutable once made. The metadata (`fb`) points into the file's bytes.
class LoadedModel {
 public:
  // Checks length, FlatBuffers structure, and meaning; reads no segment. `bytes` must be 64-byte aligned and
  // outlive the model. Errors: the 2xx codes.
  static Result<std::unique_ptr<LoadedModel>> load(Span<const std::byte> bytes);
  // The same over a mapping that the model then owns.
  static Result<std::unique_ptr<LoadedModel>> load(base::MappedFile file);

  // See Model::verify.
  Status verify() const;

  Span<const std::byte> bytes;
  const Model* fb = nullptr;
  ops::Graph graph;
  Catalogue items;
  std::vector<NamedOutput> outputs;
  int query = -1; // index of the output that rows are scored against: [interests, dim]
  std::uint32_t dim = 0, interests = 1;

  int query_value() const { return outputs[static_cast<std::size_t>(query)].value; }

 private:
  std::optional<base::MappedFile> file_;
};

} // namespace heed::format

#endif // HEED_RUNTIME_FORMAT_LOADED_MODEL_HPP
