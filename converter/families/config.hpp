// Hyperparameters that were saved with the weights, and those that the user sets in their place.
#ifndef HEED_CONVERTER_FAMILIES_CONFIG_HPP
#define HEED_CONVERTER_FAMILIES_CONFIG_HPP

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

namespace heed::convert {

// Where Checkpoint::config holds what the user set (settings.hpp): an object of its own, so that it comes
// first whatever the checkpoint calls the same thing.
constexpr const char* kSettings = "__set__";

// Looks a value up under the first of several keys (implementations name the same thing differently), among
// the user's settings and then in the checkpoint's. A value of another type counts as absent. RecBole nests
// its settings under "final_config_dict". The JSON must outlive the object.
class Config {
 public:
  explicit Config(const nlohmann::json& json);

  std::optional<std::int64_t> integer(std::initializer_list<const char*> keys) const;
  std::optional<double> real(std::initializer_list<const char*> keys) const;
  std::optional<bool> flag(std::initializer_list<const char*> keys) const;
  std::optional<std::string> text(std::initializer_list<const char*> keys) const;

 private:
  struct Type;
  const nlohmann::json* find(std::initializer_list<const char*> keys, const Type& type) const;
  const nlohmann::json* json_;
  const nlohmann::json* settings_ = nullptr;
};

// Hears, while it lives, what the Configs of its thread are asked for, so that a setting that nothing reads
// can be refused. One at a time in a thread.
class ConfigReads {
 public:
  ConfigReads();
  ~ConfigReads();
  ConfigReads(const ConfigReads&) = delete;
  ConfigReads& operator=(const ConfigReads&) = delete;

  const std::set<std::string>& asked() const { return asked_; } // keys, whether they were there or not
  const std::set<std::string>& set() const { return set_; }     // keys whose value was the user's setting
  // Keys whose value in the user's settings was of another type: the type that was asked for last, in words.
  const std::map<std::string, std::string>& mistyped() const { return mistyped_; }

 private:
  friend class Config;
  std::set<std::string> asked_, set_;
  std::map<std::string, std::string> mistyped_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_CONFIG_HPP
