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

template <class T>
std::optional<T> as(const json* value) {
  return value != nullptr ? std::optional<T>(value->get<T>()) : std::nullopt;
}

} // namespace

struct Config::Type {
  bool (*holds)(const json&);
  const char* words;
};

ConfigReads::ConfigReads() {
  t_reads = this;
}
ConfigReads::~ConfigReads() {
  t_reads = nullptr;
}

Config::Config(const json& json) : json_(&json), settings_(object_in(json, kSettings)) {
  if (const auto* nested = object_in(json, "final_config_dict"); nested != nullptr) json_ = nested;
}

const json* Config::find(std::initializer_list<const char*> keys, const Type& type) const {
  if (t_reads != nullptr) t_reads->asked_.insert(keys.begin(), keys.end());
  for (const json* source : {settings_, json_}) {
    if (source == nullptr || !source->is_object()) continue;
    for (const char* key : keys) {
      const auto found = source->find(key);
      if (found == source->end()) continue;
      const bool fits = type.holds(*found);
      if (source == settings_ && t_reads != nullptr) {
        if (fits) {
          t_reads->set_.insert(key);
        } else {
          t_reads->mistyped_[key] = type.words;
        }
      }
      return fits ? &*found : nullptr;
    }
  }
  return nullptr;
}

std::optional<std::int64_t> Config::integer(std::initializer_list<const char*> keys) const {
  return as<std::int64_t>(
      find(keys, {[](const json& value) { return value.is_number_integer(); }, "a whole number"}));
}

std::optional<double> Config::real(std::initializer_list<const char*> keys) const {
  return as<double>(find(keys, {[](const json& value) { return value.is_number(); }, "a number"}));
}

std::optional<bool> Config::flag(std::initializer_list<const char*> keys) const {
  return as<bool>(find(keys, {[](const json& value) { return value.is_boolean(); }, "true or false"}));
}

std::optional<std::string> Config::text(std::initializer_list<const char*> keys) const {
  return as<std::string>(find(keys, {[](const json& value) { return value.is_string(); }, "text"}));
}

} // namespace heed::convert
