#include "converter/families/config.hpp"

namespace heed::convert {

Config::Config(const nlohmann::json& json) : json_(&json) {
  const auto nested = json.is_object() ? json.find("final_config_dict") : json.end();
  if (json.is_object() && nested != json.end() && nested->is_object()) json_ = &*nested;
}

const nlohmann::json* Config::find(std::initializer_list<const char*> keys) const {
  if (!json_->is_object()) return nullptr;
  for (const char* key : keys) {
    const auto found = json_->find(key);
    if (found != json_->end()) return &*found;
  }
  return nullptr;
}

std::optional<std::int64_t> Config::integer(std::initializer_list<const char*> keys) const {
  const nlohmann::json* value = find(keys);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

std::optional<double> Config::real(std::initializer_list<const char*> keys) const {
  const nlohmann::json* value = find(keys);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->get<double>();
}

std::optional<bool> Config::flag(std::initializer_list<const char*> keys) const {
  const nlohmann::json* value = find(keys);
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->get<bool>();
}

std::optional<std::string> Config::text(std::initializer_list<const char*> keys) const {
  const nlohmann::json* value = find(keys);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

} // namespace heed::convert
