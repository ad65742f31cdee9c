// What of a graph's work stays when events are appended to a history.
#ifndef HEED_RUNTIME_PLAN_GROWTH_HPP
#define HEED_RUNTIME_PLAN_GROWTH_HPP

#include "runtime/ops/graph.hpp"

#include <vector>

namespace heed::plan {

struct Growing {
  std::vector<bool> nodes; // by node: computes the rows of new events alone
  std::vector<bool> kept;  // by value: rows of earlier events are read again, so nothing may overwrite them
  std::vector<bool> quantized; // by value: so does its quantization
  bool any = false;            // whether appending saves anything
};

// `outputs` are the values that callers read. A graph whose padding is computed, or which places a row after
// the newest event or takes features, is computed anew for every history: nothing of it grows.
Growing find_growing(const ops::Graph& graph, const std::vector<int>& outputs);

} // namespace heed::plan

#endif // HEED_RUNTIME_PLAN_GROWTH_HPP
