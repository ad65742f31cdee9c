#include "converter/graph/fidelity.hpp"

#include "converter/error.hpp"
#include "converter/graph/interpreter.hpp"
#include "converter/random.hpp"

#include <heed/session.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr std::int64_t kHistories = 64, kFewest = 2;
constexpr std::int64_t kMostItems = 20000;
constexpr double kBudget = 2e10; // multiplications of the interpreter: some ten seconds

// A number of [0, limit). Not SplitMix64::below(): files were measured on the histories that this gives.
std::int64_t below(SplitMix64& random, std::int64_t limit) {
  return static_cast<std::int64_t>(random.unit() * static_cast<double>(limit));
}

// Multiplications of one history.
double interpreter_cost(const Graph& graph) {
  double cost = 0;
  const auto slots = static_cast<double>(graph.slots);
  for (const Node& node : graph.nodes) {
    if (node.op == "linear") {
      const Constant& weight = graph.constant(node.input(1));
      cost += slots * static_cast<double>(weight.rows()) * static_cast<double>(weight.cols());
    } else if (node.op == "attention") {
      cost += slots * slots * static_cast<double>(graph.value(node.output).cols);
    }
  }
  return cost;
}

// The ten best, best first; of equal scores the lower index.
template <class Score>
std::vector<std::size_t> best_ten(const Score* scores, std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t k = std::min<std::size_t>(10, count);
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
      [&](std::size_t a, std::size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  order.resize(k);
  std::sort(order.begin(), order.end());
  return order;
}

struct Totals {
  double largest = 0, sum = 0, overlap = 0;
  std::uint64_t scores = 0;

  void add(const double* expected, const std::vector<float>& actual) {
    const std::size_t count = actual.size();
    const auto [low, high] = std::minmax_element(expected, expected + count);
    const double range = *high > *low ? *high - *low : 1.0;
    for (std::size_t i = 0; i < count; ++i) {
      const double error = std::fabs(expected[i] - static_cast<double>(actual[i])) / range;
      if (!std::isfinite(error))
        throw Error(
            StatusCode::weights_not_finite,
            "the model's scores are not finite: its weights are so large that float arithmetic overflows");
      largest = std::max(largest, error);
      sum += error;
    }
    scores += count;
    const auto wanted = best_ten(expected, count), found = best_ten(actual.data(), count);
    std::vector<std::size_t> both;
    std::set_intersection(wanted.begin(), wanted.end(), found.begin(), found.end(), std::back_inserter(both));
    overlap += static_cast<double>(both.size()) / static_cast<double>(wanted.size());
  }
};

std::vector<std::int64_t> generate_feature(const Feature& feature, std::int64_t length, SplitMix64& random) {
  std::vector<std::int64_t> values;
  if (feature.kind != FeatureKind::event_times) {
    for (std::int64_t i = 0; i < (feature.kind == FeatureKind::context_id ? 1 : length); ++i)
      values.push_back(feature.first_id + below(random, feature.vocabulary));
    return values;
  }
  std::int64_t time = 1'600'000'000; // some day in 2020
  for (std::int64_t i = 0; i < length + (feature.and_request ? 1 : 0); ++i) {
    // From no time at all to a fortnight, seconds as likely as days.
    time += static_cast<std::int64_t>(std::exp(14 * random.unit())) - 1;
    values.push_back(time);
  }
  return values;
}

} // namespace

std::vector<Request> generate_requests(const Graph& graph, std::int64_t count) {
  SplitMix64 random(2018), values(2020);
  std::vector<Request> requests;
  for (std::int64_t h = 0; h < count; ++h) {
    std::int64_t length = 1 + below(random, graph.max_history);
    if (h == 0) length = 1;
    if (h == 1) length = graph.max_history;
    const bool crowded = h / 2 % 2 == 0;
    Request request;
    for (std::int64_t i = 0; i < length; ++i) {
      const double u = random.unit();
      request.history.push_back(
          static_cast<std::int64_t>((crowded ? u * u * u : u) * static_cast<double>(graph.items)));
    }
    for (const Feature& feature : graph.features)
      request.features[feature.name] = generate_feature(feature, length, values);
    requests.push_back(std::move(request));
  }
  return requests;
}

