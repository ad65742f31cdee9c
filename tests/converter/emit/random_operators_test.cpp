// Graphs of every operator and option, written to a file and run by the runtime: the interpreter's results
// for requests of every length, and the same bits on every instruction set.
#include "converter/graph/interpreter.hpp"
#include "tests/converter/emit/every_table.hpp"
#include "tests/converter/emit/support.hpp"
#include "tests/converter/graph/random_graph.hpp"
#include "tests/converter/graph/support.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace heed::convert {
namespace {

constexpr std::uint32_t kGraphs = 150;

class RandomOperators : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  RandomOperators() : path_(folder_.path("model.heed")) {}

  // The written graph; `precision` decides its constants.
  Graph write(Precision precision) {
    return test::write_file_form(test::random_graph(GetParam()), precision, path_);
  }
  std::string trace(const Request& request) const {
    return fmt::format("seed {}, {} events", GetParam(), request.history.size());
  }

  test::TempFolder folder_;
  std::string path_;
};

double largest_of(const std::vector<double>& values) {
  double largest = 1;
  for (const double x : values) largest = std::max(largest, std::fabs(x));
  return largest;
}

void expect_near(const std::vector<float>& found, const std::vector<double>& expected, double share) {
  ASSERT_EQ(found.size(), expected.size());
  const double bound = share * largest_of(expected);
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(static_cast<double>(found[i]), expected[i], bound) << i;
}

// Of an output that is not the user vector. `placed` has the rows that a caller sees.
std::vector<double> expected_output(const Graph& file, const GraphOutput& output, const Request& request,
                                    const test::Placed& placed) {
  const GraphValue& value = file.value(output.value);
  if (placed.rows.empty()) return value.each_place() ? std::vector<double>() : output.empty_history.values;
  const Matrix all = Interpreter(file).run_all(request)[static_cast<std::size_t>(output.value)];
  if (!value.each_place()) return all.values;
  const auto first = static_cast<std::int64_t>(placed.first),
             newest = static_cast<std::int64_t>(placed.newest);
  return {all.row(first), all.row(newest + 1)};
}

TEST_P(RandomOperators, RuntimeComputesWhatTheInterpreterComputes) {
  const Graph file = write(Precision::fp32);
  const Interpreter interpreter(file);
  auto model = Model::open(path_.c_str());
  ASSERT_TRUE(model.ok()) << model.status().message();
  ASSERT_TRUE(model->verify().ok());
  auto session = Session::create(*model);
  ASSERT_TRUE(session.ok()) << session.status().message();
  std::vector<std::int64_t> rows(static_cast<std::size_t>(file.items)), candidates;
  std::iota(rows.begin(), rows.end(), 0);
  for (const std::int64_t row : rows) candidates.push_back(file.first_id + row);
  std::vector<float> scores(rows.size());
  for (const Request& request : test::random_requests(file, GetParam())) {
    SCOPED_TRACE(trace(request));
    const test::SessionRequest ids(file, request);
    const test::Placed placed = test::place(file, request);
    const std::vector<double> vectors = interpreter.run(request);
    expect_near(test::session_output(*session, kUserVector, file.dim(), ids.get()), vectors, 1e-5);
    for (const GraphOutput& output : file.outputs)
      expect_near(test::session_output(*session, output.name, file.value(output.value).cols, ids.get()),
                  expected_output(file, output, request, placed), 1e-5);

    Matrix users(1, static_cast<std::int64_t>(vectors.size()));
    users.values = vectors;
    std::vector<double> wanted = score_rows(file, users, rows).values;
    if (placed.rows.empty() && !file.prior.empty()) wanted = file.prior;
    ASSERT_TRUE(session->score(ids.get(), candidates, UnknownItem::error, scores).ok());
    expect_near(scores, wanted, 1e-5 * static_cast<double>(file.dim()) * largest_of(vectors));
  }
}

