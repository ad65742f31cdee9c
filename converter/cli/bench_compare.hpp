// `heed bench --compare`.
#ifndef HEED_CONVERTER_CLI_BENCH_COMPARE_HPP
#define HEED_CONVERTER_CLI_BENCH_COMPARE_HPP

#include "converter/cli/output.hpp"

#include <string>

namespace heed::cli {

// Reads two results of `heed bench --json` and prints how they differ. Errors (convert::Error):
// file_not_found, io_error, data_mismatch.
void compare_bench(const std::string& a, const std::string& b, bool json, Output& out);

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_BENCH_COMPARE_HPP
