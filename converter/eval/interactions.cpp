#include "converter/eval/interactions.hpp"

#include "converter/error.hpp"
#include "converter/eval/text.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace heed::eval {

using convert::Error;

namespace {

// Events as they are read, grouped by user only at the end.
class Collector {
 public:
  // Index of the user. `is_new` tells whether this is its first appearance.
  std::uint32_t user(std::string_view token, bool& is_new) {
    is_new = false;
    if (!tokens_.empty() && token == tokens_[last_]) return last_; // users mostly come in runs
    const auto [place, inserted] = index_.try_emplace(token, static_cast<std::uint32_t>(tokens_.size()));
    if (inserted) tokens_.push_back(token);
    is_new = inserted;
    return last_ = place->second;
  }

  void event(std::uint32_t user, std::int64_t item, std::uint64_t line) {
    users_.push_back(user);
    items_.push_back(item);
    lines_.push_back(static_cast<std::uint32_t>(line));
  }
  void timed_event(std::uint32_t user, std::int64_t item, std::uint64_t line, double time) {
    event(user, item, line);
    times_.push_back(time);
  }

  std::size_t users() const noexcept { return tokens_.size(); }
  std::size_t events() const noexcept { return items_.size(); }

  // Events by user, in the order they came or, where they have times, in that order.
  void group(Interactions& out) const {
    out.users.assign(tokens_.begin(), tokens_.end());
    out.first.assign(users() + 1, 0);
    for (const std::uint32_t user : users_) ++out.first[user + 1];
    std::partial_sum(out.first.begin(), out.first.end(), out.first.begin());

    std::vector<std::size_t> next(out.first.begin(), out.first.end() - 1);
    std::vector<std::size_t> order(events()); // place -> event
    for (std::size_t e = 0; e < events(); ++e) order[next[users_[e]]++] = e;
    if (!times_.empty()) {
      const auto earlier = [this](std::size_t a, std::size_t b) { return times_[a] < times_[b]; };
      for (std::size_t u = 0; u < users(); ++u) {
        const auto begin = order.begin() + static_cast<std::ptrdiff_t>(out.first[u]);
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(out.first[u + 1]);
        if (!std::is_sorted(begin, end, earlier)) std::stable_sort(begin, end, earlier);
      }
    }
    out.items.resize(events());
    out.lines.resize(events());
    out.times.resize(times_.size());
    for (std::size_t i = 0; i < events(); ++i) {
      out.items[i] = items_[order[i]];
      out.lines[i] = lines_[order[i]];
      if (!times_.empty()) out.times[i] = times_[order[i]];
    }
  }

 private:
  std::unordered_map<std::string_view, std::uint32_t> index_;
  std::vector<std::string_view> tokens_;
  std::uint32_t last_ = 0;
  std::vector<std::uint32_t> users_;
  std::vector<std::int64_t> items_;
  std::vector<std::uint32_t> lines_;
  std::vector<double> times_; // empty, or one for each event
};

void check_line_count(std::uint64_t line, const std::string& source) {
  if (line >= std::numeric_limits<std::uint32_t>::max())
    throw Error(StatusCode::data_mismatch, source + ": more than 4,294,967,294 lines");
}

// The next field of a line of fields separated by spaces and tabs; empty at its end.
std::string_view take_field(std::string_view& rest) noexcept {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  const char* begin = rest.data();
  const char* const stop = begin + rest.size();
  while (begin != stop && blank(*begin)) ++begin;
  const char* end = begin;
  while (end != stop && !blank(*end)) ++end;
  rest = std::string_view(end, static_cast<std::size_t>(stop - end));
  return std::string_view(begin, static_cast<std::size_t>(end - begin));
}

// Reads pairs or sequences. A file is one of pairs as soon as a user has a second line, and one of sequences
// as soon as a line has more than two fields; whichever comes first decides, and the other is then an error.
class PlainReader {
 public:
  PlainReader(std::string_view text, const std::string& source) : lines_(text, source), source_(source) {}

  void read(Collector& events) {
    while (lines_.next()) {
      std::string_view rest = lines_.line();
      const std::string_view user = take_field(rest);
      if (user.empty()) continue;
      check_line_count(lines_.number(), source_);
      read_items(user, rest, events);
    }
  }

  InteractionsFormat format() const noexcept {
    return kind_ == Kind::sequences ? InteractionsFormat::sequences : InteractionsFormat::pairs;
  }

  std::string recognised() const {
    const std::string where = "line " + std::to_string(decided_) + " ";
    switch (kind_) {
    case Kind::pairs:
      return "'user item' lines (" + where + "repeats a user)";
    case Kind::sequences:
      return "'user item item ...' lines (" + where + "has several items)";
    case Kind::undecided:
      break;
    }
    return "'user item' lines (every line has two fields)";
  }

