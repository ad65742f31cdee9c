// Session-based recommenders of RecBole that read a history with a GRU, or with attention by its last event:
//
//   GRU4Rec  Hidasi et al., "Session-based Recommendations with Recurrent Neural Networks", ICLR 2016
//   NARM     Li et al., "Neural Attentive Session-based Recommendation", CIKM 2017
//   STAMP    Liu et al., "STAMP: Short-Term Attention/Memory Priority Model", KDD 2018
#ifndef HEED_CONVERTER_FAMILIES_RECURRENT_HPP
#define HEED_CONVERTER_FAMILIES_RECURRENT_HPP

#include "converter/families/family.hpp"

namespace heed::convert {

const Family& gru4rec_family();
const Family& narm_family();
const Family& stamp_family();

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_RECURRENT_HPP
