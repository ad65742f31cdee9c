// How the tool ends: the one place where a status becomes an exit code.
#ifndef HEED_CONVERTER_CLI_EXIT_CODE_HPP
#define HEED_CONVERTER_CLI_EXIT_CODE_HPP

#include <heed/status.hpp>

namespace heed::cli {

// Stable, as scripts depend on them.
enum ExitCode : int {
  exit_success = 0,
  exit_internal = 1,     // the machine or a fault of the tool (5xx)
  exit_usage = 2,        // the command line: wrong, or lacking a choice that only the caller can make
  exit_file = 3,         // a model or checkpoint that is not what it should be (2xx, 3xx)
  exit_data = 4,         // data or a request that does not fit the model (the rest of 1xx)
  exit_input_output = 5, // reading or writing failed (4xx)
};

constexpr ExitCode exit_code(StatusCode code) noexcept {
  if (code == StatusCode::usage || code == StatusCode::option_required) return exit_usage;
  switch (static_cast<int>(code) / 100) {
  case 0:
    return exit_success;
  case 1:
    return exit_data;
  case 2:
  case 3:
    return exit_file;
  case 4:
    return exit_input_output;
  default:
    return exit_internal;
  }
}

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_EXIT_CODE_HPP
