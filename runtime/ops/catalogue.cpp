#include "runtime/ops/catalogue.hpp"

#include "runtime/ops/block_values.hpp"
#include "runtime/ops/left_out.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace heed::ops {

namespace {

// At least the vector's Euclidean norm: the sum of squares is exact, and the root of it rounded.
float norm_above(const std::int8_t* vector, std::size_t cols) {
  std::int32_t squares = 0;
  for (std::size_t k = 0; k < cols; ++k) squares += vector[k] * vector[k];
  return std::nextafter(static_cast<float>(std::sqrt(static_cast<double>(squares))),
                        std::numeric_limits<float>::infinity());
}

} // namespace

UserVectors::UserVectors(const kernels::KernelTable& kernels, const Constant& rows, const RowsView& rows_of,
                         std::size_t count, std::int8_t* quantized, kernels::RowQuant* quants,
                         float* norms_of) noexcept
    : f32(rows_of), i8{quantized, quants, base::round_up(rows.cols, base::kAlignment)}, norms(norms_of) {
  if (rows.dtype == DType::i8)
    kernels.quantize_rows({f32.data, i8.data, i8.quant, count, rows.cols, f32.stride, i8.stride});
  if (rows.layout == Layout::planes)
    for (std::size_t v = 0; v < count; ++v) norms_of[v] = norm_above(i8.data + v * i8.stride, rows.cols);
}

kernels::ScanPlanesI8 UserVectors::planes(const Constant& rows, const float* bias, std::size_t first,
                                          std::size_t users) const noexcept {
  return {rows.high(),      rows.low(),    rows.bounds, rows.scales, bias, i8.data + first * i8.stride,
          i8.quant + first, norms + first, rows.cols,   i8.stride,   users};
}

UserScorer::UserScorer(const kernels::KernelTable& kernels, const Constant& rows, const float* bias,
                       const UserVectors& vectors, std::size_t vector) noexcept
    : kernels_(kernels), layout_(rows.layout) {
  if (layout_ == Layout::n16) {
    f32_ = {rows.f32(), bias, vectors.f32.data + vector * vectors.f32.stride, rows.cols};
    return;
  }
  const kernels::RowQuant& quant = vectors.i8.quant[vector];
  if (bias == nullptr) factor_ = quant.scale;
  if (planes())
    planes_ = vectors.planes(rows, bias, vector, 1);
  else
    i8_ = {rows.i8(), rows.scales, bias, vectors.i8.data + vector * vectors.i8.stride, quant, rows.cols};
}

void UserScorer::score_rows(const std::uint64_t* row, std::size_t count, float* values) const {
  if (planes()) {
    for (std::size_t i = 0; i < count; ++i) {
      float block[kernels::kBlock];
      score_block(row[i] / kernels::kBlock, block);
      values[i] = block[row[i] % kernels::kBlock];
    }
  } else if (layout_ == Layout::n16k4) {
    kernels_.score_rows_i8(i8_, row, count, values);
  } else {
    kernels_.score_rows_f32(f32_, row, count, values);
  }
}

std::size_t UserScorer::scan(std::size_t begin, std::size_t end, float threshold, float* values) const {
  return layout_ == Layout::n16k4 ? kernels_.scan_i8(i8_, begin, end, threshold, values)
                                  : kernels_.scan_f32(f32_, begin, end, threshold, values);
}

std::uint64_t UserScorer::scan_planes(std::size_t begin, std::size_t end, float threshold) const {
  return kernels_.scan_planes_i8(planes_, begin, end, &threshold);
}

void UserScorer::score_block(std::size_t block, float* values) const {
  kernels_.score_planes_i8(planes_, block, values);
}

float UserScorer::finish_score(float value) const {
  return canonical(value * factor_);
}

void UserScorer::finish(TopK* best) const {
  best->finish();
  for (ScoredRow& kept : *best) kept.score = finish_score(kept.score);
}

float UserScorer::threshold_of(float score) const {
  if (factor_ == 1.0f) return std::nextafter(score, -std::numeric_limits<float>::infinity());
  // A score is value * scale, rounded; the value that leads to it lies within 2^-22 of the quotient, or where
  // the score or the quotient is subnormal, within half the step of those. A scale of zero makes this NaN or
  // -infinity, which leave nothing out.
  const float value = score / factor_;
  return value - std::fabs(value) * 0x1p-20f - std::numeric_limits<float>::denorm_min() / factor_ -
         std::numeric_limits<float>::min();
}

