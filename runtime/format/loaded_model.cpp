#include "runtime/format/loaded_model.hpp"

#include "runtime/base/arithmetic.hpp"
#include "runtime/format/read_graph.hpp"
#include "runtime/format/segments.hpp"
#include "runtime/ops/operator.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace heed::format {

namespace {

Status malformed(std::string message) {
  return Status(StatusCode::file_malformed, std::move(message));
}

// Tensor `index` when it exists with this type and [1, cols]; null otherwise.
const ops::Constant* vector_tensor(const std::vector<ops::Constant>& constants, std::int32_t index,
                                   ops::DType dtype, std::uint64_t cols) {
  if (index < 0 || static_cast<std::size_t>(index) >= constants.size()) return nullptr;
  const ops::Constant& c = constants[static_cast<std::size_t>(index)];
  return c.dtype == dtype && c.layout == ops::Layout::row_major && c.rows == 1 && c.cols == cols ? &c
                                                                                                 : nullptr;
}

Status read_ids(const ItemTable& table, const std::vector<ops::Constant>& constants, Catalogue* out) {
  if (table.ids() < 0 && table.id_rows() < 0 && table.row_ids() < 0) {
    out->first_id = table.first_id();
    std::int64_t last;
    if (__builtin_add_overflow(table.first_id(), static_cast<std::int64_t>(table.items()), &last))
      return malformed("the item table's first id overflows");
    return {};
  }
  const ops::Constant* ids = vector_tensor(constants, table.ids(), ops::DType::i64, table.items());
  const ops::Constant* id_rows = vector_tensor(constants, table.id_rows(), ops::DType::u64, table.items());
  const ops::Constant* row_ids = vector_tensor(constants, table.row_ids(), ops::DType::i64, table.items());
  if (ids == nullptr || id_rows == nullptr || row_ids == nullptr)
    return malformed("the item table's id tensors are not three vectors of its items");
  out->ids = static_cast<const std::int64_t*>(ids->data);
  out->id_rows = static_cast<const std::uint64_t*>(id_rows->data);
  out->row_ids = static_cast<const std::int64_t*>(row_ids->data);
  return {};
}

// Whether `row` is a row of a tensor with `rows` rows, or -1 for none.
bool is_row_or_none(std::int64_t row, std::uint64_t rows) {
  return row == -1 || (row >= 0 && static_cast<std::uint64_t>(row) < rows);
}

// The tensor that histories are looked up in.
std::int32_t input_tensor(const ItemTable& table) {
  return table.input_rows() >= 0 ? table.input_rows() : table.rows();
}

// One of the item table's row tensors, long enough for the rows that callers' ids lead to.
Status read_rows(const ItemTable& table, std::int32_t tensor, const ops::Graph& graph, const char* what,
                 ops::Constant* out) {
  if (tensor < 0 || static_cast<std::size_t>(tensor) >= graph.constants.size())
    return malformed(std::string("the item table names a tensor of ") + what + " that does not exist");
  *out = graph.constants[static_cast<std::size_t>(tensor)];
  if (out->layout == ops::Layout::row_major || out->dtype == ops::DType::i64)
    return malformed(std::string("the item table's ") + what + " are not in a block layout");
  if (table.items() == 0 || table.items() > out->rows)
    return malformed("the item table claims " + std::to_string(table.items()) + " items and has " +
                     std::to_string(out->rows) + " " + what);
  if (!is_row_or_none(table.unknown_row(), out->rows))
    return malformed("the item table's row for unknown items does not exist");
  return {};
}

Status read_catalogue(const ItemTable& table, const ops::Graph& graph, Catalogue* out) {
  if (Status status = read_rows(table, table.rows(), graph, "rows", &out->rows); !status.ok()) return status;
  out->items = table.items();
  out->unknown_row = table.unknown_row();
  if (table.score() != ScoreKind::dot)
    return Status(StatusCode::feature_unsupported,
                  "the file's kind of score is not known to this library: update heed");
  if (table.bias() >= 0) {
    const ops::Constant* bias = vector_tensor(graph.constants, table.bias(), ops::DType::f32,
                                              base::round_up(out->rows.rows, kernels::kBlock));
    if (bias == nullptr) return malformed("the item table's bias is not one f32 for each row, padded to 16");
    out->bias = bias->f32();
  }
  return read_ids(table, graph.constants, out);
}

// The output that items are scored against.
Status read_query(const Model& model, const ItemTable& table, LoadedModel* out) {
  if (table.query() < 0 || static_cast<std::size_t>(table.query()) >= model.outputs()->size())
    return malformed("the item table is scored against an output that does not exist");
  const Output& output = *model.outputs()->Get(static_cast<flatbuffers::uoffset_t>(table.query()));
  if (output.value() < 0 || static_cast<std::size_t>(output.value()) >= out->graph.values.size())
    return malformed("output '" + output.name()->str() + "' names a value that does not exist");
  const ops::Value& value = out->graph.values[static_cast<std::size_t>(output.value())];
  if (value.kind != ops::ValueKind::rows || value.events || value.cols != out->items.rows.cols)
    return Status(StatusCode::graph_invalid,
                  "output '" + output.name()->str() + "' is not one row as wide as the item rows");
  const ops::Constant* empty =
      vector_tensor(out->graph.constants, output.empty_history(), ops::DType::f32, value.cols);
  if (empty == nullptr)
    return malformed("output '" + output.name()->str() + "' has no answer for an empty history");
  out->output_value = output.value();
  out->dim = value.cols;
  out->empty_history = empty->f32();
  return {};
}

// The rows of the history that are not ids of the caller's.
Status read_history(const Input& input, const ItemTable& table, ops::Graph* graph) {
  ops::Constant rows;
  if (Status status = read_rows(table, input_tensor(table), *graph, "input rows", &rows); !status.ok())
    return status;
  if (!is_row_or_none(input.append_row(), rows.rows))
    return malformed("input '" + input.name()->str() + "' appends a row that does not exist");
  if (!is_row_or_none(input.hidden_row(), table.items()))
    return malformed("input '" + input.name()->str() + "' hides a row that is no item");
  graph->append_row = input.append_row();
  graph->hidden_row = input.hidden_row();
  graph->drop_oldest = input.drop_oldest();
  if (graph->slots < graph->events_of(graph->max_history))
    return malformed("max_history " + std::to_string(graph->max_history) +
                     " and an appended row need more than " + std::to_string(graph->slots) + " slots");
  return {};
}

// This version runs models with one history over one catalogue.
Status check_interface(const Model& model, const ops::Graph& graph) {
  if (model.item_tables() == nullptr || model.item_tables()->size() != 1 || model.inputs()->size() != 1)
    return Status(
        StatusCode::feature_unsupported,
        "the file does not have exactly one history and one item table, which is what this library runs");
  const ItemTable& table = *model.item_tables()->Get(0);
  for (const ops::Value& value : graph.values)
    if (value.kind == ops::ValueKind::ids && value.index != 0)
      return malformed("input value '" + value.name + "' names an item table that does not exist");
  for (const ops::Node& node : graph.nodes)
    for (std::size_t i = 0; i < node.op->inputs.size(); ++i) {
      // Row indices are in range of the item table's rows, and of no other tensor.
      if (node.op->inputs[i].kind != ops::InputKind::ids) continue;
      const ops::Value& looked_up = graph.input(node, static_cast<int>(i) + 1);
      if (looked_up.index != input_tensor(table))
        return malformed("node '" + node.name +
                         "' looks history items up in another tensor than the item table");
    }
  return {};
}

} // namespace

