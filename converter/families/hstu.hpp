// HSTU (Zhai et al., "Actions Speak Louder than Words: Trillion-Parameter Sequential Transducers for
// Generative Recommendations", ICML 2024), as RecTools has it.
#ifndef HEED_CONVERTER_FAMILIES_HSTU_HPP
#define HEED_CONVERTER_FAMILIES_HSTU_HPP

#include "converter/families/family.hpp"

namespace heed::convert {

const Family& hstu_family();

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_HSTU_HPP
