// embedding v1: rows of the item table or of a feature's, scaled, plus learned positions.
//
//   y[t] = table[ids[t]] * scale + P[index(t)]
//
// index(t) is the event's place ("from_left": the oldest kept event has place 0) or slots - length + place
// ("from_right": the newest event has the last slot, as in a history padded on the left). Without positions
// nothing is added. A feature of the request, not of its events, gives a single row. Memory-bound lookups:
// plain C++, whose separate multiplication and addition give the same bits everywhere.
#include "runtime/ops/checks.hpp"
#include "runtime/ops/registry.hpp"

namespace heed::ops {

namespace {

enum Input { kIds, kTable, kPositions };
enum AttributeIndex { kScale, kRule };
enum Rule { kNone, kFromLeft, kFromRight };

const InputSpec kInputs[] = {{"ids", InputKind::ids, false},
                             {"table", InputKind::constant, false},
                             {"positions", InputKind::constant, true}};
const char* const kRules[] = {"none", "from_left", "from_right"};
const AttributeSpec kAttributes[] = {{"scale", AttributeType::real, -1e6, 1e6, {}},
                                     {"position_rule", AttributeType::choice, 0, 0, kRules}};

const char* infer(const Graph& graph, const Node& node, Value* out) {
  const Constant& table = *graph.constant_input(node, kTable);
  if (!is_blocked(table) && table.layout != Layout::planes) return "its table is not in a block layout";
  const Constant* positions = graph.constant_input(node, kPositions);
  if ((positions == nullptr) != (node.attributes[kRule].integer == kNone))
    return "a position rule needs positions, and positions need a rule";
  if (positions != nullptr && !is_row_major(*positions, graph.slots, table.cols))
    return "its positions are not [slots, columns of the table]";
  const Value& ids = graph.input(node, kIds);
  const bool context = ids.index != kItems &&
                       graph.features[static_cast<std::size_t>(ids.index)].kind == FeatureKind::context_id;
  if (context && positions != nullptr) return "a single id has no position";
  out->events = !context;
  out->cols = static_cast<std::uint32_t>(table.cols);
  return nullptr;
}

void lookup_f32(const Constant& table, std::uint64_t row, float scale, float* out) {
  const float* block = table.f32() + row / kernels::kBlock * kernels::kBlock * table.cols;
  const float* element = block + row % kernels::kBlock;
  for (std::uint64_t c = 0; c < table.cols; ++c) out[c] = element[c * kernels::kBlock] * scale;
}

// Writes up to three values beyond the row's columns, which is scratch.
void lookup_i8(const Constant& table, std::uint64_t row, float scale, float* out) {
  constexpr std::uint64_t kGroup = 4;
  const std::uint64_t padded = base::round_up(table.cols, kGroup);
  const std::int8_t* group =
      table.i8() + row / kernels::kBlock * kernels::kBlock * padded + row % kernels::kBlock * kGroup;
  const float row_scale = table.scales[row];
  for (std::uint64_t c = 0; c < table.cols; c += kGroup, group += kernels::kBlock * kGroup)
    for (std::uint64_t j = 0; j < kGroup; ++j) out[c + j] = static_cast<float>(group[j]) * row_scale * scale;
}

void lookup_planes(const Constant& table, std::uint64_t row, float scale, float* out) {
  const std::uint64_t place = row / kernels::kBlock * ((table.cols + 7) / 8) * 64 + row % kernels::kBlock * 4;
  const float row_scale = table.scales[row];
  for (std::uint64_t c = 0; c < table.cols; ++c) {
    const std::uint64_t byte = place + c / 8 * 64 + c % 4;
    const int shift = c % 8 < 4 ? 0 : 4;
    const int high = table.high()[byte] >> shift & 15, low = table.low()[byte] >> shift & 15;
    out[c] = static_cast<float>(16 * (high - 8) + low) * row_scale * scale;
  }
}

void run(const RunContext& context, const Node& node) {
  const Constant& table = *context.graph.constant_input(node, kTable);
  const Constant* positions = context.graph.constant_input(node, kPositions);
  const float scale = static_cast<float>(node.attributes[kScale].real);
  const History& history = context.history;
  const std::size_t skipped =
      node.attributes[kRule].integer == kFromRight ? context.graph.slots - history.length : 0;
  const RowsView& out = context.whole_out(node);
  const Value& ids = context.graph.input(node, kIds);
  const bool events = context.graph.values[static_cast<std::size_t>(node.output)].events;
  for (std::size_t t = events ? context.first : 0; t < (events ? history.events : 1); ++t) {
    float* y = out.data + t * out.stride;
    const auto lookup = table.layout == Layout::planes ? lookup_planes
                        : table.dtype == DType::i8     ? lookup_i8
                                                       : lookup_f32;
    lookup(table, history.row(ids, t), scale, y);
    if (positions == nullptr) continue;
    const float* p = positions->f32() + (skipped + history.places[t]) * positions->row_stride();
    for (std::uint64_t c = 0; c < table.cols; ++c) y[c] += p[c];
  }
}

// Places from the right move with every new event.
Growth growth(const Graph&, const Node& node) {
  return {node.attributes[kRule].integer != kFromRight, 0, false};
}

} // namespace

const Operator kEmbedding = {"embedding",        1,          kInputs, kAttributes, infer,
                             no_quantized_input, no_scratch, run,     growth};

} // namespace heed::ops
