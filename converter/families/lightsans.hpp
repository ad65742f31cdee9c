// LightSANs (Fan et al., "Lighter and Better: Low-Rank Decomposed Self-Attention Networks for Next-Item
// Recommendation", SIGIR 2021), as RecBole has it.
#ifndef HEED_CONVERTER_FAMILIES_LIGHTSANS_HPP
#define HEED_CONVERTER_FAMILIES_LIGHTSANS_HPP

#include "converter/families/family.hpp"

namespace heed::convert {

const Family& lightsans_family();

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_LIGHTSANS_HPP
