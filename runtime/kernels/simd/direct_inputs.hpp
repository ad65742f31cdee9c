// Activations as most dot products take them: where they are.
#ifndef HEED_RUNTIME_KERNELS_SIMD_DIRECT_INPUTS_HPP
#define HEED_RUNTIME_KERNELS_SIMD_DIRECT_INPUTS_HPP

#include "runtime/kernels/simd/base.hpp"

namespace heed::kernels {
namespace {

// Up to R rows of 8-bit activations, `stride` apart, for a dot_tile(). A Dot names this or another such class
// as its Inputs.
template <size_t R>
class DirectInputs {
 public:
  HEED_INLINE DirectInputs(const int8_t* x, size_t stride, size_t /*groups*/, size_t /*rows*/)
      : x_(x), stride_(stride) {}

  // How many groups of 4 are held at once, and holding those from `first` on.
  HEED_INLINE static size_t span(size_t groups) { return groups; }
  HEED_INLINE void hold(size_t /*first*/, size_t /*count*/) {}

  HEED_INLINE const int8_t* row(size_t r) const { return x_ + r * stride_; }
  HEED_INLINE size_t stride() const { return stride_; }

  // What the sums of row r start with; `sum` is that of its activations.
  template <class Dot>
  HEED_INLINE typename Dot::Sums start(size_t /*r*/, int32_t sum) const {
    return Dot::start(sum);
  }
  // Group `g` of row r, counted from the first one held.
  template <class Dot>
  HEED_INLINE typename Dot::Input input(size_t r, size_t g) const {
    return Dot::input(row(r) + 4 * g);
  }

 private:
  const int8_t* x_;
  size_t stride_;
};

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_SIMD_DIRECT_INPUTS_HPP
