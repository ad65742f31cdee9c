#include "converter/cli/titles.hpp"

#include "converter/cli/output.hpp"
#include "converter/error.hpp"
#include "converter/eval/text.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>

namespace heed::cli {

using convert::Error;

namespace {

constexpr std::size_t kListed = 10; // matches that a message about several names

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::size_t title_column(const eval::Table& table) {
  for (std::size_t c = 0; c < table.columns().size(); ++c)
    if (lower(table.columns()[c]).find("title") != std::string::npos) return c;
  return eval::Table::npos;
}

} // namespace

Titles::Titles(const std::string& path) : path_(path) {
  const std::string text = eval::read_text(path);
  eval::Table table(text, path);
  const std::size_t id_column = table.find("item_id");
  const std::size_t column = title_column(table);
  if (id_column == eval::Table::npos) table.fail_header("a table of titles needs a column 'item_id'");
  if (column == eval::Table::npos)
    table.fail_header("a table of titles needs a column with 'title' in its name");
  while (table.next()) {
    const std::int64_t id = table.id(id_column);
    if (!titles_.try_emplace(id, table.field(column)).second)
      table.fail(id_column, fmt::format("a second title for item {}", id));
    order_.push_back(id);
  }
}

std::string_view Titles::title(std::int64_t id) const {
  const auto found = titles_.find(id);
  return found == titles_.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view Titles::shown(std::int64_t id) const {
  const std::string_view found = title(id);
  return found.empty() ? "(no title)" : found;
}

std::vector<std::int64_t> Titles::find(std::string_view names, const Model& model) const {
  std::vector<std::int64_t> ids;
  while (!names.empty()) {
    const std::size_t end = names.find(';');
    std::string_view name = names.substr(0, end);
    names.remove_prefix(end == std::string_view::npos ? names.size() : end + 1);
    const std::size_t begin = name.find_first_not_of(' ');
    if (begin == std::string_view::npos) continue;
    ids.push_back(find_one(name.substr(begin, name.find_last_not_of(' ') - begin + 1), model));
  }
  return ids;
}

std::int64_t Titles::find_one(std::string_view name, const Model& model) const {
  const std::string folded = lower(name);
  std::vector<std::int64_t> whole, whole_folded, part;
  for (const std::int64_t id : order_) {
    if (!model.has_item(id)) continue;
    const std::string_view title = titles_.at(id);
    const std::string title_folded = lower(title);
    if (title == name) whole.push_back(id);
    if (title_folded == folded) whole_folded.push_back(id);
    if (title_folded.find(folded) != std::string::npos) part.push_back(id);
  }
  const auto& matches = !whole.empty() ? whole : !whole_folded.empty() ? whole_folded : part;
  if (matches.size() == 1) return matches.front();
  if (matches.empty())
    throw Error(StatusCode::unknown_item, fmt::format("no item of the model has {} in its title ({})",
                                                      convert::in_quotes(name), path_));
  std::string list;
  for (std::size_t i = 0; i < std::min(matches.size(), kListed); ++i)
    list += fmt::format("{}'{}' (item {})", i == 0 ? "" : ", ", printable(title(matches[i])), matches[i]);
  if (matches.size() > kListed) list += fmt::format(" and {} more", matches.size() - kListed);
  throw Error(StatusCode::data_mismatch,
              fmt::format("{} means {} items: {}; give more of the title, or ids with --history",
                          convert::in_quotes(name), matches.size(), list));
}

} // namespace heed::cli
