// The `heed` tool as a function, for programs that have families of their own.
#ifndef HEED_CONVERTER_CLI_TOOL_HPP
#define HEED_CONVERTER_CLI_TOOL_HPP

#include "converter/families/family.hpp"

namespace heed::cli {

// Runs the command line of main() and returns its exit code. `families`, which live as long as the program,
// stand beside those that heed has; a name that is taken is an error.
int run_tool(int argc, char** argv, const convert::FamilyList& families = {});

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_TOOL_HPP
