#include "converter/eval/text.hpp"

#include "converter/error.hpp"
#include "converter/readers/text.hpp"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed::eval {

using convert::Error;

namespace {

[[noreturn]] void fail_io(const std::string& path, int error) {
  const StatusCode code =
      error == ENOENT || error == ENOTDIR ? StatusCode::file_not_found : StatusCode::io_error;
  throw Error(code, path + ": " + std::strerror(error));
}

// Closes a file descriptor at the end of a scope.
struct Descriptor {
  int value;
  ~Descriptor() { ::close(value); }
};

std::pair<std::string_view, std::string_view> name_and_type(std::string_view field) {
  const std::size_t colon = field.rfind(':');
  if (colon == std::string_view::npos) return {field, {}};
  return {field.substr(0, colon), field.substr(colon + 1)};
}

template <class Visit>
void each_field(std::string_view line, Visit visit) {
  for (;;) {
    const std::size_t tab = line.find('\t');
    visit(line.substr(0, tab));
    if (tab == std::string_view::npos) return;
    line.remove_prefix(tab + 1);
  }
}

} // namespace

std::string read_text(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail_io(path, errno);
  const Descriptor descriptor{fd};
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail_io(path, errno);
  std::string text;
  // A file of known size is read at once (the extra byte meets its end); a pipe grows in steps.
  std::size_t room =
      S_ISREG(info.st_mode) ? static_cast<std::size_t>(info.st_size) + 1 : std::size_t{1} << 16;
  for (;;) {
    const std::size_t have = text.size();
    text.resize(have + room);
    const ssize_t got = ::read(fd, &text[have], room);
    if (got < 0 && errno != EINTR) fail_io(path, errno);
    text.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return text;
    room = text.size() > (std::size_t{1} << 16) ? text.size() : std::size_t{1} << 16;
    if (S_ISREG(info.st_mode) && static_cast<std::size_t>(info.st_size) + 1 > text.size())
      room = static_cast<std::size_t>(info.st_size) + 1 - text.size();
  }
}

bool parse_id(std::string_view field, std::int64_t& id) noexcept {
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), id);
  return error == std::errc() && end == field.data() + field.size();
}

Lines::Lines(std::string_view text, std::string name) : rest_(text), name_(std::move(name)) {
  if (rest_.substr(0, 3) == "\xEF\xBB\xBF") rest_.remove_prefix(3);
}

bool Lines::next() noexcept {
  if (rest_.empty()) return false;
  const std::size_t end = rest_.find('\n');
  line_ = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
  ++number_;
  return true;
}

void Lines::fail(std::string_view part, const std::string& message) const {
  const auto column = part.data() - line_.data() + 1;
  throw Error(StatusCode::data_mismatch, name_ + ", line " + std::to_string(number_) + ", column " +
                                             std::to_string(column) + ": " + message);
}

Table::Table(std::string_view text, std::string name) : lines_(text, name), name_(std::move(name)) {
  do {
    if (!lines_.next())
      throw Error(StatusCode::data_mismatch, name_ + ": the file is empty; a header line was expected");
  } while (lines_.line().empty());
  each_field(lines_.line(),
             [this](std::string_view field) { columns_.emplace_back(name_and_type(field).first); });
}

std::size_t Table::find(std::string_view column) const noexcept {
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i] == column) return i;
  return npos;
}

bool Table::next() {
  do {
    if (!lines_.next()) return false;
  } while (lines_.line().empty());
  fields_.clear();
  each_field(lines_.line(), [this](std::string_view field) { fields_.push_back(field); });
  if (fields_.size() != columns_.size()) {
    const std::size_t extra = fields_.size() > columns_.size() ? columns_.size() : fields_.size() - 1;
    lines_.fail(fields_[extra], std::to_string(fields_.size()) + " fields where the header names " +
                                    std::to_string(columns_.size()));
  }
  return true;
}

std::int64_t Table::id(std::size_t column) const {
  std::int64_t value = 0;
  if (!parse_id(fields_[column], value))
    fail(column, convert::in_quotes(fields_[column]) + " is not an item id (a whole number)");
  return value;
}

double Table::number(std::size_t column) const {
  const std::string_view text = fields_[column];
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    fail(column, convert::in_quotes(text) + " is not a number");
  return value;
}

void Table::fail_header(const std::string& message) const {
  std::string names;
  for (const std::string& column : columns_)
    names += (names.empty() ? "" : ", ") + convert::in_quotes(column);
  throw Error(StatusCode::data_mismatch, name_ + ": " + message + "; its header names " + names);
}

bool is_table_header(std::string_view line) {
  bool found = false;
  each_field(line, [&found](std::string_view field) {
    const auto [name, type] = name_and_type(field);
    found = found || name == "item_id" || type == "token" || type == "token_seq" || type == "float" ||
            type == "float_seq";
  });
  return found;
}

} // namespace heed::eval
