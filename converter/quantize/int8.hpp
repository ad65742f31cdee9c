// int8 with one scale a row, symmetric: what n16k4 tensors hold.
//
//   scale = max |row| / 127;  q = round_half_even(clamp(row / scale, -127, 127));  row ~ q * scale
//
// With a SecondOrder, each element takes its share of the errors of those before it, before it is rounded.
//
// A row whose scale would be 0 (all zero, or below float's range) gets scale 1 and zeros. All arithmetic is
// float, so the bytes do not depend on the type of the checkpoint.
#ifndef HEED_CONVERTER_QUANTIZE_INT8_HPP
#define HEED_CONVERTER_QUANTIZE_INT8_HPP

#include "converter/quantize/second_order.hpp"

#include <cstddef>
#include <cstdint>

namespace heed::convert {

// Writes `count` integers to `out` and returns the scale, finite and positive. The elements of `row` must be
// finite; `order`, or null, has `count` columns.
float quantize_row(const float* row, std::size_t count, std::int8_t* out, const SecondOrder* order = nullptr);

} // namespace heed::convert

#endif // HEED_CONVERTER_QUANTIZE_INT8_HPP
