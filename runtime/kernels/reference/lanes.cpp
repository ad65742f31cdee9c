#include "runtime/kernels/reference/reference.hpp"

#include <cmath>

namespace heed::kernels::reference {

Lanes::Lanes(float start) {
  for (float& lane : lanes_) lane = start;
}

void Lanes::add(std::size_t index, float term) {
  lanes_[index % kBlock] += term;
}

void Lanes::add_square(std::size_t index, float term) {
  float& lane = lanes_[index % kBlock];
  lane = std::fmaf(term, term, lane);
}

void Lanes::raise(std::size_t index, float term) {
  float& lane = lanes_[index % kBlock];
  lane = term > lane ? term : lane;
}

float Lanes::sum16() const {
  float sums[kBlock];
  for (std::size_t i = 0; i < kBlock; ++i) sums[i] = lanes_[i];
  for (std::size_t distance = kBlock / 2; distance > 0; distance /= 2)
    for (std::size_t i = 0; i < distance; ++i) sums[i] = sums[i] + sums[i + distance];
  return sums[0];
}

float Lanes::max16() const {
  float largest = lanes_[0];
  for (float lane : lanes_) largest = lane > largest ? lane : largest;
  return largest;
}

} // namespace heed::kernels::reference
