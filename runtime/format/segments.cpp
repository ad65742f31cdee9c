#include "runtime/format/segments.hpp"

#include "runtime/base/arithmetic.hpp"
#include "runtime/format/loaded_model.hpp"

#include <algorithm>
#include <cstring>

namespace heed::format {

namespace {

constexpr std::size_t kFrame = sizeof(std::uint32_t); // the size prefix
constexpr std::size_t kSmallest = kFrame + 8;         // prefix, root offset, identifier

Status malformed(std::string message) {
  return Status(StatusCode::file_malformed, std::move(message));
}

std::uint32_t read_u32(const std::byte* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

// The layouts that heed has, with the element's bytes; 0 for a pair that is none.
std::uint64_t element_bytes(DType dtype, Layout layout) {
  if (dtype == DType::f32 && (layout == Layout::row_major || layout == Layout::n16)) return 4;
  if (dtype == DType::i8 && (layout == Layout::n16k4 || layout == Layout::planes)) return 1;
  if ((dtype == DType::i64 || dtype == DType::u64) && layout == Layout::row_major) return 8;
  return 0;
}

Status check_bounds(const Model& model, std::size_t index, std::uint64_t metadata_end,
                    std::uint64_t file_bytes) {
  const Tensor& tensor = *model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(index));
  const std::uint64_t expected = segment_bytes(tensor.dtype(), tensor.layout(), tensor.rows(), tensor.cols());
  if (expected == 0)
    return malformed(tensor_label(model, index) + " has a type, layout or shape that no segment can have");
  if (tensor.length() != expected)
    return malformed(tensor_label(model, index) + " claims " + std::to_string(tensor.length()) +
                     " bytes; its shape needs " + std::to_string(expected));
  if (tensor.offset() % base::kAlignment != 0)
    return malformed(tensor_label(model, index) + " starts at byte " + std::to_string(tensor.offset()) +
                     ", which is not a multiple of 64");
  std::uint64_t end;
  if (!base::checked_add(tensor.offset(), tensor.length() + kSegmentSlack, &end) || end > file_bytes)
    return malformed(tensor_label(model, index) + " reaches beyond the end of the file");
  if (tensor.offset() < metadata_end) return malformed(tensor_label(model, index) + " overlaps the metadata");
  return {};
}

Status check_overlap(const Model& model) {
  std::vector<std::size_t> order(model.tensors()->size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto tensor = [&](std::size_t i) {
    return model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(i));
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return tensor(a)->offset() < tensor(b)->offset(); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Tensor& before = *tensor(order[i - 1]);
    if (before.offset() + before.length() + kSegmentSlack > tensor(order[i])->offset())
      return malformed(tensor_label(model, order[i - 1]) + " and " + tensor_label(model, order[i]) +
                       " overlap");
  }
  return {};
}

Result<const float*> find_scales(const Model& model, std::size_t index, Span<const std::byte> bytes) {
  const Tensor& tensor = *model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(index));
  const std::int32_t s = tensor.scales();
  if ((tensor.dtype() == DType::i8) != (s >= 0))
    return malformed(tensor_label(model, index) +
                     (s >= 0 ? " has scales but is not int8" : " is int8 but has no scales"));
  if (s < 0) return static_cast<const float*>(nullptr);
  if (static_cast<std::uint32_t>(s) >= model.tensors()->size())
    return malformed(tensor_label(model, index) + " names scales that do not exist (tensor " +
                     std::to_string(s) + ")");
  const Tensor& scales = *model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(s));
  if (scales.dtype() != DType::f32 || scales.layout() != Layout::row_major || scales.rows() != 1 ||
      scales.cols() != base::round_up(tensor.rows(), kernels::kBlock))
    return malformed(tensor_label(model, static_cast<std::size_t>(s)) + " cannot be the scales of " +
                     tensor_label(model, index) + ": one f32 for each row, padded to 16, is needed");
  return reinterpret_cast<const float*>(bytes.data() + scales.offset());
}

Result<const float*> find_bounds(const Model& model, std::size_t index, Span<const std::byte> bytes) {
  const Tensor& tensor = *model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(index));
  const std::int32_t b = tensor.bounds();
  if ((tensor.layout() == Layout::planes) != (b >= 0))
    return malformed(tensor_label(model, index) +
                     (b >= 0 ? " has bounds but is not in planes" : " is in planes but has no bounds"));
  if (b < 0) return static_cast<const float*>(nullptr);
  if (static_cast<std::uint32_t>(b) >= model.tensors()->size())
    return malformed(tensor_label(model, index) + " names bounds that do not exist (tensor " +
                     std::to_string(b) + ")");
  const Tensor& bounds = *model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(b));
  if (bounds.dtype() != DType::f32 || bounds.layout() != Layout::row_major || bounds.rows() != 1 ||
      bounds.cols() != base::round_up(tensor.rows(), kernels::kBlock) / kernels::kBlock)
    return malformed(tensor_label(model, static_cast<std::size_t>(b)) + " cannot be the bounds of " +
                     tensor_label(model, index) + ": one f32 for each 16 rows is needed");
  return reinterpret_cast<const float*>(bytes.data() + bounds.offset());
}

} // namespace

