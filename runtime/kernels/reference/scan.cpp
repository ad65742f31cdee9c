#include "runtime/kernels/reference/reference.hpp"

#include <cmath>

namespace heed::kernels::reference {
namespace {

float value_of(const ScanF32& args, std::uint64_t row) {
  const float* weights = args.rows_n16 + row / kBlock * args.cols * kBlock + row % kBlock;
  float sum = 0.0f;
  for (std::size_t k = 0; k < args.cols; ++k) sum = std::fmaf(args.u[k], weights[k * kBlock], sum);
  return args.bias ? sum + args.bias[row] : sum;
}

float value_of(const ScanI8& args, std::uint64_t row) {
  const std::size_t groups = (args.cols + 3) / 4;
  const std::int8_t* weights = args.rows_n16k4 + row / kBlock * groups * 64 + row % kBlock * 4;
  std::int32_t sum = 0;
  for (std::size_t k = 0; k < args.cols; ++k) sum += args.u[k] * weights[k / 4 * 64 + k % 4];
  const float value = static_cast<float>(sum) * args.row_scales[row];
  return args.bias ? std::fmaf(value, args.u_quant.scale, args.bias[row]) : value;
}

// The nibble of column k of a row.
int nibble(const std::uint8_t* plane, std::size_t cols, std::uint64_t row, std::size_t k) {
  const std::size_t groups = (cols + 7) / 8;
  const int byte = plane[(row / kBlock * groups + k / 8) * 64 + row % kBlock * 4 + k % 4];
  return k % 8 < 4 ? byte % 16 : byte / 16;
}
float value_of_sum(const ScanPlanesI8& args, std::size_t user, std::uint64_t row, float sum) {
  const float value = sum * args.row_scales[row];
  return args.bias ? std::fmaf(value, args.u_quant[user].scale, args.bias[row]) : value;
}
float value_of(const ScanPlanesI8& args, std::size_t user, std::uint64_t row) {
  const std::int8_t* u = args.u + user * args.u_stride;
  std::int32_t sum = 0;
  for (std::size_t k = 0; k < args.cols; ++k)
    sum += u[k] * (16 * (nibble(args.high, args.cols, row, k) - 8) + nibble(args.low, args.cols, row, k));
  return value_of_sum(args, user, row, static_cast<float>(sum));
}
float bound_of(const ScanPlanesI8& args, std::size_t user, std::uint64_t row) {
  const std::int8_t* u = args.u + user * args.u_stride;
  std::int32_t high = 0;
  for (std::size_t k = 0; k < args.cols; ++k) high += u[k] * nibble(args.high, args.cols, row, k);
  const float rest = args.bounds[row / kBlock] * args.u_norms[user];
  const float added = rest + plane_base(args.u_quant[user].sum);
  return value_of_sum(args, user, row, static_cast<float>(16 * high) + added);
}

template <class Args>
std::size_t scan(const Args& args, std::size_t begin, std::size_t end, float threshold, float* values) {
  for (std::size_t block = begin; block < end; ++block) {
    bool stop = false;
    for (std::size_t i = 0; i < kBlock; ++i) {
      values[i] = value_of(args, block * kBlock + i);
      if (!(values[i] <= threshold)) stop = true;
    }
    if (stop) return block;
  }
  return end;
}

ScanF32 scan_of(const ScanUsersF32& args, std::size_t user) {
  return {args.rows_n16, args.bias, args.u + user * args.u_stride, args.cols};
}
ScanI8 scan_of(const ScanUsersI8& args, std::size_t user) {
  return {args.rows_n16k4,    args.row_scales, args.bias, args.u + user * args.u_stride,
          args.u_quant[user], args.cols};
}

template <class Args>
std::size_t scan_users(const Args& args, std::size_t begin, std::size_t end, const float* thresholds,
                       float* values) {
  for (std::size_t block = begin; block < end; ++block) {
    bool stop = false;
    for (std::size_t user = 0; user < args.users; ++user) {
      for (std::size_t i = 0; i < kBlock; ++i) {
        const float value = value_of(scan_of(args, user), block * kBlock + i);
        values[user * kBlock + i] = value;
        if (!(value <= thresholds[user])) stop = true;
      }
    }
    if (stop) return block;
  }
  return end;
}

} // namespace

std::size_t scan_f32(const ScanF32& args, std::size_t begin, std::size_t end, float threshold,
                     float* values) {
  return scan(args, begin, end, threshold, values);
}
std::size_t scan_i8(const ScanI8& args, std::size_t begin, std::size_t end, float threshold, float* values) {
  return scan(args, begin, end, threshold, values);
}
void score_rows_f32(const ScanF32& args, const std::uint64_t* rows, std::size_t count, float* values) {
  for (std::size_t i = 0; i < count; ++i) values[i] = value_of(args, rows[i]);
}
void score_rows_i8(const ScanI8& args, const std::uint64_t* rows, std::size_t count, float* values) {
  for (std::size_t i = 0; i < count; ++i) values[i] = value_of(args, rows[i]);
}

std::size_t scan_users_f32(const ScanUsersF32& args, std::size_t begin, std::size_t end,
                           const float* thresholds, float* values) {
  return scan_users(args, begin, end, thresholds, values);
}
std::size_t scan_users_i8(const ScanUsersI8& args, std::size_t begin, std::size_t end,
                          const float* thresholds, float* values) {
  return scan_users(args, begin, end, thresholds, values);
}

std::uint64_t scan_planes_i8(const ScanPlanesI8& args, std::size_t begin, std::size_t end,
                             const float* thresholds) {
  std::uint64_t found = 0;
  for (std::size_t block = begin; block < end; ++block)
    for (std::size_t user = 0; user < args.users; ++user)
      for (std::size_t i = 0; i < kBlock; ++i)
        if (!(bound_of(args, user, block * kBlock + i) <= thresholds[user]))
          found |= std::uint64_t{1} << (block - begin);
  return found;
}
void score_planes_i8(const ScanPlanesI8& args, std::size_t block, float* values) {
  for (std::size_t user = 0; user < args.users; ++user)
    for (std::size_t i = 0; i < kBlock; ++i)
      values[user * kBlock + i] = value_of(args, user, block * kBlock + i);
}

} // namespace heed::kernels::reference
