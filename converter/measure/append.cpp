#include "converter/measure/append.hpp"

#include "converter/measure/statistics.hpp"
#include "converter/measure/users.hpp"

#include <numeric>

namespace heed::measure {

namespace {

using convert::check;
using convert::unwrap;

double mean(const std::vector<double>& values, std::size_t first, std::size_t end) {
  return std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(first),
                         values.begin() + static_cast<std::ptrdiff_t>(end), 0.0) /
         static_cast<double>(end - first);
}

std::vector<double> medians(std::vector<std::vector<double>> samples) {
  std::vector<double> result;
  for (std::vector<double>& of_length : samples) result.push_back(median(std::move(of_length)));
  return result;
}

} // namespace

AppendReport measure_append(const Model& model, std::uint32_t max_history, std::uint32_t k,
                            std::uint32_t drop_at_once, std::uint32_t seconds) {
  const std::size_t longest = std::size_t{kAppendedMaxima} * max_history;
  SessionOptions limits;
  limits.max_k = k;
  limits.max_excluded = std::max(limits.max_excluded, static_cast<std::uint32_t>(longest));
  Session anew = unwrap(Session::create(model, limits)); // remembers nothing, so that nothing is known to it
  limits.running_history = static_cast<std::uint32_t>(longest);
  limits.drop_at_once = drop_at_once;
  Session grown = unwrap(Session::create(model, limits));

  constexpr std::size_t kDifferent = 16;
  const std::vector<std::vector<std::int64_t>> histories = random_histories(model, kDifferent, longest);
  std::vector<std::vector<double>> append_us(longest), anew_us(longest); // by length
  std::vector<Recommendation> best(k);
  const auto recommend = [&](Session& session, const Request& request) {
    check(session.recommend(request, k, {}, best).status());
  };

  AppendReport report{drop_at_once, k, grown.keeps_events(), 0, {}, {}, {}, 0, 0};
  const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds);
  do {
    const std::vector<std::int64_t>& events = histories[report.histories % kDifferent];
    check(grown.begin(Request()));
    for (std::size_t length = 1; length <= longest; ++length) {
      const Clock::time_point start = Clock::now();
      check(grown.append(events[length - 1]));
      recommend(grown, Request::of_session());
      const Clock::time_point appended = Clock::now();
      recommend(anew, Request(Span<const std::int64_t>(events.data(), length)));
      append_us[length - 1].push_back(microseconds(appended - start));
      anew_us[length - 1].push_back(microseconds(Clock::now() - appended));
    }
    ++report.histories;
  } while (report.histories < kGrownHistories || Clock::now() < end);

  report.append_us = medians(std::move(append_us));
  report.anew_us = medians(std::move(anew_us));
  for (std::uint32_t part = 0; part < kAppendedMaxima; ++part) {
    const std::uint32_t first = part * max_history, last = first + max_history;
    report.lengths.push_back(
        {first + 1, last, mean(report.append_us, first, last), mean(report.anew_us, first, last)});
  }
  report.append_mean_us = mean(report.append_us, 0, longest);
  report.anew_mean_us = mean(report.anew_us, 0, longest);
  return report;
}

} // namespace heed::measure
