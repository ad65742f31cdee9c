// Rules on the names of weights, the same for every format.
#ifndef HEED_CONVERTER_READERS_WEIGHT_NAMES_HPP
#define HEED_CONVERTER_READERS_WEIGHT_NAMES_HPP

#include "converter/readers/tensor.hpp"

#include <string>
#include <utility>
#include <vector>

namespace heed::convert {

// Checks that names are unique, not empty and at most limits::weight_name bytes of UTF-8, and that there are
// at most limits::weights of them; else Error(checkpoint_malformed). Then takes off every prefix of wrappers
// ("module.",
// "_orig_mod.", ...) that all names share, as long as a name is left.
void normalize_names(std::vector<std::pair<std::string, Tensor>>* weights);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_WEIGHT_NAMES_HPP
