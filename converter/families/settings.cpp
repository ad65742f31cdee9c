#include "converter/families/settings.hpp"

#include "converter/error.hpp"
#include "converter/readers/text.hpp"
#include "runtime/base/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heed::convert {

using nlohmann::json;

std::pair<std::string, json> parse_setting(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(StatusCode::usage, fmt::format("a setting is KEY=VALUE, not {}", in_quotes(text)));
  const std::string key = text.substr(0, equals), value = text.substr(equals + 1);
  try {
    json parsed = json::parse(value);
    if (parsed.is_number() || parsed.is_boolean() || parsed.is_string()) return {key, std::move(parsed)};
  } catch (const json::out_of_range&) {
    throw Error(StatusCode::usage,
                fmt::format("the setting {} has a number that does not fit", in_quotes(text)));
  } catch (const json::parse_error&) {
    // Text.
  }
  return {key, value};
}

void apply_settings(const std::vector<std::string>& settings, Checkpoint* checkpoint) {
  if (settings.empty()) return;
  json all = json::object();
  for (const std::string& text : settings) {
    auto [key, value] = parse_setting(text);
    if (all.contains(key)) throw Error(StatusCode::usage, fmt::format("{} is set twice", in_quotes(key)));
    all[key] = std::move(value);
  }
  if (!checkpoint->config.is_object()) checkpoint->config = json::object();
  checkpoint->config[kSettings] = std::move(all);
}

void check_settings(const std::vector<std::string>& settings, const ConfigReads& reads) {
  const std::vector<std::string> known(reads.asked().begin(), reads.asked().end());
  for (const std::string& text : settings) {
    const std::string key = parse_setting(text).first;
    if (reads.set().count(key) != 0) continue;
    if (const auto wrong = reads.mistyped().find(key); wrong != reads.mistyped().end())
      throw Error(StatusCode::usage, fmt::format("the setting {} has no effect: the model takes {} there",
                                                 in_quotes(text), wrong->second));
    if (reads.asked().count(key) != 0)
      throw Error(StatusCode::usage,
                  fmt::format("the setting {} has no effect: a flag or another setting says the same",
                              in_quotes(text)));
    const std::string near = base::nearest(key, known);
    throw Error(StatusCode::usage,
                fmt::format("the model asks for no setting {}{}; it asks for {}", in_quotes(key),
                            near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near),
                            fmt::join(known, ", ")));
  }
}

} // namespace heed::convert
