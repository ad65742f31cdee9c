#include "runtime/base/memory.hpp"
#include "runtime/ops/catalogue.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace heed::ops {
namespace {

constexpr std::size_t kItems = 333, kBest = 20;

// The best of a catalogue whose rows all hold `row`, for the vector that holds `vector`.
std::vector<ScoredRow> best(const kernels::KernelTable& table, DType dtype, std::size_t cols, float row,
                            float vector) {
  const std::size_t items = base::round_up(kItems, kernels::kBlock), padded = base::round_up(cols, 64);
  base::AlignedBuffer values(items * padded * sizeof(float)), scales(items * sizeof(float));
  base::AlignedBuffer user((padded + kernels::kBlock) * sizeof(float)), quantized(padded);
  Constant rows;
  rows.data = values.data();
  rows.rows = kItems;
  rows.cols = cols;
  rows.dtype = dtype;
  if (dtype == DType::f32) {
    rows.layout = Layout::n16;
    std::fill_n(reinterpret_cast<float*>(values.data()), items * padded, row);
  } else {
    rows.layout = Layout::n16k4;
    rows.scales = reinterpret_cast<const float*>(scales.data());
    std::fill_n(reinterpret_cast<std::int8_t*>(values.data()), items * padded, static_cast<std::int8_t>(row));
    std::fill_n(reinterpret_cast<float*>(scales.data()), items, 0.5f);
  }
  std::fill_n(reinterpret_cast<float*>(user.data()), padded + kernels::kBlock, vector);
  const RowsView view{reinterpret_cast<float*>(user.data()), padded};
  kernels::RowQuant quant;
  float norm;
  const CatalogueScorer scorer(table, rows, nullptr, view, 1,
                               reinterpret_cast<std::int8_t*>(quantized.data()), &quant, &norm);
  std::vector<ScoredRow> out(kBest);
  TopK top(out.data(), kBest);
  scorer.collect(0, kItems, {}, &top);
  scorer.finish(&top);
  out.resize(top.size());
  return out;
}

void expect_first_rows(float row, float vector) {
  const kernels::KernelTable* tables[16];
  const std::size_t count = kernels::available_tables(tables, 16);
  for (std::size_t t = 0; t < count; ++t) {
    for (const DType dtype : {DType::f32, DType::i8}) {
      for (const std::size_t cols : {1U, 50U, 130U, 1041U}) {
        SCOPED_TRACE(testing::Message() << tables[t]->isa << (dtype == DType::i8 ? ", int8, " : ", f32, ")
                                        << cols << " columns");
        const std::vector<ScoredRow> got = best(*tables[t], dtype, cols, row, vector);
        ASSERT_EQ(got.size(), kBest);
        for (std::size_t i = 0; i < kBest; ++i) {
          EXPECT_EQ(got[i].row, i);
          EXPECT_EQ(got[i].score, got[0].score);
        }
      }
    }
  }
}

TEST(Catalogue, OfEqualRowsTheFirstAreBest) {
  expect_first_rows(3.0f, 0.25f);
  expect_first_rows(3.0f, -0.25f);
}
TEST(Catalogue, AZeroVectorFindsAllRowsEqual) {
  expect_first_rows(3.0f, 0.0f);
  expect_first_rows(-2.0f, -0.0f);
}

} // namespace
} // namespace heed::ops
