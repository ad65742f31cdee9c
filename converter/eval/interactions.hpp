// Users and what they did, in the order they did it.
//
// Three forms of text file are read, told apart by their content:
//   pairs      `user item` a line, a user's lines in time order (kang205/SASRec and its ports)
//   sequences  `user item item ...` a line, one line a user, items in time order (S3Rec, CoSeRec, ICLRec)
//   table      tab-separated under a header that names the columns (RecBole's .inter: user_id:token
//              item_id:token timestamp:float); sorted by timestamp within a user where there is one, equal
//              timestamps keeping the order of the file
// Fields of the first two are separated by spaces or tabs. Users may be any text; items are whole numbers.
#ifndef HEED_CONVERTER_EVAL_INTERACTIONS_HPP
#define HEED_CONVERTER_EVAL_INTERACTIONS_HPP

#include <heed/span.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heed::eval {

enum class InteractionsFormat : std::uint8_t { pairs, sequences, table };

// "pairs", "sequences" or "table".
const char* name(InteractionsFormat format) noexcept;

struct Interactions {
  std::string source; // the name they were read from, for messages
  InteractionsFormat format;
  std::string recognised;           // the form and how it was told, for people
  std::vector<std::string> users;   // in order of first appearance, each once
  std::vector<std::size_t> first;   // [users + 1]: events of user u are first[u] to first[u + 1] - 1
  std::vector<std::int64_t> items;  // [events]: by user, oldest first
  std::vector<std::uint32_t> lines; // [events]: the line each event was read from
  std::vector<double> times;        // [events]: of a table with timestamps; otherwise empty

  Span<const std::int64_t> history(std::size_t user) const noexcept {
    return Span<const std::int64_t>(items.data() + first[user], first[user + 1] - first[user]);
  }
};

// How many events each item has, over all users.
std::map<std::int64_t, std::int64_t> count_items(const Interactions& interactions);

// Errors: file_not_found, io_error; data_mismatch, naming line and column, for contents that are none of the
// three forms or break the rules of theirs.
Interactions read_interactions(const std::string& path);

// The same from memory; `source` names it in messages.
Interactions parse_interactions(std::string_view text, const std::string& source);

} // namespace heed::eval

#endif // HEED_CONVERTER_EVAL_INTERACTIONS_HPP
