#include "converter/cli/text_table.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace heed::cli {

namespace {

// Characters of UTF-8: every byte but the continuation bytes.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

} // namespace

TextTable::TextTable(const std::vector<std::string>& headers) : widths_(headers.size(), 0) {
  std::vector<std::string> names;
  for (const std::string& header : headers) {
    right_.push_back(header.substr(0, 1) == ">");
    names.push_back(right_.back() ? header.substr(1) : header);
  }
  add(names);
  std::fill(widths_.begin(), widths_.end(), std::size_t{0}); // the header counts only when it is shown
}

void TextTable::add(const std::vector<std::string>& cells) {
  std::vector<std::string> row;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    row.push_back(printable(cells[c]));
    widths_[c] = std::max(widths_[c], characters(row.back()));
  }
  rows_.push_back(std::move(row));
}

void TextTable::print(Output& out, std::size_t indent, bool with_header) const {
  for (std::size_t r = with_header ? 0 : 1; r < rows_.size(); ++r) {
    std::string line(indent, ' ');
    for (std::size_t c = 0; c < widths_.size(); ++c) {
      const std::size_t own = characters(rows_[r][c]);
      const std::size_t width = with_header ? std::max(widths_[c], characters(rows_[0][c])) : widths_[c];
      const std::string gap(width - own, ' ');
      line += right_[c] ? gap + rows_[r][c] : rows_[r][c] + gap;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.write(line + "\n");
  }
}

} // namespace heed::cli
