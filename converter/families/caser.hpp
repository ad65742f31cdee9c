// Caser (Tang and Wang, "Personalized Top-N Sequential Recommendation via Convolutional Sequence Embedding",
// WSDM 2018) as RecBole has it, and a convolution along the history with attention over its results.
#ifndef HEED_CONVERTER_FAMILIES_CASER_HPP
#define HEED_CONVERTER_FAMILIES_CASER_HPP

#include "converter/families/family.hpp"

namespace heed::convert {

const Family& caser_family();

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_CASER_HPP
