// Settings that a checkpoint keeps beside its weights, as JSON.
#ifndef HEED_CONVERTER_READERS_HYPERPARAMETERS_HPP
#define HEED_CONVERTER_READERS_HYPERPARAMETERS_HPP

#include "converter/readers/pickle_value.hpp"

#include <vector>

#include <nlohmann/json.hpp>

namespace heed::convert {

// The settings beside the weights: of `containers` (StateDict::parents, innermost first) the first that has a
// non-empty mapping or instance under "config", "model_config", "hyper_parameters", "hparams", "args", "opt",
// "options" or "params", in this order. Null if there is none.
nlohmann::json find_hyperparameters(const std::vector<Value>& containers);

// The plain part of a value: None, booleans, numbers (NumPy's too), text, sequences, mappings, and the
// attributes of instances as a mapping. In sequences what is not plain becomes null; in mappings it is left
// out. Keys that are numbers become text. Null for a value that is not plain at all, or above
// limits::hyperparameters.
nlohmann::json plain_json(const Value& value);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_HYPERPARAMETERS_HPP
