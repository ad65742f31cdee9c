// Small graphs that use every operator and every option, in combinations that a file can express, and
// requests for them.
#ifndef HEED_TESTS_CONVERTER_GRAPH_RANDOM_GRAPH_HPP
#define HEED_TESTS_CONVERTER_GRAPH_RANDOM_GRAPH_HPP

#include "converter/graph/ir.hpp"

#include <cstdint>
#include <random>
#include <vector>

namespace heed::convert::test {

// Source form; everything is drawn from the seed.
Graph random_graph(std::uint32_t seed);

// Items that repeat, times that may be equal, features that may be missing, and the request's own time where
// the graph takes it.
Request random_request(const Graph& graph, std::int64_t length, std::mt19937& random);
// One for each length from 0 to max_history + 3.
std::vector<Request> random_requests(const Graph& graph, std::uint32_t seed);

} // namespace heed::convert::test

#endif // HEED_TESTS_CONVERTER_GRAPH_RANDOM_GRAPH_HPP
