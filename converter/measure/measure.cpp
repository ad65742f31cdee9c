#include "converter/measure/measure.hpp"

#include "converter/measure/users.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace heed::measure {

namespace {

using convert::check;
using convert::unwrap;
class Measurement {
 public:
  Measurement(const Settings& settings, const ModelInfo& info) : settings_(settings) {
    if (settings_.history_lengths.empty()) settings_.history_lengths = {info.max_history};
    if (settings_.ks.empty())
      settings_.ks = {static_cast<std::uint32_t>(std::min<std::uint64_t>(10, info.items))};
    if (settings_.batches.empty()) settings_.batches = {1};
    if (settings_.threads.empty()) settings_.threads = {1};
    const auto largest = [](const std::vector<std::uint32_t>& all) {
      return *std::max_element(all.begin(), all.end());
    };
    limits_.max_k = largest(settings_.ks);
    limits_.max_batch = largest(settings_.batches);
    limits_.max_excluded = std::max(limits_.max_excluded, largest(settings_.history_lengths));
    if (limits_.max_k > info.items)
      throw convert::Error(StatusCode::invalid_argument,
                           fmt::format("k is {}, but the catalogue has {} items", limits_.max_k,
                                       fmt::group_digits(info.items)));
    best_.resize(std::size_t{limits_.max_k} * limits_.max_batch);
    counts_.resize(limits_.max_batch);
  }

  void make_users(const Model& model) {
    for (const std::uint32_t length : settings_.history_lengths)
      users_.emplace_back(model, length, limits_.max_batch);
  }

  Opening open() {
    const Clock::time_point start = Clock::now();
    const Model model = unwrap(Model::open(settings_.model.c_str()));
    const Clock::time_point opened = Clock::now();
    Session session = make_session(model, settings_.threads[0]);
    const Clock::time_point made = Clock::now();
    if (users_.empty()) make_users(model);
    const double first = call(session, users_[0], settings_.ks[0], 1, 0);
    return {microseconds(opened - start), microseconds(made - opened), first};
  }

  Opening open_often(DroppedFile* dropped) {
    std::vector<double> open_us, session_us, first_us;
    for (std::size_t i = 0; i < kOpenings; ++i) {
      if (dropped != nullptr) {
        const DroppedFile now = drop_from_cache(settings_.model);
        dropped->asked = now.asked;
        if (now.still_there)
          dropped->still_there = std::max(dropped->still_there.value_or(0), *now.still_there);
      }
      const Opening one = open();
      open_us.push_back(one.open_us);
      session_us.push_back(one.session_us);
      first_us.push_back(one.first_us);
    }
    return {median(open_us), median(session_us), median(first_us)};
  }

