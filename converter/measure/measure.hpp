// Measures one model on this machine.
#ifndef HEED_CONVERTER_MEASURE_MEASURE_HPP
#define HEED_CONVERTER_MEASURE_MEASURE_HPP

#include "converter/measure/append.hpp"
#include "converter/measure/process.hpp"
#include "converter/measure/statistics.hpp"

#include <heed/model.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heed::measure {

constexpr std::size_t kOpenings = 5;          // cold ones, and warm ones
constexpr std::uint64_t kWarmUpCalls = 50;    // of each cell, or fewer that take a tenth of its time
constexpr std::size_t kRounds = 10;           // of each cell
constexpr std::size_t kProfiledCalls = 10000; // at most, of each history length and k

struct Settings {
  std::string model;
  // The grid. Without any: the model's maximum, the lesser of 10 and all items, 1, 1.
  std::vector<std::uint32_t> history_lengths, ks, batches, threads;
  std::uint32_t seconds = 1;      // of calls, for each cell
  bool operators = false;         // time by operator, too
  bool append = false;            // histories that grow, too, of the first k
  std::uint32_t drop_at_once = 1; // of these; see SessionOptions
  // How many allocations the program has made so far; null where nobody counts.
  std::size_t (*allocations)() = nullptr;
};

// Microseconds: Model::open, Session::create, and the first call.
struct Opening {
  double open_us, session_us, first_us;
};

// Recommending for `batch` users of `history_length` events each in one call; times are of a call.
struct Cell {
  std::uint32_t history_length = 0, k = 0, batch = 0, threads = 1;
  std::uint64_t warm_up_calls = 0, calls = 0;
  Summary us{};
  double users_per_second = 0;
  std::vector<double> round_p50_us;         // in order
  std::optional<std::uint64_t> allocations; // by all counted calls together
  // Of the catalogue by a call, on average (Session::scanned_bytes); absent for several users at once.
  std::optional<double> scanned_bytes;
};

struct StepTime {
  std::string name, op; // see OperatorTime
  double us;            // the median
};
struct Profile {
  std::uint32_t history_length, k;
  std::uint64_t calls;
  std::vector<StepTime> steps; // in the order in which they ran
};

struct Report {
  ModelInfo info;
  Opening found; // the first one, its file in memory or not
  DroppedFile dropped;
  std::optional<Opening> cold; // medians; absent where a file cannot be dropped from memory
  Opening warm;                // medians
  std::size_t session_bytes;   // of the arena, for the largest number of threads
  // Before the model was opened, and after the warm-up.
  std::optional<ProcessMemory> memory_before, memory;
  std::vector<Cell> cells; // history lengths, of each all ks, of each all batches, of each all threads
  std::vector<Profile> profiles;
  std::optional<AppendReport> append;
};

// Histories are of random items, and features have their defaults. Errors (convert::Error): as Model::open
// and Session::create; invalid_argument for a k above the catalogue.
Report measure(const Settings& settings);

} // namespace heed::measure

#endif // HEED_CONVERTER_MEASURE_MEASURE_HPP