 private:
  enum class Kind { undecided, pairs, sequences };

  void decide(Kind kind) {
    kind_ = kind;
    decided_ = lines_.number();
  }

  void read_items(std::string_view user, std::string_view rest, Collector& events) {
    bool is_new = false;
    const std::uint32_t index = events.user(user, is_new);
    std::string_view field = take_field(rest);
    if (field.empty())
      lines_.fail(user, convert::in_quotes(user) +
                            " stands alone; a line is 'user item' or 'user item item ...', "
                            "separated by spaces or tabs");
    add(index, field, events);
    field = take_field(rest);
    if (!field.empty() && kind_ == Kind::undecided) decide(Kind::sequences);
    if (!field.empty() && kind_ == Kind::pairs)
      lines_.fail(field, "a third field among 'user item' lines (line " + std::to_string(decided_) +
                             " repeats a user, so a line is one event)" + kHeaderHint);
    if (!is_new && kind_ == Kind::undecided) decide(Kind::pairs);
    if (!is_new && kind_ == Kind::sequences)
      lines_.fail(user, "a second line of user " + convert::in_quotes(user) +
                            " among 'user item item ...' lines (line " + std::to_string(decided_) +
                            " has several items, so a line is a whole history)" + kHeaderHint);
    for (; !field.empty(); field = take_field(rest)) add(index, field, events);
  }

  void add(std::uint32_t user, std::string_view field, Collector& events) const {
    std::int64_t item = 0;
    if (!parse_id(field, item))
      lines_.fail(field, convert::in_quotes(field) + " is not an item id (a whole number)");
    events.event(user, item, lines_.number());
  }

  static constexpr const char* kHeaderHint =
      "; for lines with a time or more columns give the columns names: a first line "
      "'user_id:token<TAB>item_id:token<TAB>timestamp:float'";

  Lines lines_;
  std::string source_;
  Kind kind_ = Kind::undecided;
  std::uint64_t decided_ = 0; // the line that decided
};

std::string read_table(std::string_view text, const std::string& source, Collector& events) {
  Table table(text, source);
  std::size_t user_column = table.find("user_id");
  if (user_column == Table::npos) user_column = table.find("session_id");
  const std::size_t item_column = table.find("item_id");
  const std::size_t time_column = table.find("timestamp");
  if (user_column == Table::npos) table.fail_header("a table of interactions needs a column 'user_id'");
  if (item_column == Table::npos) table.fail_header("a table of interactions needs a column 'item_id'");
  while (table.next()) {
    bool is_new = false;
    const std::string_view token = table.field(user_column);
    if (token.empty()) table.fail(user_column, "an event without a user");
    check_line_count(table.line_number(), source);
    const std::uint32_t user = events.user(token, is_new);
    const std::int64_t item = table.id(item_column);
    if (time_column == Table::npos)
      events.event(user, item, table.line_number());
    else
      events.timed_event(user, item, table.line_number(), table.number(time_column));
  }
  return "a table with a header, users in " + convert::in_quotes(table.columns()[user_column]) +
         (time_column == Table::npos ? ", in the order of the file (no column 'timestamp')"
                                     : ", sorted by 'timestamp' within a user");
}

// The first line that is not blank.
std::string_view first_line(std::string_view text) {
  Lines lines(text, {});
  while (lines.next())
    if (lines.line().find_first_not_of(" \t") != std::string_view::npos) return lines.line();
  return {};
}

} // namespace

const char* name(InteractionsFormat format) noexcept {
  switch (format) {
  case InteractionsFormat::pairs:
    return "pairs";
  case InteractionsFormat::sequences:
    return "sequences";
  case InteractionsFormat::table:
    return "table";
  }
  return "";
}

Interactions parse_interactions(std::string_view text, const std::string& source) {
  Interactions out{source, InteractionsFormat::table, {}, {}, {}, {}, {}, {}};
  Collector events;
  if (is_table_header(first_line(text))) {
    out.recognised = read_table(text, source, events);
  } else {
    PlainReader reader(text, source);
    reader.read(events);
    out.format = reader.format();
    out.recognised = reader.recognised();
  }
  if (events.events() == 0) throw Error(StatusCode::data_mismatch, source + ": no interactions in this file");
  events.group(out);
  return out;
}

std::map<std::int64_t, std::int64_t> count_items(const Interactions& interactions) {
  std::map<std::int64_t, std::int64_t> counts;
  for (const std::int64_t item : interactions.items) ++counts[item];
  return counts;
}

Interactions read_interactions(const std::string& path) {
  return parse_interactions(read_text(path), path);
}

} // namespace heed::eval