void check_cost(const Graph& source) {
  const double cost = interpreter_cost(source);
  if (cost <= kBudget) return;
  throw Error(
      StatusCode::checkpoint_unsupported,
      fmt::format("{} slots and {} operators take {:.1g} multiplications a history; heed converts models "
                  "of up to {:.1g}",
                  source.slots, source.nodes.size(), cost, kBudget));
}

std::vector<Request> calibration_requests(const Graph& source) {
  constexpr std::int64_t kCalibration = 16;
  const auto affordable = static_cast<std::int64_t>(kBudget / 4 / (interpreter_cost(source) + 1));
  const std::int64_t count = std::clamp<std::int64_t>(affordable, 1, kCalibration);
  auto requests = generate_requests(source, kHistories + count);
  requests.erase(requests.begin(), requests.begin() + kHistories);
  return requests;
}

std::vector<std::int64_t> sample_items(std::int64_t items) {
  std::vector<std::int64_t> rows;
  SplitMix64 random(1997);
  // Each row is taken with the chance that leaves exactly as many as are wanted (Knuth, algorithm S).
  std::int64_t wanted = std::min(items, kMostItems);
  for (std::int64_t r = 0; r < items && wanted > 0; ++r) {
    if (below(random, items - r) >= wanted) continue;
    rows.push_back(r);
    --wanted;
  }
  return rows;
}

ReferenceScores reference_scores(const Graph& source, const std::function<void(double)>& progress) {
  const auto affordable = static_cast<std::int64_t>(kBudget / (interpreter_cost(source) + 1));
  ReferenceScores reference;
  reference.first_id = source.first_id;
  reference.requests = generate_requests(source, std::clamp(affordable, kFewest, kHistories));
  reference.rows = sample_items(source.items);

  const Interpreter interpreter(source);
  const auto count = static_cast<std::int64_t>(reference.requests.size());
  Matrix vectors(count, source.dim() * source.value(source.output).count);
  for (std::int64_t h = 0; h < count; ++h) {
    const std::vector<double> vector = interpreter.run(reference.requests[static_cast<std::size_t>(h)]);
    std::copy(vector.begin(), vector.end(), vectors.row(h));
    if (progress) progress(static_cast<double>(h + 1) / static_cast<double>(count));
  }
  reference.scores = score_rows(source, vectors, reference.rows);
  return reference;
}

Fidelity measure_fidelity(const ReferenceScores& reference, const std::string& path) {
  // Opened twice: verify() reads all of the file, and closing gives that memory back.
  check(unwrap(Model::open(path.c_str())).verify());
  const Model model = unwrap(Model::open(path.c_str()));
  SessionOptions options;
  options.max_candidates = static_cast<std::uint32_t>(reference.rows.size());
  Session session = unwrap(Session::create(model, options));
  std::vector<std::int64_t> candidates, ids;
  for (const std::int64_t row : reference.rows) candidates.push_back(reference.first_id + row);
  std::vector<float> scores(candidates.size());
  Totals totals;
  for (std::size_t h = 0; h < reference.requests.size(); ++h) {
    const Request& request = reference.requests[h];
    ids.clear();
    for (const std::int64_t row : request.history) ids.push_back(reference.first_id + row);
    std::vector<FeatureValues> features;
    for (const auto& [name, values] : request.features) features.push_back({name.c_str(), values});
    check(session.score(heed::Request(ids, features), candidates, UnknownItem::error, scores));
    totals.add(reference.scores.row(static_cast<std::int64_t>(h)), scores);
  }
  const auto count = static_cast<double>(reference.requests.size());
  return {static_cast<std::uint32_t>(reference.requests.size()), totals.largest,
          totals.sum / static_cast<double>(totals.scores), totals.overlap / count};
}

} // namespace heed::convert
