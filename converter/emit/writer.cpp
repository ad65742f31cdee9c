#include "converter/emit/writer.hpp"

#include "runtime/base/xxh64.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace heed::convert {

ModelWriter::ModelWriter(const Graph& graph, Description description, const std::string& path)
    : graph_(graph), description_(std::move(description)), segments_(list_segments(graph)), file_(path) {
  metadata_bytes_ = build_metadata(graph_, segments_, description_, 0).size();
  file_bytes_ = place_segments(segments_, metadata_bytes_);
}

// Returns what stands beside the rows of an int8 segment.
BesideRows ModelWriter::write_segment(Segment& segment, const std::vector<BesideRows>& beside,
                                      const std::function<void(double)>& progress) {
  base::Xxh64 hash;
  std::uint64_t reported = file_.position();
  const ByteSink sink = [&](const void* data, std::size_t bytes) {
    hash.update(data, bytes);
    file_.append(data, bytes);
    if (!progress || (file_.position() - reported) * 100 < file_bytes_) return;
    reported = file_.position(); // about once a hundredth
    progress(static_cast<double>(reported) / static_cast<double>(file_bytes_));
  };
  file_.pad_to(segment.offset);
  BesideRows own;
  if (segment.constant != kNone) {
    own = write_layout(graph_.constants[static_cast<std::size_t>(segment.constant)], segment.layout, sink);
  } else {
    std::vector<float> values = segment.values;
    if (segment.scales_of >= 0) values = beside[static_cast<std::size_t>(segment.scales_of)].scales;
    if (segment.bounds_of >= 0) values = beside[static_cast<std::size_t>(segment.bounds_of)].bounds;
    values.resize(static_cast<std::size_t>(segment.length / sizeof(float)));
    sink(values.data(), values.size() * sizeof(float));
  }
  if (file_.position() != segment.offset + segment.length)
    throw std::logic_error("segment " + segment.name + " has not the length that was planned");
  segment.checksum = hash.digest();
  return own;
}

void ModelWriter::write(const std::function<void(double)>& progress) {
  std::vector<std::size_t> order(segments_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return segments_[a].offset < segments_[b].offset; });
  std::vector<BesideRows> beside(segments_.size());
  for (const std::size_t i : order) beside[i] = write_segment(segments_[i], beside, progress);
  file_.pad_to(file_bytes_);
  write_metadata();
}

void ModelWriter::write_metadata() {
  const std::vector<unsigned char> metadata = build_metadata(graph_, segments_, description_, file_bytes_);
  if (metadata.size() != metadata_bytes_) throw std::logic_error("the metadata changed its size");
  file_.overwrite(0, metadata.data(), metadata.size());
}

void ModelWriter::set_fidelity(const Fidelity& fidelity) {
  description_.fidelity = fidelity;
  write_metadata();
}

} // namespace heed::convert
