// heed bench: how long a model takes to open and to recommend, on this machine and one thread.
#include "converter/cli/command.hpp"
#include "converter/cli/flags.hpp"
#include "converter/cli/model_file.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <random>

#include <nlohmann/json.hpp>

namespace heed::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct Flags {
  std::string model;
  std::optional<std::uint32_t> history_length, k, seconds;
  bool json = false;
};

double microseconds(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

// Of an ascending, not empty list: the value at or above which (1 - share) of the samples lie.
double quantile(const std::vector<double>& sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

// Histories of the catalogue's items, different from call to call, so that caches see what an app's would.
std::vector<std::vector<std::int64_t>> make_histories(const Model& model, std::size_t length) {
  std::mt19937_64 random(42);
  std::vector<std::vector<std::int64_t>> histories(64, std::vector<std::int64_t>(length));
  for (auto& history : histories)
    for (std::int64_t& id : history) id = unwrap(model.item_id(random() % model.items()));
  return histories;
}

class Bench {
 public:
  Bench(const Flags& flags, Output& out) : flags_(flags), out_(out) {}

  void run() {
    const Clock::time_point opening = Clock::now();
    const Model model = open_model(flags_.model);
    const double open_us = microseconds(Clock::now() - opening);
    const std::size_t length = flags_.history_length.value_or(model.max_history());
    const std::size_t k = flags_.k.value_or(std::min<std::size_t>(10, model.items()));
    GrowingSession growing(model);
    Session& session = growing.fit({k, 0, length});
    const auto histories = make_histories(model, length);
    std::vector<Recommendation> best(k);
    const auto recommend = [&](std::size_t call) {
      const Clock::time_point start = Clock::now();
      check(session.recommend(histories[call % histories.size()], k, {}, best).status());
      return microseconds(Clock::now() - start);
    };

    const double first_us = recommend(0);
    for (std::size_t call = 1; call < 50; ++call) recommend(call); // warm-up
    std::vector<double> samples;
    const Clock::time_point end = Clock::now() + std::chrono::seconds(flags_.seconds.value_or(1));
    while (samples.empty() || Clock::now() < end) samples.push_back(recommend(samples.size()));
    std::sort(samples.begin(), samples.end());
    report(model.info(), length, k, open_us, first_us, samples);
  }

 private:
  void report(const ModelInfo& info, std::size_t length, std::size_t k, double open_us, double first_us,
              const std::vector<double>& samples) {
    const double p50 = quantile(samples, 0.5), p90 = quantile(samples, 0.9), p99 = quantile(samples, 0.99);
    if (flags_.json) {
      out_.print(nlohmann::ordered_json{{"model", flags_.model},
                                        {"precision", info.precision},
                                        {"isa", active_isa()},
                                        {"items", info.items},
                                        {"history_length", length},
                                        {"k", k},
                                        {"threads", 1},
                                        {"open_us", open_us},
                                        {"first_us", first_us},
                                        {"calls", samples.size()},
                                        {"p50_us", p50},
                                        {"p90_us", p90},
                                        {"p99_us", p99}});
      return;
    }
    out_.print("recommend   top {} of {} items after {} events, {}, {} kernels, one thread\n", k,
               grouped(info.items), length, info.precision, active_isa());
    out_.print("open        {:.1f} us\nfirst call  {:.1f} us\n", open_us, first_us);
    out_.print("steady      p50 {:.1f} us, p90 {:.1f} us, p99 {:.1f} us over {} calls\n", p50, p90, p99,
               grouped(samples.size()));
  }

  const Flags& flags_;
  Output& out_;
};

} // namespace

void add_bench(CLI::App& app, Output& out) {
  CLI::App* command = app.add_subcommand("bench", "Measure how long a model takes to open and to recommend");
  const auto flags = std::make_shared<Flags>();
  command->add_option("MODEL", flags->model, "Model file")->required()->type_name("");
  add_whole(*command, "--history-length", flags->history_length, 0,
            "Events in each history (the model's maximum)");
  add_whole(*command, "--k", flags->k, 1, "Items to recommend (10)");
  add_whole(*command, "--seconds", flags->seconds, 1, "How long to measure (1)");
  command->add_flag("--json", flags->json, "Print one JSON object");
  command->callback([flags, &out] { Bench(*flags, out).run(); });
}

} // namespace heed::cli
