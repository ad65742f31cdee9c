// JSON of a file that nobody vouches for.
#ifndef HEED_CONVERTER_READERS_JSON_OBJECT_HPP
#define HEED_CONVERTER_READERS_JSON_OBJECT_HPP

#include "converter/readers/limits.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace heed::convert {

// An object; nothing if the text is anything else, or larger or deeper than limits.hpp has it. `Json` is
// nlohmann::json, or ordered_json to keep the order of the text. `on_key` hears the object's own keys, in the
// text's order and as often as they occur; of equal ones the object has the last value.
template <class Json, class OnKey>
std::optional<Json> parse_object(std::string_view text, const OnKey& on_key) {
  struct TooDeep {};
  if (text.size() > limits::json_file) return std::nullopt;
  const auto bounded = [&](int depth, typename Json::parse_event_t event, const Json& parsed) {
    if (depth > limits::json_depth) throw TooDeep();
    if (depth == 1 && event == Json::parse_event_t::key) on_key(parsed.template get<std::string>());
    return true;
  };
  try {
    Json parsed = Json::parse(text.begin(), text.end(), bounded, /*allow_exceptions=*/false);
    if (parsed.is_object()) return std::optional<Json>(std::move(parsed));
  } catch (const TooDeep&) {
    return std::nullopt;
  }
  return std::nullopt;
}

template <class Json>
std::optional<Json> parse_object(std::string_view text) {
  return parse_object<Json>(text, [](const std::string& /*key*/) {});
}

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_JSON_OBJECT_HPP
