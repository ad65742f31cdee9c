// Counts what the program allocates.
#ifndef HEED_CONVERTER_CLI_ALLOCATIONS_HPP
#define HEED_CONVERTER_CLI_ALLOCATIONS_HPP

#include <cstddef>

namespace heed::cli {

// Calls of any form of operator new since the program began; the runtime allocates in no other way.
std::size_t allocations();

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_ALLOCATIONS_HPP
