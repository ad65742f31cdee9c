// TiSASRec (Li, Wang, McAuley, "Time Interval Aware Self-Attention for Sequential Recommendation", WSDM
// 2020).
#ifndef HEED_CONVERTER_FAMILIES_TISASREC_HPP
#define HEED_CONVERTER_FAMILIES_TISASREC_HPP

#include "converter/families/family.hpp"

namespace heed::convert {

const Family& tisasrec_family();

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_TISASREC_HPP
