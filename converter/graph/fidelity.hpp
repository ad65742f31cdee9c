// How faithful a written file is: the runtime's results against the double-precision interpreter.
#ifndef HEED_CONVERTER_GRAPH_FIDELITY_HPP
#define HEED_CONVERTER_GRAPH_FIDELITY_HPP

#include "converter/graph/ir.hpp"

#include <heed/model.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heed::convert {

// Generated histories of item rows, the same for the same numbers: lengths from 1 to max_history, both ends
// included, one half of random items and one half of items that crowd at the start of the table, where
// catalogues sorted by popularity have their popular ones.
std::vector<std::vector<std::int64_t>> generate_histories(std::int64_t items, std::int64_t max_history,
                                                          std::int64_t count);

// Item rows whose scores are compared: all up to 20,000, otherwise that many drawn without repeats,
// ascending.
std::vector<std::int64_t> sample_items(std::int64_t items);

// Opens the file at `path` with the public API, verifies it, and compares its scores with those of `source`:
// the source graph with the checkpoint's own weights. At most 64 histories, fewer for models so large that
// the interpreter would take minutes. `progress` (may be empty) hears shares from 0 to 1. Throws Error with
// the runtime's status where that refuses the file.
Fidelity measure_fidelity(const Graph& source, const std::string& path,
                          const std::function<void(double)>& progress);

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_FIDELITY_HPP
