// heed bench: latency, memory and time by operator of a model on this machine; or two such results compared.
#include "converter/cli/bench_compare.hpp"
#include "converter/cli/bench_report.hpp"
#include "converter/cli/command.hpp"
#include "converter/cli/flags.hpp"

#include <algorithm>
#include <memory>

namespace heed::cli {

namespace {

struct Flags {
  measure::Settings settings;
  std::optional<std::uint32_t> seconds, drop_at_once;
  std::vector<std::string> compared;
  bool json = false, csv = false;
};

void add_counts(CLI::App& app, const std::string& flags, std::vector<std::uint32_t>& target,
                std::uint32_t lowest, const std::string& help) {
  const std::string name = flags.substr(0, flags.find(','));
  const auto parse = [&target, name, lowest](const std::string& text) {
    target = parse_counts(text, name, lowest);
    std::vector<std::uint32_t> sorted = target;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) fail_usage(fmt::format("{} has {} twice", name, *twice));
  };
  app.add_option_function<std::string>(flags, parse, help)->type_name("N,N,...");
}

void run(const CLI::App& command, Flags& flags, Output& out) {
  if (flags.json && flags.csv) fail_usage("--json and --csv: one of them");
  if (!flags.compared.empty()) {
    for (const CLI::Option* option : command.get_options())
      if (option->count() > 0 && !option->check_lname("compare") && !option->check_lname("json"))
        fail_usage("--compare measures nothing, so " +
                   (option->get_positional() ? std::string("a MODEL") : option->get_name()) +
                   " has no meaning beside it");
    compare_bench(flags.compared[0], flags.compared[1], flags.json, out);
    return;
  }
  if (flags.settings.model.empty()) fail_usage("MODEL is required, or --compare A.json B.json");
  flags.settings.seconds = flags.seconds.value_or(1);
  if (flags.drop_at_once && !flags.settings.append)
    fail_usage("--drop-at-once has no meaning without --append");
  flags.settings.drop_at_once = flags.drop_at_once.value_or(1);
  const measure::Report report = measure::measure(flags.settings);
  if (flags.json) {
    out.print(bench_json(flags.settings, report));
  } else if (flags.csv) {
    print_bench_csv(flags.settings, report, out);
  } else {
    print_bench(flags.settings, report, out);
  }
}

} // namespace

void add_bench(CLI::App& app, Output& out, std::size_t (*allocations)()) {
  CLI::App* command = app.add_subcommand(
      "bench", "Measure latency, memory and throughput of a model, or compare two measurements");
  const auto flags = std::make_shared<Flags>();
  flags->settings.allocations = allocations;
  command->add_option("MODEL", flags->settings.model, "Model file")->type_name("");
  add_counts(*command, "--history-length,--history-lengths", flags->settings.history_lengths, 0,
             "Events in each history (the model's maximum)");
  add_counts(*command, "--k", flags->settings.ks, 1, "Items to recommend (10)");
  add_counts(*command, "--batch,--batches", flags->settings.batches, 1, "Users in one call (1)");
  add_counts(*command, "--threads", flags->settings.threads, 1, "Threads that share a call (1)");
  add_whole(*command, "--seconds", flags->seconds, 1, "How long to measure each combination of these (1)");
  command->add_flag("--operators", flags->settings.operators, "Tell how long each operator takes, too");
  command->add_flag("--append", flags->settings.append,
                    "Measure histories that grow event by event to three times the maximum, too");
  add_whole(*command, "--drop-at-once", flags->drop_at_once, 1,
            "Oldest events that such a history drops at once when it is full (1)");
  command->add_flag("--json", flags->json, "Print one JSON object");
  command->add_flag("--csv", flags->csv, "Print a line of CSV for each combination");
  command
      ->add_option("--compare", flags->compared,
                   "Compare two results of --json: is B faster or slower than A, by more than noise?")
      ->expected(2)
      ->type_name("FILE");
  command->callback([command, flags, &out] { run(*command, *flags, out); });
}

} // namespace heed::cli
