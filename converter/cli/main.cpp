#include "converter/cli/allocations.hpp"
#include "converter/cli/tool.hpp"

int main(int argc, char** argv) {
  return heed::cli::run_tool(argc, argv, {}, heed::cli::allocations);
}
