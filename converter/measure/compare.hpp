// Two results of `heed bench --json`: which cells of the grid differ by more than noise.
#ifndef HEED_CONVERTER_MEASURE_COMPARE_HPP
#define HEED_CONVERTER_MEASURE_COMPARE_HPP

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace heed::measure {

// How often at most a comparison of two equal things finds any difference, over all of its cells.
constexpr double kFalseAlarms = 0.01;

// history_length, k, batch, threads: what a cell is found by in both results.
using CellKey = std::array<std::uint64_t, 4>;
extern const std::array<const char*, 4> kCellKeys; // the names of these

struct CellComparison {
  CellKey key;
  double a_us, b_us, ratio; // medians of the medians of rounds; b / a
  double p;                 // of rank_test over the medians of rounds
  // Of b: "faster", "slower" or "no difference". There is one where p is below kFalseAlarms divided by the
  // number of cells.
  const char* verdict;
};

struct Comparison {
  std::vector<CellComparison> cells;   // in the order of a
  std::vector<CellKey> only_a, only_b; // cells of one result alone
};

// Errors (convert::Error): data_mismatch, with `name_a` or `name_b`, for what is no result of `heed bench`,
// has a cell twice or not between four and kMostRanked rounds of it, and for results without a cell in
// common.
Comparison compare(const nlohmann::ordered_json& a, const std::string& name_a,
                   const nlohmann::ordered_json& b, const std::string& name_b);

} // namespace heed::measure

#endif // HEED_CONVERTER_MEASURE_COMPARE_HPP
