#include "converter/measure/compare.hpp"

#include "converter/error.hpp"
#include "converter/measure/statistics.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace heed::measure {

const std::array<const char*, 4> kCellKeys = {"history_length", "k", "batch", "threads"};

namespace {

using Json = nlohmann::ordered_json;

// With fewer, no order of the samples is rare.
constexpr std::size_t kFewestRounds = 4;

struct Rounds {
  CellKey key;
  std::vector<double> us;
};

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw convert::Error(StatusCode::data_mismatch, name + ": " + what);
}

Rounds read_cell(const Json& cell, const std::string& name) {
  Rounds rounds{};
  if (!cell.is_object()) fail(name, "a cell is no JSON object");
  for (std::size_t i = 0; i < kCellKeys.size(); ++i) {
    const auto field = cell.find(kCellKeys[i]);
    if (field == cell.end() || !field->is_number_unsigned())
      fail(name, fmt::format("a cell has no whole number '{}'", kCellKeys[i]));
    rounds.key[i] = field->get<std::uint64_t>();
  }
  const auto field = cell.find("round_p50_us");
  if (field == cell.end() || !field->is_array() || field->size() < kFewestRounds ||
      field->size() > std::size_t{kMostRanked})
    fail(name,
         fmt::format("a cell has no list 'round_p50_us' of {} to {} times", kFewestRounds, kMostRanked));
  for (const Json& time : *field) {
    if (!time.is_number() || !(time.get<double>() > 0))
      fail(name, "'round_p50_us' of a cell holds something else than times above 0");
    rounds.us.push_back(time.get<double>());
  }
  return rounds;
}

const Rounds* find(const std::vector<Rounds>& cells, const CellKey& key) {
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const Rounds& r) { return r.key == key; });
  return found == cells.end() ? nullptr : &*found;
}

std::vector<Rounds> read_result(const Json& result, const std::string& name) {
  if (!result.is_object() || !result.contains("cells") || !result["cells"].is_array())
    fail(name, "no result of 'heed bench --json': it has no list 'cells'");
  std::vector<Rounds> cells;
  for (const Json& cell : result["cells"]) {
    Rounds read = read_cell(cell, name);
    if (find(cells, read.key) != nullptr) fail(name, "a cell stands there twice");
    cells.push_back(std::move(read));
  }
  return cells;
}

} // namespace

Comparison compare(const Json& a, const std::string& name_a, const Json& b, const std::string& name_b) {
  const std::vector<Rounds> of_a = read_result(a, name_a), of_b = read_result(b, name_b);
  Comparison all;
  for (const Rounds& one : of_a) {
    const Rounds* other = find(of_b, one.key);
    if (other == nullptr) {
      all.only_a.push_back(one.key);
      continue;
    }
    const double a_us = median(one.us), b_us = median(other->us);
    all.cells.push_back({one.key, a_us, b_us, b_us / a_us, rank_test(one.us, other->us), "no difference"});
  }
  for (const Rounds& one : of_b)
    if (find(of_a, one.key) == nullptr) all.only_b.push_back(one.key);
  if (all.cells.empty()) fail(name_a, "no cell of the grid in common with " + name_b);
  const double limit = kFalseAlarms / static_cast<double>(all.cells.size());
  for (CellComparison& cell : all.cells)
    if (cell.p < limit && cell.ratio != 1) cell.verdict = cell.ratio < 1 ? "faster" : "slower";
  return all;
}

} // namespace heed::measure
