// BERT4Rec (Sun et al., "BERT4Rec: Sequential Recommendation with Bidirectional Encoder Representations from
// Transformer", CIKM 2019) in its two PyTorch forms.
#ifndef HEED_CONVERTER_FAMILIES_BERT4REC_HPP
#define HEED_CONVERTER_FAMILIES_BERT4REC_HPP

#include "converter/families/family.hpp"

namespace heed::convert {

const Family& bert4rec_family();

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_BERT4REC_HPP
