// MIND (Li et al., "Multi-Interest Network with Dynamic Routing for Recommendation at Tmall", CIKM 2019), as
// DeepMatch has it.
#ifndef HEED_CONVERTER_FAMILIES_MIND_HPP
#define HEED_CONVERTER_FAMILIES_MIND_HPP

#include "converter/families/family.hpp"

namespace heed::convert {

const Family& mind_family();

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_MIND_HPP
