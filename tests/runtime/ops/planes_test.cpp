// A catalogue in planes gives what the same rows in n16k4 give, to the bit: for one user and several, for
// lists and for single rows, whatever the values.
#include "runtime/base/memory.hpp"
#include "runtime/ops/catalogue.hpp"
#include "runtime/ops/group_scorer.hpp"
#include "tests/runtime/kernels/support.hpp"

#include <cstring>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace heed::ops {
namespace {

using kernels::test::kInf;
using kernels::test::kNan;
using kernels::test::Planes;
using kernels::test::Random;

constexpr std::size_t kUsers = 7, kBest = 20;

struct Case {
  std::size_t items, cols, interests;
  bool bias;
};

// The rows of a Planes in both layouts, and vectors for them.
class Catalogues {
 public:
  Catalogues(Random& random, const Case& c)
      : both_(random, c.items, c.cols, c.bias), bytes_(2 * both_.high.size()),
        floats_((kUsers + 1) * stride(c.cols) * sizeof(float)), quantized_(kUsers * stride(c.cols)) {
    std::memcpy(bytes_.data(), both_.high.data(), both_.high.size());
    std::memcpy(bytes_.data() + both_.high.size(), both_.low.data(), both_.low.size());
    plain.rows = planes.rows = c.items;
    plain.cols = planes.cols = c.cols;
    plain.dtype = planes.dtype = DType::i8;
    plain.scales = planes.scales = both_.scales.data();
    plain.layout = Layout::n16k4;
    plain.data = both_.i8.data();
    planes.layout = Layout::planes;
    planes.data = bytes_.data();
    planes.bounds = both_.bounds.data();
    vectors = {reinterpret_cast<float*>(floats_.data()), stride(c.cols)};
    for (std::size_t i = 0; i < kUsers * stride(c.cols); ++i) vectors.data[i] = random.uniform(-1.0f, 1.0f);
  }
  CatalogueScorer scorer(const kernels::KernelTable& table, const Constant& rows, std::size_t interests) {
    return {table, rows, both_.bias_data, vectors, interests, bytes(), quants_, norms_};
  }
  GroupScorer group(const kernels::KernelTable& table, const Constant& rows) {
    return {table, rows, both_.bias_data, vectors, kUsers, bytes(), quants_, norms_};
  }
  float* scales() { return both_.scales.data(); }

  Constant plain, planes;
  RowsView vectors;

 private:
  static std::size_t stride(std::size_t cols) { return base::round_up(cols, 64); }
  std::int8_t* bytes() { return reinterpret_cast<std::int8_t*>(quantized_.data()); }

