// Settings that the user gives in place of those saved with the weights: `heed convert --set KEY=VALUE`.
#ifndef HEED_CONVERTER_FAMILIES_SETTINGS_HPP
#define HEED_CONVERTER_FAMILIES_SETTINGS_HPP

#include "converter/families/config.hpp"
#include "converter/readers/checkpoint.hpp"

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace heed::convert {

// Key and value of "KEY=VALUE": VALUE is a number, true, false or a quoted text as JSON writes them, and
// otherwise text as it stands. Error(usage): no '=', no key, a number beyond double's range.
std::pair<std::string, nlohmann::json> parse_setting(const std::string& text);

// Puts settings, each "KEY=VALUE", before the checkpoint's own, also where RecBole nests those.
// Error(usage): as parse_setting, and a key that is set twice.
void apply_settings(const std::vector<std::string>& settings, Checkpoint* checkpoint);

// Error(usage) for a setting whose value `reads` did not hear of: one that the model does not ask for (with
// the nearest that it does), has another type for, or takes from a flag instead.
void check_settings(const std::vector<std::string>& settings, const ConfigReads& reads);

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_SETTINGS_HPP
