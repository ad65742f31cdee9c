// The `heed` tool as a function, for programs that have families of their own.
#ifndef HEED_CONVERTER_CLI_TOOL_HPP
#define HEED_CONVERTER_CLI_TOOL_HPP

#include "converter/families/family.hpp"

#include <cstddef>

namespace heed::cli {

// Runs the command line of main() and returns its exit code. `families`, which live as long as the program,
// stand beside those that heed has; a name that is taken is an error. `allocations` tells how many
// allocations the program has made so far, for `heed bench`; null where nobody counts them.
int run_tool(int argc, char** argv, const convert::FamilyList& families = {},
             std::size_t (*allocations)() = nullptr);

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_TOOL_HPP
