// What `heed bench` prints of a measurement.
#ifndef HEED_CONVERTER_CLI_BENCH_REPORT_HPP
#define HEED_CONVERTER_CLI_BENCH_REPORT_HPP

#include "converter/cli/output.hpp"
#include "converter/measure/measure.hpp"

#include <nlohmann/json.hpp>

namespace heed::cli {

// Fields as README.md documents them.
nlohmann::ordered_json bench_json(const measure::Settings& settings, const measure::Report& report);
// A header, and a row for each cell.
void print_bench_csv(const measure::Settings& settings, const measure::Report& report, Output& out);
// For people.
void print_bench(const measure::Settings& settings, const measure::Report& report, Output& out);

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_BENCH_REPORT_HPP
