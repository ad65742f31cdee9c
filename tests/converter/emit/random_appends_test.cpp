// A history that grows event by event: the bits of computing it anew, up to three times the maximum, whatever
// the graph.
#include "tests/converter/emit/every_table.hpp"
#include "tests/converter/emit/support.hpp"
#include "tests/converter/graph/random_graph.hpp"
#include "tests/converter/graph/support.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace heed::convert {
namespace {

constexpr std::uint32_t kGraphs = 150;

// Events `first` to `end` - 1 of a request, and where `end` is its own, the request's time.
Request part(const Graph& graph, const Request& request, std::size_t first, std::size_t end) {
  const auto slice = [&](const std::vector<std::int64_t>& from, std::size_t last) {
    return std::vector<std::int64_t>(from.begin() + static_cast<std::ptrdiff_t>(first),
                                     from.begin() + static_cast<std::ptrdiff_t>(last));
  };
  Request events;
  events.history = slice(request.history, end);
  for (const Feature& feature : graph.features) {
    const auto given = request.features.find(feature.name);
    if (given == request.features.end()) continue;
    const bool own_time = end == request.history.size() && given->second.size() > end;
    const bool context = feature.kind == FeatureKind::context_id;
    std::vector<std::int64_t> values =
        context ? given->second : slice(given->second, end + (own_time ? 1 : 0));
    if (!values.empty()) events.features[feature.name] = std::move(values);
  }
  return events;
}

class RandomAppends : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  RandomAppends() : path_(folder_.path("model.heed")) {}

  Graph write(Precision precision) {
    return test::write_file_form(test::random_graph(GetParam()), precision, path_);
  }
  Session session(const SessionOptions& options = {}) const {
    return Session::create(Model::open(path_.c_str()).value(), options).value();
  }

  test::TempFolder folder_;
  std::string path_;
};

void append(const Graph& file, const Request& request, std::size_t event, Session* session) {
  const Request alone = part(file, request, event, event + 1);
  const test::SessionRequest ids(file, alone);
  const Status status = session->append(ids.get().history[0], ids.get().features);
  ASSERT_TRUE(status.ok()) << status.message();
}

TEST_P(RandomAppends, SameBitsAsComputingAnew) {
  for (const Precision precision : {Precision::fp32, Precision::int8}) {
    const Graph file = write(precision);
    SessionOptions options;
    const auto most = static_cast<std::size_t>(3 * file.max_history);
    options.running_history = static_cast<std::uint32_t>(most);
    Session growing = session(options), anew = session();
    std::mt19937 random(GetParam());
    const Request request = test::random_request(file, static_cast<std::int64_t>(most), random);
    std::size_t events = random() % 3;
    ASSERT_TRUE(growing.begin(test::SessionRequest(file, part(file, request, 0, events)).get()).ok());
    while (true) {
      SCOPED_TRACE(fmt::format("seed {}, {} events, {}", GetParam(), events,
                               growing.keeps_events() ? "events are kept" : "computed anew"));
      const test::SessionRequest all(file, part(file, request, 0, events));
      // Now and then several events between two calls.
      if (events == most || random() % 4 > 0) {
        ASSERT_EQ(test::session_outputs(growing, file, heed::Request::of_session()),
                  test::session_outputs(anew, file, all.get()));
      }
      if (events == most) break;
      append(file, request, events++, &growing);
    }
  }
}

TEST_P(RandomAppends, DropsSeveralEventsAtOnce) {
  const Graph file = write(Precision::int8);
  SessionOptions options;
  const auto most = static_cast<std::size_t>(file.max_history);
  options.running_history = static_cast<std::uint32_t>(3 * most);
  options.drop_at_once = static_cast<std::uint32_t>(1 + GetParam() % most);
  Session growing = session(options), anew = session();
  std::mt19937 random(GetParam());
  Request request = test::random_request(file, 3 * file.max_history, random);
  for (const Feature& feature : file.features) // times are measured from the oldest event of all
    if (feature.kind == FeatureKind::event_times) request.features.erase(feature.name);
  ASSERT_TRUE(growing.begin(heed::Request()).ok());
  std::size_t counted = 0;
  for (std::size_t events = 1; events <= 3 * most; ++events) {
    append(file, request, events - 1, &growing);
    counted = counted == most ? most + 1 - options.drop_at_once : counted + 1;
    SCOPED_TRACE(fmt::format("seed {}, {} of {} events", GetParam(), counted, events));
    const std::size_t first = events - std::min(events, counted + static_cast<std::size_t>(file.drop_oldest));
    const test::SessionRequest newest(file, part(file, request, first, events));
    ASSERT_EQ(test::session_outputs(growing, file, heed::Request::of_session()),
              test::session_outputs(anew, file, newest.get()));
  }
}

// Requests that share a beginning, in any order.
TEST_P(RandomAppends, OtherRequestsBetween) {
  const Graph file = write(Precision::fp32);
  SessionOptions options;
  options.running_history = static_cast<std::uint32_t>(file.max_history);
  Session keeping = session(options), anew = session();
  std::mt19937 random(GetParam());
  const Request request = test::random_request(file, file.max_history + 2, random);
  for (int call = 0; call < 12; ++call) {
    const std::size_t end = random() % (request.history.size() + 1), first = random() % 4 == 0 ? end / 2 : 0;
    SCOPED_TRACE(fmt::format("seed {}, events {} to {}", GetParam(), first, end));
    const test::SessionRequest ids(file, part(file, request, first, end));
    ASSERT_EQ(test::session_outputs(keeping, file, ids.get()), test::session_outputs(anew, file, ids.get()));
  }
}

INSTANTIATE_TEST_SUITE_P(Drawn, RandomAppends, ::testing::Range(std::uint32_t{1}, kGraphs + 1));

} // namespace
} // namespace heed::convert
