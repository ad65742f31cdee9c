// How faithful a written file is: the runtime's results against the double-precision interpreter.
#ifndef HEED_CONVERTER_GRAPH_FIDELITY_HPP
#define HEED_CONVERTER_GRAPH_FIDELITY_HPP

#include "converter/graph/constant.hpp"
#include "converter/graph/ir.hpp"

#include <heed/model.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heed::convert {

// Generated requests for a graph, the same for the same sizes: histories from 1 to max_history events, both
// ends included, one half of random items and one half of items that crowd at the start of the table, where
// catalogues sorted by popularity have their popular ones. Features are random ids, and times of irregular
// gaps.
std::vector<Request> generate_requests(const Graph& graph, std::int64_t count);

// Error(checkpoint_unsupported) for a graph so large that the interpreter would take minutes for one history.
void check_cost(const Graph& source);

// Generated requests beside those that reference_scores() takes, to calibrate with.
std::vector<Request> calibration_requests(const Graph& source);

// Item rows whose scores are compared: all up to 20,000, otherwise that many drawn without repeats,
// ascending.
std::vector<std::int64_t> sample_items(std::int64_t items);

// What a file has to reproduce.
struct ReferenceScores {
  std::int64_t first_id = 0;
  std::vector<Request> requests;
  std::vector<std::int64_t> rows; // the candidates, as item rows
  Matrix scores;                  // [requests, rows]
};

// The interpreter's scores of `source`, the source graph with the checkpoint's own weights. At most 64
// histories, fewer for models so large that the interpreter would take minutes. `progress` (may be empty)
// hears shares from 0 to 1.
ReferenceScores reference_scores(const Graph& source, const std::function<void(double)>& progress);

// Opens the file at `path` with the public API, verifies it, and compares its scores. Throws Error with the
// runtime's status where that refuses the file, and weights_not_finite where its scores are no numbers.
Fidelity measure_fidelity(const ReferenceScores& reference, const std::string& path);

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_FIDELITY_HPP
