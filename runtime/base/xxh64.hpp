// XXH64, the checksum of segments: fast, not cryptographic.
//
// After the published algorithm (xxHash specification 0.1.1, Yann Collet): four lanes of 64 bits over stripes
// of 32 bytes, merged, then the tail by 8, 4 and 1 bytes, then an avalanche.
#ifndef HEED_RUNTIME_BASE_XXH64_HPP
#define HEED_RUNTIME_BASE_XXH64_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace heed::base {

class Xxh64 {
 public:
  // Seed 0, the only one the file format uses.
  Xxh64() noexcept = default;

  // The next `bytes` bytes; any number of calls in any split gives the same digest.
  void update(const void* data, std::size_t bytes) noexcept {
    const unsigned char* at = static_cast<const unsigned char*>(data);
    total_ += bytes;
    if (buffered_ > 0) {
      const std::size_t take = bytes < kStripe - buffered_ ? bytes : kStripe - buffered_;
      std::memcpy(buffer_ + buffered_, at, take);
      buffered_ += take;
      at += take;
      bytes -= take;
      if (buffered_ < kStripe) return;
      consume(buffer_);
      buffered_ = 0;
    }
    for (; bytes >= kStripe; at += kStripe, bytes -= kStripe) consume(at);
    if (bytes > 0) std::memcpy(buffer_, at, bytes);
    buffered_ = bytes;
  }

  std::uint64_t digest() const noexcept {
    std::uint64_t hash = kPrime5;
    if (total_ >= kStripe) {
      hash = rotate(lanes_[0], 1) + rotate(lanes_[1], 7) + rotate(lanes_[2], 12) + rotate(lanes_[3], 18);
      for (const std::uint64_t lane : lanes_) hash = (hash ^ round(0, lane)) * kPrime1 + kPrime4;
    }
    hash += total_;
    const unsigned char* at = buffer_;
    std::size_t left = buffered_;
    for (; left >= 8; at += 8, left -= 8) hash = rotate(hash ^ round(0, read64(at)), 27) * kPrime1 + kPrime4;
    if (left >= 4) {
      hash = rotate(hash ^ (read32(at) * kPrime1), 23) * kPrime2 + kPrime3;
      at += 4;
      left -= 4;
    }
    for (; left > 0; ++at, --left) hash = rotate(hash ^ (*at * kPrime5), 11) * kPrime1;
    hash = (hash ^ (hash >> 33)) * kPrime2;
    hash = (hash ^ (hash >> 29)) * kPrime3;
    return hash ^ (hash >> 32);
  }

 private:
  static constexpr std::size_t kStripe = 32;
  static constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87u, kPrime2 = 0xC2B2AE3D27D4EB4Fu,
                                 kPrime3 = 0x165667B19E3779F9u, kPrime4 = 0x85EBCA77C2B2AE63u,
                                 kPrime5 = 0x27D4EB2F165667C5u;

  static std::uint64_t rotate(std::uint64_t value, int bits) noexcept {
    return (value << bits) | (value >> (64 - bits));
  }
  static std::uint64_t round(std::uint64_t lane, std::uint64_t input) noexcept {
    return rotate(lane + input * kPrime2, 31) * kPrime1;
  }
  static std::uint64_t read64(const unsigned char* at) noexcept {
    std::uint64_t value;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  static std::uint64_t read32(const unsigned char* at) noexcept {
    std::uint32_t value;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  void consume(const unsigned char* stripe) noexcept {
    for (int i = 0; i < 4; ++i) lanes_[i] = round(lanes_[i], read64(stripe + 8 * i));
  }

  std::uint64_t lanes_[4] = {kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
  std::uint64_t total_ = 0;
  unsigned char buffer_[kStripe] = {};
  std::size_t buffered_ = 0;
};

} // namespace heed::base

#endif // HEED_RUNTIME_BASE_XXH64_HPP
