// A tensor of a checkpoint: a strided, typed view of a storage, read by value.
#ifndef HEED_CONVERTER_READERS_TENSOR_HPP
#define HEED_CONVERTER_READERS_TENSOR_HPP

#include "converter/readers/storage.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace heed::convert {

enum class SourceType : std::uint8_t { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

std::uint64_t size_of(SourceType type) noexcept;    // bytes of an element
std::string_view name_of(SourceType type) noexcept; // "f32", "bf16", "bool", ...

// Cheap to copy; copies share the storage. Safe to read from several threads.
class Tensor {
 public:
  // A view that is known to fit its storage. `offset` and `strides` are in elements of `type`, counted from
  // the storage's start. Throws Error(checkpoint_malformed), naming the tensor, for a negative size, stride
  // or offset, a size past 64 bits, and an element outside the storage.
  static Tensor checked(std::string_view name, SourceType type, std::shared_ptr<const Storage> storage,
                        std::int64_t offset, std::vector<std::int64_t> shape,
                        std::vector<std::int64_t> strides);

  SourceType type() const noexcept { return type_; }
  const std::vector<std::int64_t>& shape() const noexcept { return shape_; }
  const std::vector<std::int64_t>& strides() const noexcept { return strides_; } // in elements
  std::int64_t elements() const noexcept { return elements_; }
  std::uint64_t bytes() const noexcept { return static_cast<std::uint64_t>(elements_) * size_of(type_); }
  bool is_floating() const noexcept;

  // Values in row-major order, converted: `count` of them from number `first` of the flattened tensor, so
  // 0 <= first, 0 <= count, first + count <= elements(). `out` has room for `count`. Booleans are 0 or 1; a
  // conversion rounds to nearest. Throws Error: checkpoint_malformed when the storage turns out broken,
  // invalid_argument for a range outside the tensor.
  void read(std::int64_t first, std::int64_t count, double* out) const;
  void read(std::int64_t first, std::int64_t count, float* out) const;

 private:
  Tensor() = default;
  template <class Out>
  void read_as(std::int64_t first, std::int64_t count, Out* out) const;

  SourceType type_ = SourceType::f32;
  std::shared_ptr<const Storage> storage_;
  std::int64_t offset_ = 0;
  std::int64_t elements_ = 0;
  std::vector<std::int64_t> shape_;
  std::vector<std::int64_t> strides_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_TENSOR_HPP
