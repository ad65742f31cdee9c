#include "converter/cli/bench_compare.hpp"

#include "converter/cli/text_table.hpp"
#include "converter/error.hpp"
#include "converter/eval/text.hpp"
#include "converter/measure/compare.hpp"

#include <nlohmann/json.hpp>

namespace heed::cli {

namespace {

using Json = nlohmann::ordered_json;
using measure::CellKey;

Json read_result(const std::string& path) {
  try {
    return Json::parse(eval::read_text(path));
  } catch (const Json::exception&) {
    throw convert::Error(StatusCode::data_mismatch,
                         path + ": no result of 'heed bench --json': not valid JSON");
  }
}

// What a result says of its model and machine, where it says so.
Json origin(const Json& result, const std::string& path) {
  Json json = {{"file", path}};
  for (const char* field : {"model", "precision", "isa", "items"})
    if (result.contains(field)) json[field] = result[field];
  return json;
}

Json keys_json(const CellKey& key) {
  Json json;
  for (std::size_t i = 0; i < key.size(); ++i) json[measure::kCellKeys[i]] = key[i];
  return json;
}

Json keys_json(const std::vector<CellKey>& keys) {
  Json json = Json::array();
  for (const CellKey& key : keys) json.push_back(keys_json(key));
  return json;
}

void print_origin(const char* name, const Json& origin, Output& out) {
  std::string line = fmt::format("{}  ", name);
  for (const auto& [field, value] : origin.items())
    line += (field == "file" ? "" : ", ") + (value.is_string() ? value.get<std::string>() : value.dump()) +
            (field == "items" ? " items" : "");
  out.print("{}\n", printable(line));
}

std::vector<std::string> key_cells(const CellKey& key) {
  std::vector<std::string> cells;
  for (const std::uint64_t part : key) cells.push_back(std::to_string(part));
  return cells;
}

} // namespace

void compare_bench(const std::string& path_a, const std::string& path_b, bool json, Output& out) {
  const Json a = read_result(path_a), b = read_result(path_b);
  const measure::Comparison found = measure::compare(a, path_a, b, path_b);
  if (json) {
    Json cells = Json::array();
    for (const measure::CellComparison& cell : found.cells) {
      Json one = keys_json(cell.key);
      one.update(Json{{"a_us", cell.a_us},
                      {"b_us", cell.b_us},
                      {"ratio", cell.ratio},
                      {"p", cell.p},
                      {"verdict", cell.verdict}});
      cells.push_back(std::move(one));
    }
    out.print(Json{{"a", origin(a, path_a)},
                   {"b", origin(b, path_b)},
                   {"false_alarms", measure::kFalseAlarms},
                   {"cells", std::move(cells)},
                   {"only_a", keys_json(found.only_a)},
                   {"only_b", keys_json(found.only_b)}});
    return;
  }
  print_origin("A", origin(a, path_a), out);
  print_origin("B", origin(b, path_b), out);
  TextTable table({">events", ">top", ">batch", ">threads", ">A us", ">B us", ">B/A", ">p", "B is"});
  for (const measure::CellComparison& cell : found.cells) {
    std::vector<std::string> row = key_cells(cell.key);
    for (std::string& text : std::vector<std::string>{
             fmt::format("{:.1f}", cell.a_us), fmt::format("{:.1f}", cell.b_us),
             fmt::format("{:.3f}", cell.ratio), fmt::format("{:.2g}", cell.p), cell.verdict})
      row.push_back(std::move(text));
    table.add(row);
  }
  for (const CellKey& key : found.only_a) {
    std::vector<std::string> row = key_cells(key);
    row.insert(row.end(), {"", "", "", "", "(only in A)"});
    table.add(row);
  }
  for (const CellKey& key : found.only_b) {
    std::vector<std::string> row = key_cells(key);
    row.insert(row.end(), {"", "", "", "", "(only in B)"});
    table.add(row);
  }
  table.print(out, 2);
  out.print("Mann-Whitney over the medians of rounds; a difference is one with p below {:.2g} ({} over all "
            "lines)\n",
            measure::kFalseAlarms / static_cast<double>(found.cells.size()), measure::kFalseAlarms);
}

} // namespace heed::cli
