#include "converter/readers/tensor.hpp"

#include "converter/readers/element.hpp"
#include "converter/readers/fail.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>
#include <utility>

namespace heed::convert {
namespace {

// a * b + c, or false when that is past 63 bits.
bool multiply_add(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t* out) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(product, c, out);
}

// The number of elements. Throws when it, or any size, is not a size.
std::int64_t count_elements(std::string_view name, const std::vector<std::int64_t>& shape) {
  if (shape.size() > limits::rank) malformed("tensor {} has {} dimensions", in_quotes(name), shape.size());
  std::int64_t elements = 1;
  bool overflow = false;
  for (const std::int64_t size : shape) {
    if (size < 0) malformed("tensor {} has the negative size {}", in_quotes(name), size);
    overflow = !multiply_add(elements, size, 0, &elements) || overflow;
  }
  // [2^40, 2^40, 0] holds nothing and is legal.
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  if (overflow) malformed("tensor {} has an impossible shape {}", in_quotes(name), shape_text(shape));
  return elements;
}

bool is_row_major(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0; expected *= shape[i]) {
    if (shape[i] != 1 && strides[i] != expected) return false;
  }
  return true;
}

// Walks the tensor row by row from flat element number `first`. The view fits its storage, so no sum or
// product here overflows.
template <class Source, class Out>
void gather(const std::uint8_t* base, const std::vector<std::int64_t>& shape,
            const std::vector<std::int64_t>& strides, std::int64_t first, std::int64_t count, Out* out) {
  const std::size_t last = shape.size() - 1;
  std::vector<std::int64_t> at(shape.size()); // coordinates of the next element
  for (std::size_t i = shape.size(); i-- > 0; first /= shape[i]) at[i] = first % shape[i];
  while (count > 0) {
    std::int64_t element = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) element += at[i] * strides[i];
    const std::uint8_t* from = base + element * Source::size;
    // The stride of a single element is arbitrary, so it is not multiplied.
    const std::int64_t step = shape[last] == 1 ? 0 : strides[last] * Source::size;
    const std::int64_t run = std::min(count, shape[last] - at[last]);
    for (std::int64_t i = 0; i < run; ++i) out[i] = static_cast<Out>(Source::value(from + i * step));
    out += run;
    count -= run;
    at[last] += run;
    for (std::size_t i = last; i > 0 && at[i] == shape[i]; --i) {
      at[i] = 0;
      ++at[i - 1];
    }
  }
}

} // namespace

std::uint64_t size_of(SourceType type) noexcept {
  switch (type) {
  case SourceType::f64:
  case SourceType::i64:
    return 8;
  case SourceType::f32:
  case SourceType::i32:
    return 4;
  case SourceType::f16:
  case SourceType::bf16:
  case SourceType::i16:
    return 2;
  case SourceType::i8:
  case SourceType::u8:
  case SourceType::boolean:
    return 1;
  }
  return 1;
}

std::string_view name_of(SourceType type) noexcept {
  constexpr std::string_view names[] = {"f64", "f32", "f16", "bf16", "i64", "i32", "i16", "i8", "u8", "bool"};
  return names[static_cast<std::size_t>(type)];
}

Tensor Tensor::checked(std::string_view name, SourceType type, std::shared_ptr<const Storage> storage,
                       std::int64_t offset, std::vector<std::int64_t> shape,
                       std::vector<std::int64_t> strides) {
  if (shape.size() != strides.size()) {
    malformed("tensor {} has {} sizes but {} strides", in_quotes(name), shape.size(), strides.size());
  }
  const std::int64_t elements = count_elements(name, shape);
  if (offset < 0) malformed("tensor {} has the negative offset {}", in_quotes(name), offset);
  for (const std::int64_t stride : strides) {
    if (stride < 0) malformed("tensor {} has the negative stride {}", in_quotes(name), stride);
  }
  if (elements > 0) {
    // With strides of at least 0 the last element lies furthest; `end` is one past it, in bytes.
    std::int64_t end = offset;
    bool fits = true;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      fits = fits && multiply_add(shape[i] - 1, strides[i], end, &end);
    }
    const auto size = static_cast<std::int64_t>(size_of(type));
    fits = fits && multiply_add(end, size, size, &end) && static_cast<std::uint64_t>(end) <= storage->bytes();
    if (!fits) {
      malformed("storage of {} bytes is shorter than tensor {} {} needs", storage->bytes(), in_quotes(name),
                shape_text(shape));
    }
  }
  Tensor tensor;
  tensor.type_ = type;
  tensor.storage_ = std::move(storage);
  tensor.offset_ = offset;
  tensor.elements_ = elements;
  tensor.shape_ = std::move(shape);
  tensor.strides_ = std::move(strides);
  return tensor;
}

bool Tensor::is_floating() const noexcept {
  return type_ == SourceType::f64 || type_ == SourceType::f32 || type_ == SourceType::f16 ||
         type_ == SourceType::bf16;
}

template <class Out>
void Tensor::read_as(std::int64_t first, std::int64_t count, Out* out) const {
  if (first < 0 || count < 0 || first > elements_ || count > elements_ - first) {
    throw Error(StatusCode::invalid_argument,
                fmt::format("elements {} + {} are outside a tensor of {}", first, count, elements_));
  }
  if (count == 0) return;
  const std::uint8_t* base = storage_->data() + static_cast<std::uint64_t>(offset_) * size_of(type_);
  // A row-major tensor (a scalar too) is one row.
  const bool flat = is_row_major(shape_, strides_);
  const std::vector<std::int64_t> shape = flat ? std::vector<std::int64_t>{elements_} : shape_;
  const std::vector<std::int64_t> strides = flat ? std::vector<std::int64_t>{1} : strides_;
  switch (type_) {
  case SourceType::f64:
    return gather<Plain<double>>(base, shape, strides, first, count, out);
  case SourceType::f32:
    return gather<Plain<float>>(base, shape, strides, first, count, out);
  case SourceType::f16:
    return gather<Half>(base, shape, strides, first, count, out);
  case SourceType::bf16:
    return gather<BFloat16>(base, shape, strides, first, count, out);
  case SourceType::i64:
    return gather<Plain<std::int64_t>>(base, shape, strides, first, count, out);
  case SourceType::i32:
    return gather<Plain<std::int32_t>>(base, shape, strides, first, count, out);
  case SourceType::i16:
    return gather<Plain<std::int16_t>>(base, shape, strides, first, count, out);
  case SourceType::i8:
    return gather<Plain<std::int8_t>>(base, shape, strides, first, count, out);
  case SourceType::u8:
    return gather<Plain<std::uint8_t>>(base, shape, strides, first, count, out);
  case SourceType::boolean:
    return gather<Boolean>(base, shape, strides, first, count, out);
  }
}

void Tensor::read(std::int64_t first, std::int64_t count, double* out) const {
  read_as(first, count, out);
}
void Tensor::read(std::int64_t first, std::int64_t count, float* out) const {
  read_as(first, count, out);
}

} // namespace heed::convert
