// Which of two files of the same model recommends faster on this machine.
#ifndef HEED_CONVERTER_GRAPH_SCAN_TIME_HPP
#define HEED_CONVERTER_GRAPH_SCAN_TIME_HPP

#include "converter/graph/fidelity.hpp"

#include <string>

namespace heed::convert {

// Time of Session::recommend for the best 10, in microseconds, and the number of calls to each. It is the
// first decile: a tenth of the calls were faster. What else a busy machine does makes calls slower, most of
// them if it is much, but some it spares.
struct ScanTimes {
  double plain_us = 0, planes_us = 0;
  std::size_t calls = 0;
};

// Times both files on the requests, in turn, so that what else the machine does meets both. `graph` names the
// items of the requests. Errors: of the runtime, if it refuses a file.
ScanTimes time_scans(const Graph& graph, const std::vector<Request>& requests, const std::string& plain,
                     const std::string& planes);

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_SCAN_TIME_HPP