TEST_P(RandomOperators, RecommendationsAreTheBestScores) {
  const Graph file = write(Precision::int8);
  auto session = Session::create(Model::open(path_.c_str()).value()).value();
  std::vector<std::int64_t> candidates(static_cast<std::size_t>(file.items));
  std::iota(candidates.begin(), candidates.end(), file.first_id);
  std::vector<float> scores(candidates.size());
  RecommendOptions options;
  options.exclude_seen = false;
  std::vector<Recommendation> best(std::min<std::size_t>(candidates.size(), 7));
  for (const Request& request : test::random_requests(file, GetParam())) {
    SCOPED_TRACE(trace(request));
    const test::SessionRequest ids(file, request);
    ASSERT_TRUE(session.score(ids.get(), candidates, UnknownItem::error, scores).ok());
    const auto count = session.recommend(ids.get(), best.size(), options, best);
    ASSERT_TRUE(count.ok()) << count.status().message();
    ASSERT_EQ(*count, best.size());
    std::vector<std::size_t> order(candidates.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    for (std::size_t i = 0; i < best.size(); ++i) {
      EXPECT_EQ(best[i].item, candidates[order[i]]) << i;
      EXPECT_EQ(best[i].score, scores[order[i]]) << i;
    }
  }
}

TEST_P(RandomOperators, SameBitsOnEveryInstructionSet) {
  for (const Precision precision : {Precision::fp32, Precision::int8}) {
    const Graph file = write(precision);
    test::EveryTable tables(path_);
    ASSERT_EQ(tables.problem(), "");
    auto session = Session::create(Model::open(path_.c_str()).value()).value();
    for (const Request& request : test::random_requests(file, GetParam())) {
      const test::Placed placed = test::place(file, request);
      if (placed.rows.empty()) continue;
      const test::SessionRequest ids(file, request);
      const test::Outputs outputs = test::session_outputs(session, file, ids.get());
      for (std::size_t t = 0; t < tables.count(); ++t)
        EXPECT_EQ(tables.run(t, placed), outputs) << trace(request) << ", " << tables.isa(t);
    }
  }
}

TEST_P(RandomOperators, AShorterSessionCountsTheMostRecentEvents) {
  const Graph file = write(Precision::fp32);
  SessionOptions options;
  options.max_history = static_cast<std::uint32_t>(1 + GetParam() % file.max_history);
  auto session = Session::create(Model::open(path_.c_str()).value(), options).value();
  Graph shorter = file;
  shorter.max_history = options.max_history;
  const Interpreter interpreter(shorter);
  for (const Request& request : test::random_requests(file, GetParam())) {
    SCOPED_TRACE(trace(request) + fmt::format(", of which {} count", options.max_history));
    const test::SessionRequest ids(file, request);
    expect_near(test::session_output(session, kUserVector, file.dim(), ids.get()), interpreter.run(request),
                1e-5);
  }
}

// `request` with one event more at `place`, of an item that the catalogue does not hold.
Request with_stranger(const Graph& file, const Request& request, std::size_t place) {
  Request more = request;
  const auto at = static_cast<std::ptrdiff_t>(place);
  more.history.insert(more.history.begin() + at, file.items);
  for (const Feature& feature : file.features) {
    const auto given = more.features.find(feature.name);
    if (feature.kind == FeatureKind::context_id || given == more.features.end()) continue;
    std::vector<std::int64_t>& values = given->second;
    values.insert(values.begin() + at, place < values.size() ? values[place] : values.back());
  }
  return more;
}

TEST_P(RandomOperators, SkippedItemsLeaveNoTrace) {
  const Graph file = write(Precision::int8);
  auto session = Session::create(Model::open(path_.c_str()).value()).value();
  std::vector<std::int64_t> candidates(static_cast<std::size_t>(file.items));
  std::iota(candidates.begin(), candidates.end(), file.first_id);
  std::vector<float> expected(candidates.size()), found(candidates.size());
  std::mt19937 random(GetParam());
  for (const Request& request : test::random_requests(file, GetParam())) {
    const std::size_t place = random() % (request.history.size() + 1);
    SCOPED_TRACE(trace(request) + fmt::format(", a stranger at {}", place));
    const Request more = with_stranger(file, request, place);
    ASSERT_TRUE(
        session.score(test::SessionRequest(file, request).get(), candidates, UnknownItem::error, expected)
            .ok());
    const Status status =
        session.score(test::SessionRequest(file, more).get(), candidates, UnknownItem::skip, found);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(found, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Drawn, RandomOperators, ::testing::Range(std::uint32_t{1}, kGraphs + 1));

} // namespace
} // namespace heed::convert