  Planes both_;
  base::AlignedBuffer bytes_, floats_, quantized_;
  kernels::RowQuant quants_[kUsers];
  float norms_[kUsers];
};

// What each of the ways to score gives.
struct Results {
  std::vector<ScoredRow> whole, part, listed;
  std::vector<std::vector<ScoredRow>> users;
  std::vector<float> scores;
  std::uint64_t bytes = 0;
};

std::vector<ScoredRow> rows_of(const TopK& top) {
  return {top.begin(), top.end()};
}

Results run(const kernels::KernelTable& table, Catalogues& c, const Constant& rows, std::size_t interests) {
  Results results;
  const std::uint64_t items = rows.rows;
  std::vector<std::uint64_t> excluded, allowed, all(items);
  for (std::uint64_t row = 0; row < items; row += 3) excluded.push_back(row);
  for (std::uint64_t row = 1; row < items; row += 2) allowed.push_back(row);
  std::iota(all.begin(), all.end(), std::uint64_t{0});
  const CatalogueScorer scorer = c.scorer(table, rows, interests);
  std::vector<ScoredRow> room(kUsers * kBest);
  const auto collected = [&](auto collect) {
    TopK top(room.data(), kBest);
    collect(&top);
    scorer.finish(&top);
    return rows_of(top);
  };
  results.whole = collected([&](TopK* top) { results.bytes = scorer.collect(0, items, {}, top); });
  if (items > 32) results.part = collected([&](TopK* top) { scorer.collect(32, items, excluded, top); });
  results.listed = collected([&](TopK* top) { scorer.collect_of(allowed, excluded, top); });
  results.scores.resize(items);
  scorer.score(all.data(), items, results.scores.data());
  if (interests > 1) return results;

  const GroupScorer group = c.group(table, rows);
  std::vector<TopK> tops;
  for (std::size_t u = 0; u < kUsers; ++u) tops.emplace_back(room.data() + u * kBest, kBest);
  std::vector<Span<const std::uint64_t>> without(kUsers);
  without[1] = excluded;
  group.collect(0, items, without.data(), tops.data());
  for (std::size_t u = 0; u < kUsers; ++u) {
    group.finish(u, &tops[u]);
    results.users.push_back(rows_of(tops[u]));
  }
  return results;
}

void expect_same(const std::vector<ScoredRow>& plain, const std::vector<ScoredRow>& planes) {
  ASSERT_EQ(plain.size(), planes.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(plain[i].row, planes[i].row) << "rank " << i;
    EXPECT_TRUE(kernels::test::same(plain[i].score, planes[i].score)) << "rank " << i;
  }
}

// Every table over planes against the scalar one over n16k4.
void expect_equal(Catalogues& c, std::size_t interests) {
  const kernels::KernelTable* tables[16];
  const std::size_t count = kernels::available_tables(tables, 16);
  const Results plain = run(*tables[count - 1], c, c.plain, interests);
  for (std::size_t t = 0; t < count; ++t) {
    SCOPED_TRACE(tables[t]->isa);
    const Results planes = run(*tables[t], c, c.planes, interests);
    expect_same(plain.whole, planes.whole);
    expect_same(plain.part, planes.part);
    expect_same(plain.listed, planes.listed);
    for (std::size_t i = 0; i < plain.scores.size(); ++i)
      ASSERT_TRUE(kernels::test::same(plain.scores[i], planes.scores[i])) << "row " << i;
    for (std::size_t u = 0; u < plain.users.size(); ++u) expect_same(plain.users[u], planes.users[u]);
  }
}

const Case kCases[] = {{5, 3, 1, false},    {333, 50, 1, false},  {333, 64, 1, true}, {2500, 20, 1, false},
                       {2500, 20, 3, true}, {900, 131, 3, false}, {33, 1024, 1, true}};

TEST(PlanesCatalogue, RandomRows) {
  for (const Case& each : kCases) {
    SCOPED_TRACE(testing::Message() << each.items << " rows of " << each.cols);
    Random random(each.items + each.cols);
    Catalogues c(random, each);
    expect_equal(c, each.interests);
  }
}
// All scores are equal, or none is a number: the first rows are the best.
TEST(PlanesCatalogue, VectorsOfZerosNanAndInfinity) {
  for (const float value : {0.0f, -0.0f, kNan, kInf}) {
    for (const Case& each : kCases) {
      Random random(3);
      Catalogues c(random, each);
      for (std::size_t k = 0; k < each.cols; ++k) c.vectors.data[k] = value;
      expect_equal(c, each.interests);
    }
  }
}
// Only corrupt files have them: the answers are the same nevertheless.
TEST(PlanesCatalogue, ScalesThatAreNoNumbersOrZero) {
  for (const Case& each : kCases) {
    Random random(4);
    Catalogues c(random, each);
    for (std::size_t row = 0; row < each.items; row += 5) c.scales()[row] = row % 2 == 0 ? kNan : 0.0f;
    expect_equal(c, each.interests);
  }
}
TEST(PlanesCatalogue, ReadsLessThanTheWholeCatalogue) {
  Random random(5);
  Catalogues c(random, {4000, 64, 1, false});
  const kernels::KernelTable& table = *kernels::active_table();
  const std::uint64_t blocks = 250, beside = blocks * 64;
  EXPECT_EQ(run(table, c, c.plain, 1).bytes, blocks * 1024 + beside);
  const std::uint64_t bytes = run(table, c, c.planes, 1).bytes;
  EXPECT_GE(bytes, blocks * (512 + 4) + beside);
  EXPECT_LT(bytes, blocks * 1024 + beside);
}

} // namespace
} // namespace heed::ops
