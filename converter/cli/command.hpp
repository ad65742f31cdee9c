// The subcommands. Each adds itself to `app`; its work runs while the command line is parsed, writes its
// results to `out` and throws convert::Error. `out` must outlive `app`.
#ifndef HEED_CONVERTER_CLI_COMMAND_HPP
#define HEED_CONVERTER_CLI_COMMAND_HPP

#include "converter/cli/output.hpp"

#include <CLI/CLI.hpp>

namespace heed::cli {

void add_convert(CLI::App& app, Output& out);
void add_info(CLI::App& app, Output& out);
void add_recommend(CLI::App& app, Output& out);
void add_score(CLI::App& app, Output& out);
void add_encode(CLI::App& app, Output& out);
void add_eval(CLI::App& app, Output& out);
// `allocations` as run_tool has it.
void add_bench(CLI::App& app, Output& out, std::size_t (*allocations)());
void add_synth(CLI::App& app, Output& out);

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_COMMAND_HPP