std::string tensor_label(const Model& model, std::size_t index) {
  return "tensor " + std::to_string(index) + " '" +
         model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(index))->name()->str() + "'";
}

std::uint64_t segment_bytes(DType dtype, Layout layout, std::uint64_t rows, std::uint64_t cols) {
  constexpr std::uint64_t kLimit = std::uint64_t{1}
                                   << 48; // far beyond any file; keeps rounding from wrapping
  const std::uint64_t element = element_bytes(dtype, layout);
  if (element == 0 || rows == 0 || cols == 0 || rows > kLimit || cols > kLimit) return 0;
  if (layout != Layout::row_major) rows = base::round_up(rows, kernels::kBlock);
  if (layout == Layout::row_major && dtype == DType::f32) cols = base::round_up(cols, kernels::kBlock);
  if (layout == Layout::n16k4) cols = base::round_up(cols, 4);
  if (layout == Layout::planes) {
    if (cols > kernels::kMostPlaneCols) return 0;
    cols = base::round_up(cols, 8); // half a byte each, twice
  }
  std::uint64_t bytes;
  if (!base::checked_mul(rows, cols, &bytes) || !base::checked_mul(bytes, element, &bytes) || bytes > kLimit)
    return 0;
  return bytes;
}

Result<const Model*> read_metadata(Span<const std::byte> bytes) {
  if (bytes.size() < kSmallest)
    return Status(StatusCode::file_truncated,
                  "the file has " + std::to_string(bytes.size()) + " bytes, too few for a heed model");
  if (std::memcmp(bytes.data() + kFrame + 4, ModelIdentifier(), 4) != 0)
    return Status(StatusCode::file_foreign,
                  "not a heed model (the identifier HEED is missing); make one with 'heed convert'");
  const std::uint64_t metadata = std::uint64_t{read_u32(bytes.data())} + kFrame;
  if (metadata > bytes.size())
    return Status(StatusCode::file_truncated, "the file ends within its metadata (" +
                                                  std::to_string(bytes.size()) + " of " +
                                                  std::to_string(metadata) + " bytes)");
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), metadata, 16, 1000000);
  if (!VerifySizePrefixedModelBuffer(verifier)) return malformed("the metadata is not a valid FlatBuffer");
  const Model* model = GetSizePrefixedModel(bytes.data());

  if (model->schema_version() == 0) return malformed("the metadata has no schema version");
  if (model->schema_version() > kSchemaVersion)
    return Status(StatusCode::version_unsupported,
                  "the file has schema version " + std::to_string(model->schema_version()) +
                      "; this library reads up to " + std::to_string(kSchemaVersion) + ": update heed");
  for (flatbuffers::uoffset_t f = 0;
       model->required_features() != nullptr && f < model->required_features()->size(); ++f) {
    const std::string feature = model->required_features()->Get(f)->str();
    if (feature == "computed_padding" || feature == "planes" || feature == "prior") continue;
    return Status(StatusCode::feature_unsupported, "the file needs the feature '" + feature +
                                                       "', which this library does not have: update heed");
  }
  if (model->file_bytes() > bytes.size())
    return Status(StatusCode::file_truncated, "the file has " + std::to_string(bytes.size()) + " of " +
                                                  std::to_string(model->file_bytes()) + " bytes");
  if (model->file_bytes() < bytes.size())
    return malformed("the file has " + std::to_string(bytes.size() - model->file_bytes()) +
                     " bytes more than its metadata says");
  return model;
}

Result<std::vector<ops::Constant>> read_tensors(const Model& model, Span<const std::byte> bytes) {
  const std::uint64_t metadata = std::uint64_t{read_u32(bytes.data())} + kFrame;
  const std::size_t count = model.tensors()->size();
  for (std::size_t i = 0; i < count; ++i)
    if (Status status = check_bounds(model, i, metadata, bytes.size()); !status.ok()) return status;
  if (Status status = check_overlap(model); !status.ok()) return status;

  std::vector<ops::Constant> constants(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Tensor& tensor = *model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(i));
    Result<const float*> scales = find_scales(model, i, bytes);
    if (!scales.ok()) return scales.status();
    Result<const float*> bounds = find_bounds(model, i, bytes);
    if (!bounds.ok()) return bounds.status();
    ops::Constant& constant = constants[i];
    constant.data = bytes.data() + tensor.offset();
    constant.scales = *scales;
    constant.bounds = *bounds;
    constant.rows = tensor.rows();
    constant.cols = tensor.cols();
    switch (tensor.dtype()) {
    case DType::i8:
      constant.dtype = ops::DType::i8;
      break;
    case DType::i64:
      constant.dtype = ops::DType::i64;
      break;
    case DType::u64:
      constant.dtype = ops::DType::u64;
      break;
    default:
      constant.dtype = ops::DType::f32;
      break; // check_bounds() let no other pass
    }
    switch (tensor.layout()) {
    case Layout::n16:
      constant.layout = ops::Layout::n16;
      break;
    case Layout::n16k4:
      constant.layout = ops::Layout::n16k4;
      break;
    case Layout::planes:
      constant.layout = ops::Layout::planes;
      break;
    default:
      constant.layout = ops::Layout::row_major;
      break;
    }
  }
  return constants;
}

} // namespace heed::format
