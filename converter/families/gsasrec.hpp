// gSASRec (Petrov and Macdonald, "gSASRec: Reducing Overconfidence in Sequential Recommendation Trained with
// Negative Sampling", RecSys 2023).
#ifndef HEED_CONVERTER_FAMILIES_GSASREC_HPP
#define HEED_CONVERTER_FAMILIES_GSASREC_HPP

#include "converter/families/family.hpp"

namespace heed::convert {

const Family& gsasrec_family();

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_GSASREC_HPP
