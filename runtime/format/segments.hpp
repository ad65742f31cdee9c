// The container's structural rules: the metadata's frame, and where segments may lie.
#ifndef HEED_RUNTIME_FORMAT_SEGMENTS_HPP
#define HEED_RUNTIME_FORMAT_SEGMENTS_HPP

#include "heed_generated.h"
#include "runtime/ops/graph.hpp"

#include <heed/span.hpp>
#include <heed/status.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heed::format {

inline constexpr std::uint64_t kSegmentSlack = 64; // zero bytes after every segment, inside the file

// The metadata of a file after all checks of frame, version and FlatBuffers structure.
// Errors: file_truncated, file_foreign, file_malformed, version_unsupported, feature_unsupported.
Result<const Model*> read_metadata(Span<const std::byte> bytes);

// Every tensor as a constant over the file's bytes, after the checks of shape, layout, bounds, alignment,
// overlap and scales. Errors: file_malformed, file_truncated.
Result<std::vector<ops::Constant>> read_tensors(const Model& model, Span<const std::byte> bytes);

// Bytes of a segment of this shape, or 0 when dtype and layout do not go together or the size overflows.
std::uint64_t segment_bytes(DType dtype, Layout layout, std::uint64_t rows, std::uint64_t cols);

// "tensor 3 'item_rows'": how messages name a tensor.
std::string tensor_label(const Model& model, std::size_t index);

} // namespace heed::format

#endif // HEED_RUNTIME_FORMAT_SEGMENTS_HPP
