#include "runtime/ops/catalogue.hpp"

#include <algorithm>
#include <limits>

namespace heed::ops {

namespace {

bool contains(Span<const std::uint64_t> sorted, std::uint64_t row) {
  return std::binary_search(sorted.begin(), sorted.end(), row);
}

} // namespace

UserScorer::UserScorer(const kernels::KernelTable& kernels, const Constant& rows, const float* bias,
                       const float* vector, std::int8_t* quantized) noexcept
    : kernels_(kernels), int8_(rows.dtype == DType::i8) {
  if (int8_) {
    kernels::RowQuant quant{};
    const std::size_t stride = base::round_up(rows.cols, base::kAlignment);
    kernels.quantize_rows({vector, quantized, &quant, 1, rows.cols, stride, stride});
    i8_ = {rows.i8(), rows.scales, bias, quantized, quant, rows.cols};
  } else {
    f32_ = {rows.f32(), bias, vector, rows.cols};
  }
}

void UserScorer::score_rows(const std::uint64_t* row, std::size_t count, float* values) const {
  if (int8_)
    kernels_.score_rows_i8(i8_, row, count, values);
  else
    kernels_.score_rows_f32(f32_, row, count, values);
}

std::size_t UserScorer::scan(std::size_t begin, std::size_t end, float threshold, float* values) const {
  return int8_ ? kernels_.scan_i8(i8_, begin, end, threshold, values)
               : kernels_.scan_f32(f32_, begin, end, threshold, values);
}

float UserScorer::finish_score(float value) const {
  return canonical(int8_ && i8_.bias == nullptr ? value * i8_.u_quant.scale : value);
}

void scan_catalogue(const UserScorer& scorer, std::uint64_t items, Span<const std::uint64_t> excluded,
                    TopK* best) {
  constexpr std::size_t kBlock = kernels::kBlock;
  alignas(base::kAlignment) float values[kBlock];
  const std::size_t blocks = (items + kBlock - 1) / kBlock;
  for (std::size_t block = scorer.scan(0, blocks, best->threshold(), values); block < blocks;
       block = scorer.scan(block + 1, blocks, best->threshold(), values)) {
    const std::uint64_t first = block * kBlock;
    const std::size_t lanes = std::min<std::uint64_t>(kBlock, items - first); // further rows are not items
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (values[lane] <= best->threshold()) continue;
      if (contains(excluded, first + lane)) continue;
      best->offer({values[lane], first + lane});
    }
  }
}

void scan_allowed(const UserScorer& scorer, Span<const std::uint64_t> allowed,
                  Span<const std::uint64_t> excluded, TopK* best) {
  constexpr std::size_t kChunk = kernels::kBlock;
  std::uint64_t rows[kChunk];
  float values[kChunk];
  std::size_t count = 0;
  const auto flush = [&] {
    scorer.score_rows(rows, count, values);
    for (std::size_t i = 0; i < count; ++i) best->offer({values[i], rows[i]});
    count = 0;
  };
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if ((i > 0 && allowed[i] == allowed[i - 1]) || contains(excluded, allowed[i])) continue;
    rows[count++] = allowed[i];
    if (count == kChunk) flush();
  }
  if (count > 0) flush();
}

float canonical(float value) {
  return value != value ? std::numeric_limits<float>::quiet_NaN() : value;
}

} // namespace heed::ops
