// Hyperparameters that were saved with the weights.
#ifndef HEED_CONVERTER_FAMILIES_CONFIG_HPP
#define HEED_CONVERTER_FAMILIES_CONFIG_HPP

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace heed::convert {

// Looks a value up under the first of several keys (implementations name the same thing differently). A value
// of another type counts as absent. RecBole nests its settings under "final_config_dict". The JSON must
// outlive the object.
class Config {
 public:
  explicit Config(const nlohmann::json& json);

  std::optional<std::int64_t> integer(std::initializer_list<const char*> keys) const;
  std::optional<double> real(std::initializer_list<const char*> keys) const;
  std::optional<bool> flag(std::initializer_list<const char*> keys) const;
  std::optional<std::string> text(std::initializer_list<const char*> keys) const;

 private:
  const nlohmann::json* find(std::initializer_list<const char*> keys) const;
  const nlohmann::json* json_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_CONFIG_HPP
