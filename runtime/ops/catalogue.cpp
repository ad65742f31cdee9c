#include "runtime/ops/catalogue.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace heed::ops {

namespace {

bool contains(Span<const std::uint64_t> sorted, std::uint64_t row) {
  return std::binary_search(sorted.begin(), sorted.end(), row);
}

} // namespace

UserVectors::UserVectors(const kernels::KernelTable& kernels, const Constant& rows, const RowsView& rows_of,
                         std::size_t count, std::int8_t* quantized, kernels::RowQuant* quants) noexcept
    : f32(rows_of), i8{quantized, quants, base::round_up(rows.cols, base::kAlignment)} {
  if (rows.dtype == DType::i8)
    kernels.quantize_rows({f32.data, i8.data, i8.quant, count, rows.cols, f32.stride, i8.stride});
}

UserScorer::UserScorer(const kernels::KernelTable& kernels, const Constant& rows, const float* bias,
                       const UserVectors& vectors, std::size_t vector) noexcept
    : kernels_(kernels), int8_(rows.dtype == DType::i8) {
  if (int8_)
    i8_ = {
        rows.i8(), rows.scales, bias, vectors.i8.data + vector * vectors.i8.stride, vectors.i8.quant[vector],
        rows.cols};
  else
    f32_ = {rows.f32(), bias, vectors.f32.data + vector * vectors.f32.stride, rows.cols};
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

void UserScorer::finish(TopK* best) const {
  best->finish();
  for (ScoredRow& kept : *best) kept.score = finish_score(kept.score);
}

float UserScorer::threshold_of(float score) const {
  if (!int8_ || i8_.bias != nullptr) return std::nextafter(score, -std::numeric_limits<float>::infinity());
  // A score is value * scale, rounded; the value that leads to it lies within 2^-22 of the quotient, or where
  // the score or the quotient is subnormal, within half the step of those. A scale of zero makes this NaN or
  // -infinity, which leave nothing out.
  const float scale = i8_.u_quant.scale, value = score / scale;
  return value - std::fabs(value) * 0x1p-20f - std::numeric_limits<float>::denorm_min() / scale -
         std::numeric_limits<float>::min();
}

namespace {

constexpr std::size_t kBlock = kernels::kBlock;

// Calls offer(row, value) for the rows `first` to end - 1 whose ranking value is not <= threshold().
template <class Threshold, class Offer>
void scan_all(const UserScorer& scorer, std::uint64_t first, std::uint64_t end, Threshold threshold,
              Offer offer) {
  alignas(base::kAlignment) float values[kBlock];
  const std::size_t blocks = (end + kBlock - 1) / kBlock;
  for (std::size_t block = scorer.scan(first / kBlock, blocks, threshold(), values); block < blocks;
       block = scorer.scan(block + 1, blocks, threshold(), values)) {
    const std::uint64_t row = block * kBlock;
    const std::size_t lanes = std::min<std::uint64_t>(kBlock, end - row); // further rows are not items
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (values[lane] <= threshold()) continue;
      offer(row + lane, values[lane]);
    }
  }
}

// The same for each row of `allowed` that is not excluded, whatever its value.
template <class Offer>
void scan_list(const UserScorer& scorer, Span<const std::uint64_t> allowed,
               Span<const std::uint64_t> excluded, Offer offer) {
  constexpr std::size_t kChunk = kBlock;
  std::uint64_t rows[kChunk];
  float values[kChunk];
  std::size_t count = 0;
  const auto flush = [&] {
    scorer.score_rows(rows, count, values);
    for (std::size_t i = 0; i < count; ++i) offer(rows[i], values[i]);
    count = 0;
  };
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if ((i > 0 && allowed[i] == allowed[i - 1]) || contains(excluded, allowed[i])) continue;
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

void CatalogueScorer::collect(std::uint64_t first, std::uint64_t end, Span<const std::uint64_t> excluded,
                              TopK* best) const {
  if (interests_ == 1) { // what ranks is finished at the end alone
    return scan_all(
        scorer(0), first, end, [&] { return best->threshold(); },
        [&](std::uint64_t row, float value) {
          if (!contains(excluded, row)) best->offer({value, row});
        });
  }
  for (std::size_t interest = 0; interest < interests_; ++interest) {
    const UserScorer user = scorer(interest);
    scan_all(
        user, first, end, [&] { return user.threshold_of(best->threshold()); },
        [&](std::uint64_t row, float value) {
          if (!contains(excluded, row)) best->raise({user.finish_score(value), row});
        });
  }
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

void CatalogueScorer::finish(TopK* best) const {
  if (interests_ > 1) return best->finish();
  scorer(0).finish(best);
}

float canonical(float value) {
  return value != value ? std::numeric_limits<float>::quiet_NaN() : value;
}

} // namespace heed::ops
