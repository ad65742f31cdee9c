// Which segments a file has, and where they lie.
#ifndef HEED_CONVERTER_EMIT_SEGMENTS_HPP
#define HEED_CONVERTER_EMIT_SEGMENTS_HPP

#include "converter/emit/layouts.hpp"
#include "converter/graph/ir.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert {

struct Segment {
  std::string name;
  FileLayout layout = FileLayout::row_major;
  std::int64_t rows = 0, cols = 0;
  int source_bits = 32;
  bool items = false; // stands in the group of item rows

  // The content: a constant of the graph, or the scales or bounds of another segment, or values.
  ConstantId constant = kNone;
  int scales_of = -1, bounds_of = -1;
  std::vector<float> values;

  int scales = -1, bounds = -1; // indices of the segments that hold this one's scales and bounds
  std::uint64_t offset = 0, length = 0;
  std::uint64_t checksum = 0;
};

// All segments of a graph in file form: the weights and the empty history's answer, then the item rows. The
// segment of constant c has index c.
std::vector<Segment> list_segments(const Graph& graph);

// Indices of the segments that list_segments adds for Graph::empty_history, for that of outputs[output] (-1
// where each event has a row), and for Graph::prior (-1: none).
int empty_history_segment(const Graph& graph);
int empty_output_segment(const Graph& graph, std::size_t output);
int prior_segment(const Graph& graph);

// Places them after `metadata_bytes` bytes of metadata: each on 64 bytes with 64 zero bytes after it, both
// groups on 16 KiB. Returns the length of the file.
std::uint64_t place_segments(std::vector<Segment>& segments, std::uint64_t metadata_bytes);

} // namespace heed::convert

#endif // HEED_CONVERTER_EMIT_SEGMENTS_HPP
