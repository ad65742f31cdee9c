// Elements of the source types, read from unaligned little-endian bytes.
#ifndef HEED_CONVERTER_READERS_ELEMENT_HPP
#define HEED_CONVERTER_READERS_ELEMENT_HPP

#include <cstdint>
#include <cstring>

namespace heed::convert {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied as they stand in the file");

template <class T>
T load_unaligned(const void* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

inline float float_from_bits(std::uint32_t bits) {
  return load_unaligned<float>(&bits);
}

// The upper half of a float.
inline float float_from_bfloat16(std::uint16_t bits) {
  return float_from_bits(static_cast<std::uint32_t>(bits) << 16);
}

// IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 mantissa bits. Exact, as float has more of each.
inline float float_from_half(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1FU;
  const std::uint32_t mantissa = bits & 0x3FFU;
  if (exponent == 0) { // zero and subnormals: mantissa * 2^-24
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + (127 - 15);
  return float_from_bits(sign | wide << 23 | mantissa << 13);
}

// One type per SourceType: its size in the file and its value.
template <class T>
struct Plain {
  static constexpr std::int64_t size = sizeof(T);
  static T value(const std::uint8_t* at) { return load_unaligned<T>(at); }
};
struct Half {
  static constexpr std::int64_t size = 2;
  static float value(const std::uint8_t* at) { return float_from_half(load_unaligned<std::uint16_t>(at)); }
};
struct BFloat16 {
  static constexpr std::int64_t size = 2;
  static float value(const std::uint8_t* at) {
    return float_from_bfloat16(load_unaligned<std::uint16_t>(at));
  }
};
struct Boolean {
  static constexpr std::int64_t size = 1;
  static int value(const std::uint8_t* at) { return *at != 0 ? 1 : 0; }
};

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_ELEMENT_HPP
