#include "runtime/format/loaded_model.hpp"

#include "runtime/base/arithmetic.hpp"
#include "runtime/format/read_graph.hpp"
#include "runtime/format/segments.hpp"
#include "runtime/ops/checks.hpp"
#include "runtime/ops/operator.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace heed::format {

namespace {

Status malformed(std::string message) {
  return Status(StatusCode::file_malformed, std::move(message));
}

// Tensor `index` when it exists, row-major with this type and shape; null otherwise.
const ops::Constant* tensor_of(const std::vector<ops::Constant>& constants, std::int32_t index,
                               ops::DType dtype, std::uint64_t rows, std::uint64_t cols) {
  if (index < 0 || static_cast<std::size_t>(index) >= constants.size()) return nullptr;
  const ops::Constant& c = constants[static_cast<std::size_t>(index)];
  const bool fits =
      c.dtype == dtype && c.layout == ops::Layout::row_major && c.rows == rows && c.cols == cols;
  return fits ? &c : nullptr;
}
const ops::Constant* row_tensor(const std::vector<ops::Constant>& constants, std::int32_t index,
                                std::uint64_t rows, std::uint64_t cols) {
  return tensor_of(constants, index, ops::DType::f32, rows, cols);
}
const ops::Constant* vector_tensor(const std::vector<ops::Constant>& constants, std::int32_t index,
                                   ops::DType dtype, std::uint64_t cols) {
  return tensor_of(constants, index, dtype, 1, cols);
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
  if (!ops::sums_fit(out->rows)) return malformed("the item table's int8 rows have too many columns");
  out->items = table.items();
  out->unknown_row = table.unknown_row();
  if (table.score() != ScoreKind::dot)
    return Status(StatusCode::feature_unsupported,
                  "the file's kind of score is not known to this library: update heed");
  // One f32 for each row, padded to 16.
  const auto read_scores = [&](std::int32_t index, const char* what, const float** scores) -> Status {
    if (index < 0) return {};
    const ops::Constant* found = vector_tensor(graph.constants, index, ops::DType::f32,
                                               base::round_up(out->rows.rows, kernels::kBlock));
    if (found == nullptr)
      return malformed(std::string("the item table's ") + what +
                       " is not one f32 for each row, padded to 16");
    *scores = found->f32();
    return {};
  };
  if (Status status = read_scores(table.bias(), "bias", &out->bias); !status.ok()) return status;
  if (Status status = read_scores(table.prior(), "prior", &out->prior); !status.ok()) return status;
  return read_ids(table, graph.constants, out);
}

Status read_output(const Output& output, LoadedModel* out) {
  const std::string label = "output '" + output.name()->str() + "'";
  if (output.value() < 0 || static_cast<std::size_t>(output.value()) >= out->graph.values.size())
    return malformed(label + " names a value that does not exist");
  const ops::Value& value = out->graph.values[static_cast<std::size_t>(output.value())];
  if (value.kind != ops::ValueKind::rows)
    return Status(StatusCode::graph_invalid, label + " is not made by the graph");
  NamedOutput named{output.name()->str(), output.value(), nullptr};
  for (const NamedOutput& other : out->outputs)
    if (other.name == named.name) return malformed(label + " is there twice");
  if (!value.events) {
    named.empty_history = row_tensor(out->graph.constants, output.empty_history(), value.count, value.cols);
    if (named.empty_history == nullptr) return malformed(label + " has no answer for an empty history");
  }
  out->outputs.push_back(std::move(named));
  return {};
}

// All outputs, and the one that items are scored against.
Status read_outputs(const Model& model, const ItemTable& table, LoadedModel* out) {
  constexpr std::uint32_t kMaxOutputs = 1u << 8; // whose names are compared with one another
  if (model.outputs()->size() > kMaxOutputs)
    return malformed("the graph has more outputs than a reader must accept");
  for (const Output* output : *model.outputs())
    if (Status status = read_output(*output, out); !status.ok()) return status;
  if (table.query() < 0 || static_cast<std::size_t>(table.query()) >= out->outputs.size())
    return malformed("the item table is scored against an output that does not exist");
  out->query = table.query();
  const ops::Value& value = out->graph.values[static_cast<std::size_t>(out->query_value())];
  if (value.events || value.cols != out->items.rows.cols)
    return Status(StatusCode::graph_invalid, "output '" +
                                                 out->outputs[static_cast<std::size_t>(out->query)].name +
                                                 "' is not rows as wide as the item rows");
  out->dim = value.cols;
  out->interests = value.count;
  return {};
}

// The rows of the history that are not ids of the caller's.
Status read_history(const Model& model, const ItemTable& table, ops::Graph* graph) {
  const Input& input = *model.inputs()->Get(0);
  ops::Constant rows;
  if (Status status = read_rows(table, input_tensor(table), *graph, "input rows", &rows); !status.ok())
    return status;
  const std::string label = "input '" + input.name()->str() + "'";
  if (!is_row_or_none(input.append_row(), rows.rows))
    return malformed(label + " appends a row that does not exist");
  if (!is_row_or_none(input.hidden_row(), table.items()))
    return malformed(label + " hides a row that is no item");
  if (!is_row_or_none(input.fill_row(), rows.rows))
    return malformed(label + " is filled with a row that does not exist");
  graph->append_row = input.append_row();
  graph->hidden_row = input.hidden_row();
  graph->drop_oldest = input.drop_oldest();
  graph->fill_row = input.fill_row();
  graph->pads_left = model.padding_side() == PaddingSide::left;
  if (graph->filled() && (graph->append_row >= 0 || graph->hidden_row >= 0))
    return malformed(label + " is filled, and appends or hides a row, which are not combined");
  if (graph->slots < graph->events_of(graph->max_history))
    return malformed("max_history " + std::to_string(graph->max_history) +
                     " and an appended row need more than " + std::to_string(graph->slots) + " slots");
  return {};
}

// Ids that nodes look up lead to rows of their tensors, whatever callers pass.
Status check_lookups(const ItemTable& table, const ops::Graph& graph) {
  for (const ops::Node& node : graph.nodes)
    for (std::size_t i = 0; i < node.op->inputs.size(); ++i) {
      if (node.op->inputs[i].kind != ops::InputKind::ids) continue;
      const ops::Value& ids = graph.input(node, static_cast<int>(i));
      const ops::Value& looked_up = graph.input(node, static_cast<int>(i) + 1);
      if (ids.index == ops::kItems) {
        if (looked_up.index != input_tensor(table))
          return malformed("node '" + node.name +
                           "' looks history items up in another tensor than the item table");
      } else if (graph.constant(looked_up).rows <
                 graph.features[static_cast<std::size_t>(ids.index)].vocabulary) {
        return malformed("node '" + node.name + "' looks the feature '" +
                         graph.features[static_cast<std::size_t>(ids.index)].name +
                         "' up in a tensor of fewer rows than its vocabulary");
      }
    }
  return {};
}

// Every result is read by a node or is an output: one that is not was left over by a mistake.
Status check_use(const LoadedModel& model) {
  std::vector<bool> used(model.graph.values.size());
  for (const ops::Node& node : model.graph.nodes)
    for (const int input : node.inputs)
      if (input >= 0) used[static_cast<std::size_t>(input)] = true;
  for (const NamedOutput& output : model.outputs) used[static_cast<std::size_t>(output.value)] = true;
  for (const ops::Node& node : model.graph.nodes)
    if (!used[static_cast<std::size_t>(node.output)])
      return Status(StatusCode::graph_invalid,
                    "value '" + model.graph.values[static_cast<std::size_t>(node.output)].name +
                        "' is made and never used");
  return {};
}

// This version runs models with one history over one catalogue.
Status check_interface(const Model& model) {
  if (model.item_tables() != nullptr && model.item_tables()->size() == 1 && model.inputs()->size() >= 1 &&
      model.inputs()->Get(0)->kind() == InputKind::item_history) {
    if (model.inputs()->Get(0)->item_table() == 0) return {};
    return malformed("input '" + model.inputs()->Get(0)->name()->str() +
                     "' names an item table that does not exist");
  }
  return Status(StatusCode::feature_unsupported, "the file does not have exactly one history, first, and one "
                                                 "item table, which is what this library runs");
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
  if (Status status = check_interface(model); !status.ok()) return status;
  if (Status status = read_graph(model, &loaded->graph); !status.ok()) return status;
  const ItemTable& table = *model.item_tables()->Get(0);
  if (Status status = read_catalogue(table, loaded->graph, &loaded->items); !status.ok()) return status;
  if (Status status = read_history(model, table, &loaded->graph); !status.ok()) return status;
  if (Status status = check_lookups(table, loaded->graph); !status.ok()) return status;
  if (Status status = read_outputs(model, table, loaded.get()); !status.ok()) return status;
  if (Status status = check_use(*loaded); !status.ok()) return status;
  return loaded;
}

Result<std::unique_ptr<LoadedModel>> LoadedModel::load(base::MappedFile file) {
  auto loaded = load(Span<const std::byte>(file.data(), file.size()));
  if (loaded.ok()) (*loaded)->file_.emplace(std::move(file));
  return loaded;
}

} // namespace heed::format
