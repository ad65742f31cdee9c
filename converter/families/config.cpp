#include "converter/families/config.hpp"

namespace heed::convert {
namespace {

using nlohmann::json;

thread_local ConfigReads* t_reads = nullptr;

// The object under `key`, or null.
const json* object_in(const json& parent, const char* key) {
  if (!parent.is_object()) return nullptr;
  const auto found = parent.find(key);
  return found != parent.end() && found->is_object() ? &*found : nullptr;
}

bool is_integer(const json& value) {
  return value.is_number_integer();
}
bool is_number(const json& value) {
  return value.is_number();
}
bool is_boolean(const json& value) {
  return value.is_boolean();
}
bool is_string(const json& value) {
  return value.is_string();
}

template <class T>
std::optional<T> as(const json* value) {
  return value != nullptr ? std::optional<T>(value->get<T>()) : std::nullopt;
}

} // namespace

ConfigReads::ConfigReads() {
  t_reads = this;
}
ConfigReads::~ConfigReads() {
  t_reads = nullptr;
}

Config::Config(const json& json) : json_(&json), settings_(object_in(json, kSettings)) {
  if (const auto* nested = object_in(json, "final_config_dict"); nested != nullptr) json_ = nested;
}

const json* Config::find(std::initializer_list<const char*> keys, IsType is_type) const {
  if (t_reads != nullptr) t_reads->asked_.insert(keys.begin(), keys.end());
  for (const json* source : {settings_, json_}) {
    if (source == nullptr || !source->is_object()) continue;
    for (const char* key : keys) {
      const auto found = source->find(key);
      if (found == source->end()) continue;
      if (!is_type(*found)) return nullptr;
      if (source == settings_ && t_reads != nullptr) t_reads->set_.insert(key);
      return &*found;
    }
  }
  return nullptr;
}

std::optional<std::int64_t> Config::integer(std::initializer_list<const char*> keys) const {
  return as<std::int64_t>(find(keys, is_integer));
}

std::optional<double> Config::real(std::initializer_list<const char*> keys) const {
  return as<double>(find(keys, is_number));
}

std::optional<bool> Config::flag(std::initializer_list<const char*> keys) const {
  return as<bool>(find(keys, is_boolean));
}

std::optional<std::string> Config::text(std::initializer_list<const char*> keys) const {
  return as<std::string>(find(keys, is_string));
}

} // namespace heed::convert
