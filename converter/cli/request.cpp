#include "converter/cli/request.hpp"

#include "converter/cli/line_reader.hpp"
#include "converter/error.hpp"
#include "converter/readers/text.hpp"

#include <limits>
#include <string>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace heed::cli {

using convert::Error;
using nlohmann::json;

namespace {

[[noreturn]] void fail(const std::string& message) {
  throw Error(StatusCode::data_mismatch, message);
}

bool to_id(const json& value, std::int64_t& id) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return false;
  id = value.get<std::int64_t>();
  return true;
}

std::vector<std::int64_t> to_ids(const std::string& name, const json& value) {
  if (!value.is_array()) fail(fmt::format("\"{}\" must be a list of item ids", name));
  std::vector<std::int64_t> ids(value.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (!to_id(value[i], ids[i]))
      fail(fmt::format("\"{}\": entry {} is not an item id (a whole number)", name, i + 1));
  return ids;
}

// {"time":[1,2,3],"user":5}.
Features to_features(const std::string& name, const json& value) {
  if (!value.is_object()) fail(fmt::format("\"{}\" must be an object such as {{\"time\":[1,2,3]}}", name));
  Features features;
  for (const auto& [feature, given] : value.items()) {
    const std::string label = fmt::format("\"{}\": {}", name, convert::in_quotes(feature));
    // The runtime's names end at a zero byte.
    if (feature.find('\0') != std::string::npos) fail(label + " is no name");
    std::vector<std::int64_t> values(1);
    if (!given.is_array() && !to_id(given, values[0]))
      fail(label + " must be a whole number, or a list of them");
    if (given.is_array()) values.resize(given.size());
    for (std::size_t i = 0; given.is_array() && i < values.size(); ++i)
      if (!to_id(given[i], values[i])) fail(fmt::format("{}: entry {} is not a whole number", label, i + 1));
    features.add(feature, std::move(values));
  }
  return features;
}

void take(Request& request, const std::string& name, const json& value) {
  if (name == "history") {
    request.history = to_ids(name, value);
  } else if (name == "append") {
    request.history = to_ids(name, value);
    request.goes_on = true;
    if (request.history.empty()) fail("\"append\" is empty; ask with \"history\"");
  } else if (name == "candidates") {
    request.candidates = to_ids(name, value);
  } else if (name == "deny") {
    request.deny = to_ids(name, value);
  } else if (name == "features") {
    request.features = to_features(name, value);
  } else if (name == "allow") {
    request.allow = to_ids(name, value);
    if (request.allow->empty()) fail("\"allow\" is empty; leave it out to allow every item");
  } else {
    std::int64_t k = 0;
    if (!to_id(value, k) || k < 1) fail("\"k\" must be a whole number from 1");
    request.k = static_cast<std::size_t>(k);
  }
}

} // namespace

Request parse_request(std::string_view line, std::initializer_list<RequestField> fields) {
  json object;
  try {
    object = json::parse(line);
  } catch (const json::parse_error& error) {
    fail(fmt::format("not valid JSON at column {}", error.byte));
  } catch (const json::exception&) {
    fail("a number that does not fit"); // out of double's range
  }
  if (!object.is_object()) fail("not a JSON object such as {\"history\":[1,2,3]}");
  if (object.contains("history") && object.contains("append"))
    fail("there are both \"history\" and \"append\"");
  Request request;
  std::size_t used = 0;
  std::string names;
  for (const RequestField& field : fields) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", field.name);
    const auto found = object.find(field.name);
    if (found == object.end()) {
      if (!field.optional && !object.contains("append")) fail(fmt::format("\"{}\" is missing", field.name));
      continue;
    }
    ++used;
    take(request, field.name, *found);
  }
  if (used == object.size()) return request;
  for (const auto& item : object.items()) {
    bool known = false;
    for (const RequestField& field : fields) known = known || item.key() == field.name;
    if (!known)
      fail(fmt::format("{} is not a field here; there are {}", convert::in_quotes(item.key()), names));
  }
  return request;
}

void answer_lines(Output& out, const std::function<const std::string&(std::string_view line)>& answer) {
  LineReader lines(STDIN_FILENO, [&out] { out.flush(); });
  std::string_view line;
  const std::string* text = nullptr;
  while (lines.next(line)) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    try {
      text = &answer(line);
    } catch (const Error& error) {
      out.flush();
      throw Error(error.code(), fmt::format("line {}: {}", lines.number(), error.what()));
    }
    out.write(*text);
  }
}

} // namespace heed::cli