namespace {

constexpr std::size_t kBlock = kernels::kBlock;

// Calls offer(row, value) for the rows from `block` on whose ranking value is not <= threshold(), of planes:
// by spans, of which the high plane is read at once and what it leaves is finished. Spans are short at first,
// when little is known about the threshold. Returns how many blocks were finished.
template <class Threshold, class Offer>
std::uint64_t scan_planes(const UserScorer& scorer, std::size_t block, std::uint64_t end, Threshold threshold,
                          Offer offer) {
  alignas(base::kAlignment) float values[kBlock];
  const std::size_t blocks = (end + kBlock - 1) / kBlock;
  std::uint64_t finished = 0;
  for (std::size_t span = 4; block < blocks;
       block += span, span = std::min(2 * span, kernels::kPlaneBlocks)) {
    span = std::min(span, blocks - block);
    for (std::uint64_t found = scorer.scan_planes(block, block + span, threshold()); found != 0;
         found &= found - 1, ++finished) {
      const std::size_t at = block + static_cast<std::size_t>(__builtin_ctzll(found));
      scorer.score_block(at, values);
      offer_block(at, end, values, threshold, offer);
    }
  }
  return finished;
}

// The same for the rows `first` to end - 1 of any layout.
template <class Threshold, class Offer>
std::uint64_t scan_all(const UserScorer& scorer, std::uint64_t first, std::uint64_t end, Threshold threshold,
                       Offer offer) {
  if (scorer.planes()) return scan_planes(scorer, first / kBlock, end, threshold, offer);
  alignas(base::kAlignment) float values[kBlock];
  const std::size_t blocks = (end + kBlock - 1) / kBlock;
  for (std::size_t block = scorer.scan(first / kBlock, blocks, threshold(), values); block < blocks;
       block = scorer.scan(block + 1, blocks, threshold(), values))
    offer_block(block, end, values, threshold, offer);
  return 0;
}

// The same for each row of `allowed` that is not excluded, whatever its value.
template <class Offer>
void scan_list(const UserScorer& scorer, Span<const std::uint64_t> allowed,
               Span<const std::uint64_t> excluded, Offer offer) {
  constexpr std::size_t kChunk = kBlock;
  std::uint64_t rows[kChunk];
  float values[kChunk];
  std::size_t count = 0;
  LeftOut left_out(excluded);
  const auto flush = [&] {
    scorer.score_rows(rows, count, values);
    for (std::size_t i = 0; i < count; ++i) offer(rows[i], values[i]);
    count = 0;
  };
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if ((i > 0 && allowed[i] == allowed[i - 1]) || left_out.holds(allowed[i])) continue;
    rows[count++] = allowed[i];
    if (count == kChunk) flush();
  }
  if (count > 0) flush();
}

} // namespace

void CatalogueScorer::score(const std::uint64_t* row, std::size_t count, float* scores) const {
  constexpr std::size_t kChunk = kBlock;
  for (std::size_t interest = 0; interest < interests_; ++interest) {
    const UserScorer user = scorer(interest);
    for (std::size_t first = 0; first < count; first += kChunk) {
      float values[kChunk];
      const std::size_t chunk = std::min(kChunk, count - first);
      user.score_rows(row + first, chunk, values);
      for (std::size_t i = 0; i < chunk; ++i) {
        const float found = user.finish_score(values[i]);
        float& known = scores[first + i];
        if (interest == 0 || ranks_before({found, 0}, {known, 0})) known = found;
      }
    }
  }
}

std::uint64_t CatalogueScorer::collect(std::uint64_t first, std::uint64_t end,
                                       Span<const std::uint64_t> excluded, TopK* best) const {
  std::uint64_t finished = 0;
  if (interests_ == 1) { // what ranks is finished at the end alone
    LeftOut left_out(excluded);
    finished = scan_all(
        scorer(0), first, end, [&] { return best->threshold(); },
        [&](std::uint64_t row, float value) {
          if (!left_out.holds(row)) best->offer({value, row});
        });
  } else {
    for (std::size_t interest = 0; interest < interests_; ++interest) {
      const UserScorer user = scorer(interest);
      LeftOut left_out(excluded);
      finished += scan_all(
          user, first, end, [&] { return user.threshold_of(best->threshold()); },
          [&](std::uint64_t row, float value) {
            if (!left_out.holds(row)) best->raise({user.finish_score(value), row});
          });
    }
  }
  const std::uint64_t blocks = (end - first + kBlock - 1) / kBlock;
  return blocks * interests_ * scan_block_bytes() + finished * low_block_bytes();
}

void CatalogueScorer::collect_of(Span<const std::uint64_t> allowed, Span<const std::uint64_t> excluded,
                                 TopK* best) const {
  for (std::size_t interest = 0; interest < interests_; ++interest) {
    const UserScorer user = scorer(interest);
    scan_list(user, allowed, excluded, [&](std::uint64_t row, float value) {
      if (interests_ == 1)
        best->offer({value, row});
      else
        best->raise({user.finish_score(value), row});
    });
  }
}

// Rows or their high plane, and what stands beside them.
std::uint64_t CatalogueScorer::scan_block_bytes() const {
  const std::uint64_t floats = kBlock * sizeof(float), beside = bias_ != nullptr ? floats : 0;
  if (rows_.layout == Layout::n16) return rows_.cols * floats + beside;
  if (rows_.layout == Layout::n16k4) return base::round_up(rows_.cols, 4) * kBlock + floats + beside;
  return low_block_bytes() + sizeof(float) + floats + beside;
}
// Of planes.
std::uint64_t CatalogueScorer::low_block_bytes() const {
  return base::round_up(rows_.cols, 8) * kBlock / 2;
}

void CatalogueScorer::finish(TopK* best) const {
  if (interests_ > 1) return best->finish();
  scorer(0).finish(best);
}

float canonical(float value) {
  return value != value ? std::numeric_limits<float>::quiet_NaN() : value;
}

} // namespace heed::ops
