// The metadata of a file: a FlatBuffer of runtime/format/heed.fbs.
#ifndef HEED_CONVERTER_EMIT_METADATA_HPP
#define HEED_CONVERTER_EMIT_METADATA_HPP

#include "converter/emit/segments.hpp"
#include "converter/graph/ir.hpp"

#include <heed/model.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert {

constexpr std::uint32_t kSchemaVersion = 1;

// What a file says about itself beside its graph.
struct Description {
  std::string family, variant, precision;
  std::string padding_treatment;
  std::string unknown_rule = "mean of all item rows";
  std::string source_format, source_sha256;
  std::uint64_t source_bytes = 0;
  std::string converter; // name and version
  std::string options;   // of the conversion, as one line
  Fidelity fidelity{};
};

// The size-prefixed buffer. Its size depends neither on numbers (offsets, checksums, fidelity) nor on the
// order of calls, so a file can reserve the place and fill it in later.
std::vector<unsigned char> build_metadata(const Graph& graph, const std::vector<Segment>& segments,
                                          const Description& description, std::uint64_t file_bytes);

} // namespace heed::convert

#endif // HEED_CONVERTER_EMIT_METADATA_HPP