  void run(Report& report) {
    const Model model = unwrap(Model::open(settings_.model.c_str()));
    std::vector<Session> sessions; // by Settings::threads
    for (const std::uint32_t threads : settings_.threads) {
      sessions.push_back(make_session(model, threads));
      report.session_bytes =
          std::max(report.session_bytes, unwrap(Session::arena_bytes(model, sessions.back().options())));
    }
    const std::vector<Work> works = lay_out_grid(sessions, report.cells);
    for (std::size_t c = 0; c < works.size(); ++c) warm_up(works[c], report.cells[c]);
    report.memory = process_memory();

    std::vector<std::vector<double>> samples(works.size());
    std::vector<std::size_t> order(works.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937 random(42);
    for (std::size_t round = 0; round < kRounds; ++round) {
      std::shuffle(order.begin(), order.end(), random); // so that no cell always follows the same one
      for (const std::size_t c : order) run_round(works[c], report.cells[c], samples[c]);
    }
    for (std::size_t c = 0; c < works.size(); ++c) {
      Cell& cell = report.cells[c];
      const double total = std::accumulate(samples[c].begin(), samples[c].end(), 0.0);
      cell.calls = samples[c].size();
      if (cell.scanned_bytes) *cell.scanned_bytes /= static_cast<double>(cell.calls);
      cell.users_per_second = 1e6 * static_cast<double>(cell.calls) * cell.batch / total;
      cell.us = summarize(std::move(samples[c]));
    }
    if (settings_.append)
      report.append = measure_append(model, report.info.max_history, settings_.ks[0], settings_.drop_at_once,
                                     settings_.seconds);
    if (!settings_.operators) return;
    for (std::size_t l = 0; l < settings_.history_lengths.size(); ++l)
      for (const std::uint32_t k : settings_.ks)
        report.profiles.push_back(profile(sessions[0], users_[l], settings_.history_lengths[l], k,
                                          2 * report.info.nodes.size() + 1));
  }

 private:
  // What the calls of a cell go to.
  struct Work {
    Session* session;
    const Users* users;
  };

  Session make_session(const Model& model, std::uint32_t threads) const {
    SessionOptions options = limits_;
    options.threads = threads;
    return unwrap(Session::create(model, options));
  }

  std::vector<Work> lay_out_grid(std::vector<Session>& sessions, std::vector<Cell>& cells) const {
    std::vector<Work> works;
    for (std::size_t l = 0; l < settings_.history_lengths.size(); ++l)
      for (const std::uint32_t k : settings_.ks)
        for (const std::uint32_t batch : settings_.batches)
          for (std::size_t t = 0; t < sessions.size(); ++t) {
            Cell cell;
            cell.history_length = settings_.history_lengths[l];
            cell.k = k;
            cell.batch = batch;
            cell.threads = settings_.threads[t];
            cells.push_back(std::move(cell));
            works.push_back({&sessions[t], &users_[l]});
          }
    return works;
  }

  double call(Session& session, const Users& users, std::uint32_t k, std::uint32_t batch,
              std::size_t number) {
    const Span<const Request> requests = users.of_call(number, batch);
    const Clock::time_point start = Clock::now();
    if (batch == 1) {
      check(session.recommend(requests[0], k, {}, best_).status());
    } else {
      check(session.recommend_batch(requests, k, {}, best_, Span<std::size_t>(counts_.data(), batch)));
    }
    return microseconds(Clock::now() - start);
  }

  Clock::duration share_of_time(std::size_t parts) const {
    return Clock::duration(std::chrono::seconds(settings_.seconds)) / static_cast<Clock::rep>(parts);
  }

  void warm_up(const Work& work, Cell& cell) {
    const Clock::time_point end = Clock::now() + share_of_time(10);
    do call(*work.session, *work.users, cell.k, cell.batch, cell.warm_up_calls++);
    while (cell.warm_up_calls < kWarmUpCalls && Clock::now() < end);
  }

  void run_round(const Work& work, Cell& cell, std::vector<double>& samples) {
    call(*work.session, *work.users, cell.k, cell.batch,
         samples.size()); // the cell before left its data in the caches
    std::vector<double> round;
    std::size_t made = 0;
    double scanned = 0;
    const Clock::time_point end = Clock::now() + share_of_time(kRounds);
    do {
      const std::size_t before = settings_.allocations != nullptr ? settings_.allocations() : 0;
      const double us = call(*work.session, *work.users, cell.k, cell.batch, samples.size() + round.size());
      if (settings_.allocations != nullptr) made += settings_.allocations() - before;
      round.push_back(us);
      scanned += static_cast<double>(work.session->scanned_bytes());
    } while (Clock::now() < end);
    if (settings_.allocations != nullptr) cell.allocations = cell.allocations.value_or(0) + made;
    if (cell.batch == 1) // the sum, until all rounds are there
      cell.scanned_bytes = cell.scanned_bytes.value_or(0) + scanned;
    samples.insert(samples.end(), round.begin(), round.end());
    cell.round_p50_us.push_back(median(std::move(round)));
  }

  Profile profile(Session& session, const Users& users, std::uint32_t length, std::uint32_t k,
                  std::size_t most_steps) {
    std::vector<OperatorTime> times(most_steps);
    std::vector<std::vector<double>> samples(most_steps); // by step
    Profile result{length, k, 0, {}};
    std::size_t steps = 0;
    const Clock::time_point end = Clock::now() + share_of_time(1);
    do {
      steps = unwrap(session.profile(users.of_call(result.calls, 1)[0], k, UnknownItem::error, times));
      for (std::size_t s = 0; s < steps; ++s)
        samples[s].push_back(static_cast<double>(times[s].nanoseconds) * 1e-3);
      ++result.calls;
    } while (result.calls < kProfiledCalls && Clock::now() < end);
    for (std::size_t s = 0; s < steps; ++s)
      result.steps.push_back({times[s].name, times[s].op, median(std::move(samples[s]))});
    return result;
  }

  Settings settings_;
  SessionOptions limits_;
  std::vector<Users> users_; // by history length
  std::vector<Recommendation> best_;
  std::vector<std::size_t> counts_;
};

} // namespace

Report measure(const Settings& settings) {
  Report report{};
  const Clock::time_point start = Clock::now();
  {
    // Opened here, before anything else has read the file.
    const Model model = unwrap(Model::open(settings.model.c_str()));
    report.found.open_us = microseconds(Clock::now() - start);
    report.info = model.info();
  }
  Measurement measurement(settings, report.info);
  const Opening second = measurement.open();
  report.found.session_us = second.session_us;
  report.found.first_us = second.first_us;
  report.memory_before = process_memory();
  const Opening cold = measurement.open_often(&report.dropped);
  if (report.dropped.asked) report.cold = cold;
  report.warm = measurement.open_often(nullptr);
  measurement.run(report);
  return report;
}

} // namespace heed::measure
