// safetensors: uint64 length of the header, a JSON header, the data of all tensors without gaps.
// Specification: https://github.com/huggingface/safetensors (format section of its README).
#ifndef HEED_CONVERTER_READERS_SAFETENSORS_HPP
#define HEED_CONVERTER_READERS_SAFETENSORS_HPP

#include "converter/readers/bytes.hpp"
#include "converter/readers/checkpoint.hpp"

#include <memory>

namespace heed::convert {

// Tensors are used in place. Throws Error: checkpoint_malformed for whatever breaks the specification
// (overlaps, gaps and sizes that do not fit their shapes too), checkpoint_unsupported for an element type
// that heed does not read. The metadata "config", a JSON object as text, becomes Checkpoint::config
// (checkpoint_malformed when it is no object).
Checkpoint read_safetensors(const std::shared_ptr<const Bytes>& bytes);

// Whether the config came from the metadata, so that a config.json beside the file does not count.
bool has_metadata_config(const Checkpoint& checkpoint);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_SAFETENSORS_HPP
