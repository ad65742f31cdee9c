// The passes, in the order in which convert.cpp runs them. Each is a file of this folder.
#ifndef HEED_CONVERTER_GRAPH_PASSES_PASSES_HPP
#define HEED_CONVERTER_GRAPH_PASSES_PASSES_HPP

#include "converter/graph/ir.hpp"
#include "converter/quantize/error_stats.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert {

enum class Precision : std::uint8_t { fp32, int8 };

// 1. For int8, before quantize(): evens out the channels of what linears read from a normalisation, so that
// one scale a row of activations serves them all. The results stay the same. `histories` (item rows) show how
// large activations get. Source form.
void equalize(Graph& graph, const std::vector<Request>& histories);

// 2. Decides how the file keeps each constant: int8 for weights of linear and gru and for tables of ids, when
// asked; float for all others. Both forms.
void quantize(Graph& graph, Precision precision);

// 3. Lets the int8 weights of linears and the item rows be rounded by what they are multiplied with
// (quantize/second_order.hpp), as `histories` show it. After quantize(), source form.
void choose_rounding(Graph& graph, const std::vector<Request>& histories);

// What that costs each int8 constant. Reads them all.
struct QuantizationError {
  std::string name;
  ErrorStats stats;
};
std::vector<QuantizationError> quantization_errors(const Graph& graph);

// 4. Appends to both item tables the mean of their item rows, as stored (the row of an unknown item, whose
// bias is the mean, too), and to the input table the row that follows every history, or that fills it.
// Precondition: quantize() has run.
void add_special_rows(Graph& graph);

// 5. From the source form to the file form, exactly: what attention sees of padding becomes constants,
// computed from the constants as stored; Graph::empty_history is the source's answer to padding alone, or
// zeros where that is not finite. Error(not_supported) where padding depends on real events.
Graph fold_padding(const Graph& source);

// 6. File form: moves `last` up through operators that work on each row by itself and through the query side
// of attention, so that the last block computes keys and values for all events and the rest for one.
void prune_last(Graph& graph);

// Removes nodes, values and constants that nothing uses, keeping the order. Called by passes 1, 5 and 6.
void remove_unused(Graph& graph);

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_PASSES_PASSES_HPP
