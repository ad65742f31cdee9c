// Checkpoints and graphs made in memory.
#ifndef HEED_TESTS_CONVERTER_GRAPH_SUPPORT_HPP
#define HEED_TESTS_CONVERTER_GRAPH_SUPPORT_HPP

#include "converter/error.hpp"
#include "converter/graph/builder.hpp"
#include "converter/graph/passes/passes.hpp"
#include "converter/readers/checkpoint.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <random>
#include <string>
#include <vector>

namespace heed::convert::test {

// A row-major float tensor over a copy of `values`.
Tensor float_tensor(const std::vector<std::int64_t>& shape, const std::vector<float>& values);
// An int64 tensor of that shape, filled with 0, 1, 2, ...
Tensor integer_tensor(const std::vector<std::int64_t>& shape);
Tensor random_tensor(const std::vector<std::int64_t>& shape, std::mt19937& random);

// A constant of these values, [rows, cols].
Constant constant_of(const std::string& name, std::int64_t rows, std::int64_t cols,
                     const std::vector<double>& values);
Constant random_constant(const std::string& name, std::int64_t rows, std::int64_t cols, std::mt19937& random);

// What varies between the graphs that passes are tested on.
struct EncoderOptions {
  std::int64_t slots = 5, dim = 4, heads = 2, blocks = 2, items = 11, hidden = 6;
  std::string norm = "query"; // "query", "before", "after"
  bool mask_padding = false;
  PaddingSide side = PaddingSide::left;
  bool positions = true;
  bool pad_row = false, pad_position = false; // what padded slots hold
  bool causal = true, masked = false;
  double fill = -std::numeric_limits<double>::infinity();
  bool projection = true; // of attention; otherwise an add node joins it with its residual
  std::string activation = "relu";
  bool unbiased = false, eps_outside = false; // of the blocks' normalisations
  bool append = false;                        // a row follows every history
  std::int64_t hidden_row = kNone, drop_oldest = 0;
  bool gru = false;          // between embedding and blocks; padding must stand on the right
  bool sum_padding = false;  // the head's sums take padded slots, too
  std::string head = "last"; // or "sum", "mean", "attended": one row out of all events, joined with the last
  bool own_scores = false, score_bias = false; // rows of their own that score items; a bias for each
  std::uint32_t seed = 1;
};
Graph random_encoder(const EncoderOptions& options);
// The file form of a source graph, through all passes that every conversion takes.
Graph file_form(Graph source, Precision precision);

// A named choice, for suites that run over several.
struct EncoderCase {
  const char* name;
  EncoderOptions options;
};
// What GoogleTest shows of a case; without it, bytes that hold addresses.
void PrintTo(const EncoderCase& c, std::ostream* out);

// Histories of every length from 0 to max_history + 3.
std::vector<std::vector<std::int64_t>> histories_of_all_lengths(const Graph& graph, std::uint32_t seed);

// The largest difference between two vectors, or between results of two graphs for the same history; NaN
// equals NaN.
double difference(const std::vector<double>& a, const std::vector<double>& b);

// Runs `function`, which must throw Error with that code; returns its message.
std::string error_message(StatusCode code, const std::function<void()>& function);

} // namespace heed::convert::test

#endif // HEED_TESTS_CONVERTER_GRAPH_SUPPORT_HPP
