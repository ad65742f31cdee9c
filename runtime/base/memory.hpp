// Memory that a model or a session owns.
#ifndef HEED_RUNTIME_BASE_MEMORY_HPP
#define HEED_RUNTIME_BASE_MEMORY_HPP

#include "runtime/base/arithmetic.hpp"

#include <cstddef>
#include <new>
#include <utility>

namespace heed::base {

// Bytes aligned to kAlignment; empty when the system had none. Move only.
class AlignedBuffer {
 public:
  AlignedBuffer() noexcept = default;
  explicit AlignedBuffer(std::size_t bytes) noexcept
      : data_(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kAlignment}, std::nothrow))),
        bytes_(data_ != nullptr ? bytes : 0) {}
  AlignedBuffer(AlignedBuffer&& other) noexcept { swap(other); }
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~AlignedBuffer() { ::operator delete (data_, std::align_val_t{kAlignment}); }

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return bytes_; }

 private:
  void swap(AlignedBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

} // namespace heed::base

#endif // HEED_RUNTIME_BASE_MEMORY_HPP
