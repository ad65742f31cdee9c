// Aligned columns for people.
#ifndef HEED_CONVERTER_CLI_TEXT_TABLE_HPP
#define HEED_CONVERTER_CLI_TEXT_TABLE_HPP

#include "converter/cli/output.hpp"

#include <string>
#include <vector>

namespace heed::cli {

// Columns are as wide as their widest cell. A column whose header starts with '>' is aligned to the right;
// the
// '>' is not shown. Control characters are replaced.
class TextTable {
 public:
  explicit TextTable(const std::vector<std::string>& headers);

  // One cell a column.
  void add(const std::vector<std::string>& cells);
  // Every row on a line of its own, `indent` spaces in front; the header first unless `with_header` is false.
  void print(Output& out, std::size_t indent, bool with_header = true) const;

 private:
  std::vector<bool> right_;
  std::vector<std::size_t> widths_; // in characters
  std::vector<std::vector<std::string>> rows_;
};

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_TEXT_TABLE_HPP
