// Requests as they come in on standard input: one JSON object a line.
#ifndef HEED_CONVERTER_CLI_REQUEST_HPP
#define HEED_CONVERTER_CLI_REQUEST_HPP

#include "converter/cli/features.hpp"
#include "converter/cli/output.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::cli {

struct Request {
  std::vector<std::int64_t> history;
  bool goes_on = false; // "append" stood in place of "history": events after those of the line before
  std::vector<std::int64_t> candidates;
  std::optional<std::size_t> k;
  std::optional<std::vector<std::int64_t>> allow, deny;
  Features features;

  // As a session takes it: views, which end with the next call and with any change.
  heed::Request views() { return {history, features.views()}; }
};

// A field of a request. Fields that are not optional must be there.
struct RequestField {
  const char* name; // "history", "append", "candidates", "features", "k", "allow" or "deny"
  bool optional;
};

// Errors (convert::Error): data_mismatch: not a JSON object, a field that is missing, of another type, empty
// where that has no meaning (allow), or not among `fields` (so that a misspelt "deny" is not passed over).
Request parse_request(std::string_view line, std::initializer_list<RequestField> fields);

// Reads standard input to its end and writes to `out`, in order, what `answer` returns for every line that is
// not blank. An error of `answer` ends the work, with the number of the line before its message; the answers
// to the lines before it are written out first.
void answer_lines(Output& out, const std::function<const std::string&(std::string_view line)>& answer);

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_REQUEST_HPP
