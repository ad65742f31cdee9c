// Reading text files with errors that name the file, the line and the column.
#ifndef HEED_CONVERTER_EVAL_TEXT_HPP
#define HEED_CONVERTER_EVAL_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heed::eval {

// The whole of a file or pipe, in one read where its size is known.
// Errors: file_not_found, io_error (convert::Error).
std::string read_text(const std::string& path);

// The whole of `field` as an item id (a decimal int64); false when it is anything else.
bool parse_id(std::string_view field, std::int64_t& id) noexcept;

// The lines of a text, without their ends (LF or CRLF) and without a UTF-8 byte order mark.
class Lines {
 public:
  // `name` stands in front of errors: usually the path. The text must outlive this object.
  Lines(std::string_view text, std::string name);

  // Moves to the next line; false at the end of the text.
  bool next() noexcept;

  std::string_view line() const noexcept { return line_; }
  std::uint64_t number() const noexcept { return number_; } // of the current line, from 1

  // Throws data_mismatch about `part`, a piece of the current line: "NAME, line 3, column 5: MESSAGE".
  // Columns count bytes from 1.
  [[noreturn]] void fail(std::string_view part, const std::string& message) const;

 private:
  std::string_view rest_, line_;
  std::string name_;
  std::uint64_t number_ = 0;
};

// A table of tab-separated fields under a header of column names, each with an optional type after a colon
// ("item_id:token", as RecBole writes them). Empty lines are skipped.
class Table {
 public:
  // Reads the header. Errors: data_mismatch (no header).
  Table(std::string_view text, std::string name);

  // The names without their types, in order.
  const std::vector<std::string>& columns() const noexcept { return columns_; }
  // Index of the column with this name, or npos.
  std::size_t find(std::string_view column) const noexcept;

  // Moves to the next row; false after the last. Errors: data_mismatch (another number of fields).
  bool next();
  // Precondition: next() returned true; column < columns().size().
  std::string_view field(std::size_t column) const noexcept { return fields_[column]; }
  std::uint64_t line_number() const noexcept { return lines_.number(); }

  // The field as an item id or a number; data_mismatch when it is none.
  std::int64_t id(std::size_t column) const;
  double number(std::size_t column) const;

  [[noreturn]] void fail(std::size_t column, const std::string& message) const {
    lines_.fail(fields_[column], message);
  }
  // Throws data_mismatch about the header.
  [[noreturn]] void fail_header(const std::string& message) const;

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  void split();

  Lines lines_;
  std::string name_;
  std::vector<std::string> columns_;
  std::vector<std::string_view> fields_;
};

// Whether a line looks like the header of a Table of interactions or items: one of its fields has a type
// (token, token_seq, float, float_seq), or is named item_id.
bool is_table_header(std::string_view line);

} // namespace heed::eval

#endif // HEED_CONVERTER_EVAL_TEXT_HPP
