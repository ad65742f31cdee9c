// The generator behind everything that the converter draws, defined to the bit so that all of it can be
// reproduced anywhere.
#ifndef HEED_CONVERTER_RANDOM_HPP
#define HEED_CONVERTER_RANDOM_HPP

#include <cstdint>

namespace heed::convert {

// SplitMix64 [Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014].
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; } // [0, 1)

  // Uniform in [0, bound), bound >= 1: next() modulo bound, values from the last incomplete run of `bound`
  // numbers below 2^64 drawn again, so that none is more likely than another.
  std::uint64_t below(std::uint64_t bound) noexcept {
    const std::uint64_t limit = UINT64_MAX - (UINT64_MAX % bound + 1) % bound; // the last acceptable value
    for (;;) {
      const std::uint64_t value = next();
      if (value <= limit) return value % bound;
    }
  }

 private:
  std::uint64_t state_;
};

// A stream of its own for each thing that is drawn for, by its number: it depends on nothing else, so results
// are the same whatever the order and the number of threads.
inline SplitMix64 stream_of(std::uint64_t seed, std::uint64_t number) noexcept {
  return SplitMix64(SplitMix64(seed).next() + SplitMix64(~number).next());
}

} // namespace heed::convert

#endif // HEED_CONVERTER_RANDOM_HPP
