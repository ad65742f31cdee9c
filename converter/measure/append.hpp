// Histories that grow: what an appended event costs, beside the same history computed anew.
#ifndef HEED_CONVERTER_MEASURE_APPEND_HPP
#define HEED_CONVERTER_MEASURE_APPEND_HPP

#include <heed/session.hpp>

#include <cstdint>
#include <vector>

namespace heed::measure {

constexpr std::uint32_t kAppendedMaxima = 3; // histories grow to so many times the model's maximum
constexpr std::size_t kGrownHistories = 5;   // at least, one after the other

// Histories of `from` to `to` events. Microseconds of Session::append and a recommendation, and of the
// recommendation of a request with all these events: the mean over lengths of the medians over histories.
struct AppendedLengths {
  std::uint32_t from, to;
  double append_us, anew_us;
};

struct AppendReport {
  std::uint32_t drop_at_once, k;
  bool keeps_events; // Session::keeps_events
  std::uint64_t histories;
  std::vector<double> append_us, anew_us; // by length from 1 on: medians over histories
  std::vector<AppendedLengths> lengths;   // up to once, twice and three times the maximum
  double append_mean_us, anew_mean_us;    // over all lengths
};

// Grows histories of random items, event by event, from none to kAppendedMaxima times the maximum, for
// `seconds` and at least kGrownHistories times. Errors (convert::Error): as Session::create and its calls.
AppendReport measure_append(const Model& model, std::uint32_t max_history, std::uint32_t k,
                            std::uint32_t drop_at_once, std::uint32_t seconds);

} // namespace heed::measure

#endif // HEED_CONVERTER_MEASURE_APPEND_HPP
