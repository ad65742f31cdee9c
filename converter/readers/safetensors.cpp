#include "converter/readers/safetensors.hpp"

#include "converter/readers/element.hpp"
#include "converter/readers/fail.hpp"
#include "converter/readers/json_object.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/safetensors_header.hpp"
#include "converter/readers/text.hpp"
#include "converter/readers/weight_names.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace heed::convert {
namespace {

using Entry = SafetensorsHeader::Entry;

constexpr const char* kMetadata = "__metadata__"; // in Checkpoint::config
constexpr const char* kConfig = "config";         // among the metadata

SourceType element_type(const Entry& entry) {
  constexpr std::pair<std::string_view, SourceType> types[] = {
      {"F64", SourceType::f64},      {"F32", SourceType::f32}, {"F16", SourceType::f16},
      {"BF16", SourceType::bf16},    {"I64", SourceType::i64}, {"I32", SourceType::i32},
      {"I16", SourceType::i16},      {"I8", SourceType::i8},   {"U8", SourceType::u8},
      {"BOOL", SourceType::boolean},
  };
  for (const auto& [name, type] : types) {
    if (entry.dtype == name) return type;
  }
  unsupported("weight {} has the element type {}, which is not read; save it as F32", in_quotes(entry.name),
              in_quotes(entry.dtype));
}

// The data section is the tensors' data one after the other, in any order, from its first byte to its last.
void check_layout(const std::vector<Entry>& entries, std::uint64_t data_bytes) {
  std::vector<const Entry*> sorted;
  for (const Entry& entry : entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const Entry* a, const Entry* b) {
    return std::make_pair(a->begin, a->end) < std::make_pair(b->begin, b->end);
  });
  std::uint64_t position = 0;
  for (const Entry* entry : sorted) {
    if (entry->begin < position) malformed("tensor {} overlaps another", in_quotes(entry->name));
    if (entry->begin > position) {
      malformed("{} bytes before tensor {} belong to no tensor", entry->begin - position,
                in_quotes(entry->name));
    }
    if (entry->end < entry->begin) malformed("tensor {} ends before it begins", in_quotes(entry->name));
    if (entry->end > data_bytes) {
      malformed("tensor {} goes past the end of the file; it is truncated", in_quotes(entry->name));
    }
    position = entry->end;
  }
  if (position != data_bytes) malformed("its last {} bytes belong to no tensor", data_bytes - position);
}

Tensor make_tensor(const Entry& entry, const ByteRange& data) {
  const SourceType type = element_type(entry);
  ByteRange range = data;
  range.bytes = data.bytes.substr(entry.begin, entry.end - entry.begin);
  std::vector<std::int64_t> strides(entry.shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = strides.size(); i-- > 0;) {
    strides[i] = stride;
    // Only a tensor without elements or one that checked() refuses can overflow here.
    if (__builtin_mul_overflow(stride, entry.shape[i], &stride)) stride = 0;
  }
  Tensor tensor =
      Tensor::checked(entry.name, type, std::make_shared<RangeStorage>(range), 0, entry.shape, strides);
  if (tensor.bytes() != range.bytes.size()) {
    malformed("tensor {} {} of type {} has {} bytes of data instead of {}", in_quotes(entry.name),
              shape_text(entry.shape), entry.dtype, range.bytes.size(), tensor.bytes());
  }
  return tensor;
}

} // namespace

Checkpoint read_safetensors(const std::shared_ptr<const Bytes>& bytes) {
  constexpr std::uint64_t prefix = sizeof(std::uint64_t);
  const std::string_view file = bytes->view();
  if (file.size() < prefix) malformed("it ends before its header; it is truncated");
  const auto header_bytes = load_unaligned<std::uint64_t>(file.data());
  if (header_bytes > limits::safetensors_header) {
    malformed("its header claims {} bytes; the format allows {}", header_bytes, limits::safetensors_header);
  }
  if (header_bytes > file.size() - prefix) malformed("it ends inside its header; it is truncated");
  const std::string_view text = file.substr(prefix, header_bytes);
  if (text.empty() || text.front() != '{') malformed("its header does not start with '{{'");
  SafetensorsHeader header = parse_safetensors_header(text);
  const ByteRange data{bytes, file.substr(prefix + header_bytes)};

  if (header.entries.empty()) malformed("it holds no tensors");
  check_layout(header.entries, data.bytes.size());
  Checkpoint checkpoint;
  checkpoint.format = "safetensors";
  checkpoint.file_bytes = file.size();
  for (const Entry& entry : header.entries)
    checkpoint.weights.emplace_back(entry.name, make_tensor(entry, data));
  if (!header.metadata.is_null()) {
    if (header.metadata.contains(kConfig)) {
      auto config = parse_object<nlohmann::json>(header.metadata[kConfig].get_ref<const std::string&>());
      if (!config)
        malformed("the metadata 'config' of its header is no JSON object, or larger or deeper than a "
                  "configuration is");
      checkpoint.config = std::move(*config);
    }
    checkpoint.config[kMetadata] = std::move(header.metadata);
  }
  return checkpoint;
}

bool has_metadata_config(const Checkpoint& checkpoint) {
  const auto metadata = checkpoint.config.find(kMetadata);
  return metadata != checkpoint.config.end() && metadata->contains(kConfig);
}

} // namespace heed::convert
