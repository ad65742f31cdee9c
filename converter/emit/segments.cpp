#include "converter/emit/segments.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace heed::convert {
namespace {

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint64_t kSlack = 64;             // zero bytes after every segment: vector reads may run over
constexpr std::uint64_t kGroupAlignment = 16384; // a page on every phone

std::uint64_t align(std::uint64_t offset, std::uint64_t step) {
  return (offset + step - 1) / step * step;
}

// Weights of linear and gru, tables of ids and intervals of attention are read by blocks of 16 rows, all
// others row by row.
std::vector<bool> blocked_constants(const Graph& graph) {
  std::vector<bool> blocked(graph.constants.size());
  for (const ConstantId table : {graph.table, graph.input_table})
    blocked[static_cast<std::size_t>(table)] = true;
  for (const Node& node : graph.nodes) {
    const auto mark = [&](std::size_t input) {
      if (node.input(input) != kNone)
        blocked[static_cast<std::size_t>(graph.value(node.input(input)).constant)] = true;
    };
    if (node.op == "linear" || node.op == "gru" || node.op == "embedding") mark(1);
    if (node.op != "attention") continue;
    mark(9);
    mark(10);
  }
  return blocked;
}

// Computed values as a segment of their own.
Segment values_segment(const std::string& name, const Matrix& values) {
  Segment segment;
  segment.name = name;
  segment.rows = values.rows;
  segment.cols = values.cols;
  segment.source_bits = 64;
  const std::int64_t padded =
      static_cast<std::int64_t>(align(static_cast<std::uint64_t>(values.cols), kBlockRows));
  segment.values.resize(static_cast<std::size_t>(values.rows * padded));
  for (std::int64_t r = 0; r < values.rows; ++r)
    for (std::int64_t c = 0; c < values.cols; ++c)
      segment.values[static_cast<std::size_t>(r * padded + c)] = static_cast<float>(values.row(r)[c]);
  return segment;
}

} // namespace

int empty_history_segment(const Graph& graph) {
  return static_cast<int>(graph.constants.size());
}

int empty_output_segment(const Graph& graph, std::size_t output) {
  if (graph.value(graph.outputs[output].value).each_place()) return -1;
  int segment = empty_history_segment(graph) + 1;
  for (std::size_t before = 0; before < output; ++before)
    if (!graph.value(graph.outputs[before].value).each_place()) ++segment;
  return segment;
}

int prior_segment(const Graph& graph) {
  if (graph.prior.empty()) return -1;
  int segment = empty_history_segment(graph) + 1;
  for (const GraphOutput& output : graph.outputs)
    if (!graph.value(output.value).each_place()) ++segment;
  return segment;
}

std::vector<Segment> list_segments(const Graph& graph) {
  const std::vector<bool> blocked = blocked_constants(graph);
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < graph.constants.size(); ++i) {
    const Constant& constant = graph.constants[i];
    Segment segment;
    segment.name = constant.name;
    if (blocked[i]) segment.layout = constant.stored == Stored::i8 ? FileLayout::n16k4 : FileLayout::n16;
    if (graph.planes && static_cast<ConstantId>(i) == graph.table) segment.layout = FileLayout::planes;
    segment.rows = constant.rows();
    segment.cols = constant.cols();
    segment.source_bits = constant.source_bits;
    segment.constant = static_cast<ConstantId>(i);
    segment.items = segment.constant == graph.table || segment.constant == graph.input_table ||
                    segment.constant == graph.bias;
    if (segment.constant == graph.bias) // scores are computed 16 at a time
      segment.cols = static_cast<std::int64_t>(align(static_cast<std::uint64_t>(segment.cols), kBlockRows));
    segments.push_back(std::move(segment));
  }
  segments.push_back(values_segment("empty_history", graph.empty_history));
  for (const GraphOutput& output : graph.outputs)
    if (!graph.value(output.value).each_place())
      segments.push_back(values_segment("empty_history." + output.name, output.empty_history));
  if (!graph.prior.empty()) {
    // One element for each row of the table, as a bias has.
    const std::int64_t rows = graph.constants[static_cast<std::size_t>(graph.table)].rows();
    Matrix prior(1, static_cast<std::int64_t>(align(static_cast<std::uint64_t>(rows), kBlockRows)));
    // Rows that are no items are as popular as the average item.
    const double mean = std::accumulate(graph.prior.begin(), graph.prior.end(), 0.0) /
                        static_cast<double>(graph.prior.size());
    std::fill(prior.values.begin(), prior.values.end(), mean);
    std::copy(graph.prior.begin(), graph.prior.end(), prior.values.begin());
    segments.push_back(values_segment("prior", prior));
    segments.back().items = true;
  }

  // A vector that stands beside the rows of segment `i`.
  const auto add_beside = [&](std::size_t i, const char* suffix, std::int64_t cols) -> Segment& {
    Segment beside;
    beside.name = segments[i].name + suffix;
    beside.rows = 1;
    beside.cols = cols;
    beside.items = segments[i].items;
    segments.push_back(std::move(beside));
    return segments.back();
  };
  const std::size_t count = segments.size();
  for (std::size_t i = 0; i < count; ++i) {
    const bool planes = segments[i].layout == FileLayout::planes;
    if (segments[i].layout != FileLayout::n16k4 && !planes) continue;
    const auto padded =
        static_cast<std::int64_t>(align(static_cast<std::uint64_t>(segments[i].rows), kBlockRows));
    segments[i].scales = static_cast<int>(segments.size());
    add_beside(i, ".scales", padded).scales_of = static_cast<int>(i);
    if (!planes) continue;
    segments[i].bounds = static_cast<int>(segments.size());
    add_beside(i, ".bounds", padded / kBlockRows).bounds_of = static_cast<int>(i);
  }
  for (Segment& segment : segments) segment.length = layout_bytes(segment.layout, segment.rows, segment.cols);
  return segments;
}

std::uint64_t place_segments(std::vector<Segment>& segments, std::uint64_t metadata_bytes) {
  std::uint64_t end = metadata_bytes;
  for (const bool items : {false, true}) {
    end = align(end, kGroupAlignment);
    for (Segment& segment : segments) {
      if (segment.items != items) continue;
      segment.offset = align(end, kAlignment);
      end = segment.offset + segment.length + kSlack;
    }
  }
  return end;
}

} // namespace heed::convert
