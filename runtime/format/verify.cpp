// Reading every segment: what LoadedModel::load leaves out because it would take time for every item.
#include "runtime/base/xxh64.hpp"
#include "runtime/format/loaded_model.hpp"
#include "runtime/format/segments.hpp"

#include <cmath>
#include <string>

namespace heed::format {

namespace {

bool all_finite(const ops::Constant& c) {
  const std::uint64_t count = c.layout == ops::Layout::row_major
                                  ? c.rows * c.row_stride()
                                  : base::round_up(c.rows, kernels::kBlock) * c.cols;
  for (std::uint64_t i = 0; i < count; ++i)
    if (!std::isfinite(c.f32()[i])) return false;
  return true;
}

bool all_positive(const float* scales, std::uint64_t rows) {
  for (std::uint64_t r = 0; r < rows; ++r)
    if (!(scales[r] > 0.0f)) return false;
  return true;
}

bool none_negative(const float* bounds, std::uint64_t blocks) {
  for (std::uint64_t b = 0; b < blocks; ++b)
    if (!(bounds[b] >= 0.0f)) return false;
  return true;
}

Status verify_tensor(const Model& model, std::size_t index, const ops::Constant& constant) {
  const Tensor& tensor = *model.tensors()->Get(static_cast<flatbuffers::uoffset_t>(index));
  base::Xxh64 hash;
  hash.update(constant.data, tensor.length());
  if (hash.digest() != tensor.checksum())
    return Status(StatusCode::checksum_mismatch,
                  tensor_label(model, index) +
                      " has changed since the file was made: convert or download it again");
  if (constant.dtype == ops::DType::f32 && !all_finite(constant))
    return Status(StatusCode::value_not_finite, tensor_label(model, index) + " holds a NaN or an infinity");
  if (constant.scales != nullptr && !all_positive(constant.scales, constant.rows))
    return Status(StatusCode::value_not_finite,
                  tensor_label(model, index) + " has a scale that is not positive");
  if (constant.bounds != nullptr &&
      !none_negative(constant.bounds, (constant.rows + kernels::kBlock - 1) / kernels::kBlock))
    return Status(StatusCode::value_not_finite, tensor_label(model, index) + " has a bound that is negative");
  return {};
}

Status verify_ids(const Catalogue& table) {
  if (table.ids == nullptr) return {};
  for (std::uint64_t i = 0; i < table.items; ++i) {
    const bool ascending = i == 0 || table.ids[i - 1] < table.ids[i];
    const std::uint64_t row = table.id_rows[i];
    if (!ascending || row >= table.items || table.row_ids[row] != table.ids[i])
      return Status(StatusCode::file_malformed,
                    "the item table's ids are not ascending, or do not lead to their rows (entry " +
                        std::to_string(i) + ")");
  }
  return {};
}

} // namespace

Status LoadedModel::verify() const {
  for (std::size_t i = 0; i < graph.constants.size(); ++i)
    if (Status status = verify_tensor(*fb, i, graph.constants[i]); !status.ok()) return status;
  return verify_ids(items);
}

} // namespace heed::format