std::int64_t Catalogue::find(std::int64_t id) const noexcept {
  if (ids == nullptr) {
    const std::uint64_t row = static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(first_id);
    return row < items ? static_cast<std::int64_t>(row) : -1;
  }
  const std::int64_t* at = std::lower_bound(ids, ids + items, id);
  if (at == ids + items || *at != id) return -1;
  const std::uint64_t row = id_rows[at - ids];
  return row < items ? static_cast<std::int64_t>(row) : -1;
}

Result<std::unique_ptr<LoadedModel>> LoadedModel::load(Span<const std::byte> bytes) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % base::kAlignment != 0)
    return Status(StatusCode::invalid_argument, "a model in memory must be aligned to 64 bytes");
  Result<const Model*> metadata = read_metadata(bytes);
  if (!metadata.ok()) return metadata.status();
  const Model& model = **metadata;
  Result<std::vector<ops::Constant>> constants = read_tensors(model, bytes);
  if (!constants.ok()) return constants.status();

  auto loaded = std::make_unique<LoadedModel>();
  loaded->bytes = bytes;
  loaded->fb = &model;
  loaded->graph.constants = std::move(*constants);
  if (Status status = read_graph(model, &loaded->graph); !status.ok()) return status;
  if (Status status = check_interface(model, loaded->graph); !status.ok()) return status;
  const ItemTable& table = *model.item_tables()->Get(0);
  if (Status status = read_catalogue(table, loaded->graph, &loaded->items); !status.ok()) return status;
  if (Status status = read_history(*model.inputs()->Get(0), table, &loaded->graph); !status.ok())
    return status;
  if (Status status = read_query(model, table, loaded.get()); !status.ok()) return status;
  return loaded;
}

Result<std::unique_ptr<LoadedModel>> LoadedModel::load(base::MappedFile file) {
  auto loaded = load(Span<const std::byte>(file.data(), file.size()));
  if (loaded.ok()) (*loaded)->file_.emplace(std::move(file));
  return loaded;
}

} // namespace heed::format
