#include "converter/readers/saved_settings.hpp"

#include "converter/error.hpp"
#include "converter/readers/text.hpp"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

namespace heed::convert {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kLargest = 64 * 1024; // of an args.txt

template <class T>
bool parsed(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// A value as Python's str() writes it.
json value_of(std::string_view text) {
  std::int64_t integer = 0;
  double real = 0;
  if (text == "True" || text == "true") return true;
  if (text == "False" || text == "false") return false;
  if (parsed(text, integer)) return integer;
  if (parsed(text, real)) return real;
  return std::string(text);
}

void add(json& config, std::string_view name, json value) {
  if (config.is_null()) config = json::object();
  if (!name.empty() && config.is_object() && !config.contains(name))
    config[std::string(name)] = std::move(value);
}

void add_lines(std::string_view text, json& config) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) continue;
    std::string_view value = line.substr(comma + 1);
    if (!value.empty() && value.back() == '\r') value.remove_suffix(1);
    add(config, line.substr(0, comma), value_of(value));
  }
}

void add_file_name(std::string_view name, json& config) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{".layer=", "num_blocks"},
                                                                      {".head=", "num_heads"},
                                                                      {".hidden=", "hidden_units"},
                                                                      {".maxlen=", "maxlen"}};
  for (const auto& [mark, key] : kNames) {
    const std::size_t at = name.find(mark);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = name.substr(at + mark.size());
    std::int64_t value = 0;
    if (parsed(rest.substr(0, rest.find('.')), value)) add(config, key, value);
  }
}

} // namespace

void add_saved_settings(const std::string& weights_file, Checkpoint* checkpoint) {
  const fs::path path = weights_file;
  const fs::path args = path.parent_path() / "args.txt";
  std::error_code ignored; // what cannot be examined counts as absent
  if (fs::is_regular_file(args, ignored)) {
    const auto bytes = Bytes::map(args.string());
    if (bytes->size() <= kLargest && is_utf8(bytes->view())) {
      add_lines(bytes->view(), checkpoint->config);
      checkpoint->paths.push_back(args.string());
    }
  }
  add_file_name(path.filename().string(), checkpoint->config);
}

} // namespace heed::convert
