// What fold_padding() covers. Refusals are Error(not_supported), naming the node.
#ifndef HEED_CONVERTER_GRAPH_PASSES_FOLDABLE_HPP
#define HEED_CONVERTER_GRAPH_PASSES_FOLDABLE_HPP

#include "converter/graph/ir.hpp"

namespace heed::convert {

[[noreturn]] void unsupported(const Node& node, const char* why);

// Refuses graphs in which real events depend on padding in a way that constants cannot say. Returns whether
// attention sees padding anywhere.
bool check_foldable(const Graph& graph);

// Refuses graphs whose padding, were it computed like events, would show where the reference hides it.
void check_fillable(const Graph& graph);

// Whether a value's row at a slot depends on that slot alone: then padded slots hold the same for every
// history.
bool row_by_row(const Graph& graph, ValueId id);

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_PASSES_FOLDABLE_HPP
