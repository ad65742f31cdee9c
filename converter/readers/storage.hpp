// A flat run of bytes that tensors are views of.
#ifndef HEED_CONVERTER_READERS_STORAGE_HPP
#define HEED_CONVERTER_READERS_STORAGE_HPP

#include "converter/readers/bytes.hpp"

#include <cstdint>
#include <utility>

namespace heed::convert {

// Shared by the tensors that view it and freed with the last of them. Safe to use from several threads.
class Storage {
 public:
  explicit Storage(std::uint64_t bytes) : bytes_(bytes) {}
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  virtual ~Storage() = default;

  std::uint64_t bytes() const noexcept { return bytes_; }

  // Address of bytes() bytes without any alignment, valid as long as the storage. Whatever has to be loaded
  // is loaded on the first call. Throws Error when that fails.
  virtual const std::uint8_t* data() const = 0;

 private:
  std::uint64_t bytes_;
};

// Bytes used in place, such as a part of a mapped file.
class RangeStorage final : public Storage {
 public:
  explicit RangeStorage(ByteRange range) : Storage(range.bytes.size()), range_(std::move(range)) {}
  const std::uint8_t* data() const override {
    return reinterpret_cast<const std::uint8_t*>(range_.bytes.data());
  }

 private:
  ByteRange range_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_STORAGE_HPP
