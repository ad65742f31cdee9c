// From the metadata's nodes and values to a checked ops::Graph.
#ifndef HEED_RUNTIME_FORMAT_READ_GRAPH_HPP
#define HEED_RUNTIME_FORMAT_READ_GRAPH_HPP

#include "heed_generated.h"
#include "runtime/ops/graph.hpp"

#include <heed/status.hpp>

namespace heed::format {

// Fills values and nodes of `graph`, whose constants are read already. Every index is checked, every value is
// made once and before it is used, every operator is known and its inputs, attributes and shapes fit.
// Errors: file_malformed, op_unsupported, graph_invalid.
Status read_graph(const Model& model, ops::Graph* graph);

} // namespace heed::format

#endif // HEED_RUNTIME_FORMAT_READ_GRAPH_HPP
