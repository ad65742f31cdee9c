#include "converter/graph/scan_time.hpp"

#include "converter/error.hpp"

#include <heed/session.hpp>

#include <algorithm>
#include <chrono>

namespace heed::convert {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kFewestCalls = 33; // of each file
constexpr std::chrono::milliseconds kEnough{600};

double first_decile(std::vector<double> times) {
  const auto place = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 10);
  std::nth_element(times.begin(), place, times.end());
  return *place;
}

} // namespace

ScanTimes time_scans(const Graph& graph, const std::vector<Request>& requests, const std::string& plain,
                     const std::string& planes) {
  const Model models[2] = {unwrap(Model::open(plain.c_str())), unwrap(Model::open(planes.c_str()))};
  Session sessions[2] = {unwrap(Session::create(models[0])), unwrap(Session::create(models[1]))};
  std::vector<Recommendation> best(static_cast<std::size_t>(std::min<std::int64_t>(10, graph.items)));
  std::vector<double> times[2];
  const auto call = [&](std::size_t file, const Request& request) {
    std::vector<std::int64_t> ids;
    for (const std::int64_t row : request.history) ids.push_back(graph.first_id + row);
    std::vector<FeatureValues> features;
    for (const auto& [name, values] : request.features) features.push_back({name.c_str(), values});
    RecommendOptions options;
    options.exclude_seen = false; // histories may be longer than a session takes
    const Clock::time_point start = Clock::now();
    check(sessions[file].recommend(heed::Request(ids, features), best.size(), options, best).status());
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  };
  for (const std::size_t file : {0U, 1U}) call(file, requests[0]); // its pages are read
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < kFewestCalls || Clock::now() - start < kEnough; ++i)
    for (const std::size_t file : {i % 2, 1 - i % 2})
      times[file].push_back(call(file, requests[i % requests.size()]));
  return {first_decile(times[0]), first_decile(times[1]), times[0].size()};
}

} // namespace heed::convert
