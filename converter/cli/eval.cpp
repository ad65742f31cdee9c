// heed eval: how high the model ranks what each user did next.
#include "converter/cli/command.hpp"
#include "converter/cli/flags.hpp"
#include "converter/cli/model_file.hpp"
#include "converter/cli/progress.hpp"
#include "converter/cli/text_table.hpp"
#include "converter/eval/evaluate.hpp"

#include <limits>
#include <memory>

#include <nlohmann/json.hpp>

namespace heed::cli {

namespace {

struct Flags {
  std::string model, data;
  eval::Protocol protocol = eval::Protocol::full;
  std::optional<eval::Seen> seen;
  std::optional<std::uint32_t> negatives, threads;
  std::optional<std::uint64_t> seed;
  std::vector<std::uint32_t> ks = {5, 10, 20};
  UnknownItem unknown = UnknownItem::error;
  bool json = false;
};

const char* name(eval::Seen seen) {
  switch (seen) {
  case eval::Seen::exclude:
    return "exclude";
  case eval::Seen::keep:
    return "keep";
  case eval::Seen::zero:
    return "zero";
  }
  return "";
}

eval::EvaluateOptions make_options(const Flags& flags) {
  const bool sampled = flags.protocol == eval::Protocol::sampled;
  if (sampled && flags.seen)
    fail_usage("--seen is for --protocol full; sampled negatives are never seen items");
  if (!sampled && (flags.negatives || flags.seed))
    fail_usage("--negatives and --seed need --protocol sampled");
  eval::EvaluateOptions options;
  options.protocol = flags.protocol;
  options.seen = flags.seen.value_or(options.seen);
  options.negatives = flags.negatives.value_or(options.negatives);
  options.seed = flags.seed.value_or(options.seed);
  options.ks = flags.ks;
  options.unknown = flags.unknown;
  options.threads = flags.threads.value_or(0);
  return options;
}

void print_json(const Flags& flags, const eval::EvaluateOptions& options, const eval::Interactions& data,
                const eval::EvaluateReport& report, Output& out) {
  nlohmann::ordered_json json;
  json["model"] = flags.model;
  json["data"] = flags.data;
  json["data_format"] = eval::name(data.format);
  json["data_recognised"] = data.recognised;
  json["events"] = data.items.size();
  const bool full = options.protocol == eval::Protocol::full;
  json["protocol"] = full ? "full" : "sampled";
  if (full) {
    json["seen"] = name(options.seen);
  } else {
    json["negatives"] = options.negatives;
    json["seed"] = options.seed;
  }
  json["unknown"] = cli::name(options.unknown);
  json["k"] = options.ks;
  json["users"] = report.users;
  json["skipped_users"] = report.skipped_users;
  json["skipped_unknown_targets"] = report.skipped_unknown_targets;
  if (!report.features.empty()) json["features"] = nlohmann::ordered_json::object();
  for (const eval::FeatureUse& use : report.features) json["features"][use.name] = use.users;
  json["threads"] = report.threads;
  json["seconds"] = report.seconds;
  for (const eval::MetricsAtK& at : report.metrics) {
    const std::string suffix = "@" + std::to_string(at.k);
    json["ndcg" + suffix] = at.ndcg;
    json["recall" + suffix] = at.recall;
    json["hr" + suffix] = at.hr;
    json["precision" + suffix] = at.precision;
    json["mrr" + suffix] = at.mrr;
  }
  out.print(json);
}

std::string protocol_text(const eval::EvaluateOptions& options) {
  if (options.protocol == eval::Protocol::sampled)
    return fmt::format("the target among {} sampled negatives the user never touched (seed {})",
                       grouped(options.negatives), options.seed);
  switch (options.seen) {
  case eval::Seen::exclude:
    return "the target in the full catalogue, items of the history excluded";
  case eval::Seen::keep:
    return "the target in the full catalogue, items of the history competing";
  case eval::Seen::zero:
    return "the target in the full catalogue, items of the history scoring 0";
  }
  return "";
}

void print_text(const Flags& flags, const eval::EvaluateOptions& options, const eval::Interactions& data,
                const eval::EvaluateReport& report, Output& out) {
  TextTable facts({"", ""});
  facts.add({"data", fmt::format("{}: {}", flags.data, data.recognised)});
  facts.add({"ranked", protocol_text(options)});
  facts.add({"users", fmt::format("{} ({} with fewer than two events skipped)", grouped(report.users),
                                  grouped(report.skipped_users))});
  if (report.skipped_unknown_targets != 0)
    facts.add({"", fmt::format("{} more skipped, whose target is not in the catalogue",
                               grouped(report.skipped_unknown_targets))});
  for (const eval::FeatureUse& use : report.features)
    facts.add({"feature",
               fmt::format("{}: {}", use.name,
                           use.users == 0 ? std::string("the model's default, as the data do not tell")
                           : use.users == report.users
                               ? std::string("of all users, from the data")
                               : fmt::format("of {} users from the data, the model's default for the others",
                                             grouped(use.users)))});
  facts.add({"time", fmt::format("{:.2f} s with {} thread{}", report.seconds, report.threads,
                                 report.threads == 1 ? "" : "s")});
  facts.print(out, 0, false);
  out.write("\n");
  TextTable table({">k", ">NDCG", ">recall", ">HR", ">precision", ">MRR"});
  const auto number = [](double value) { return fmt::format("{:.4f}", value); };
  for (const eval::MetricsAtK& at : report.metrics)
    table.add({std::to_string(at.k), number(at.ndcg), number(at.recall), number(at.hr), number(at.precision),
               number(at.mrr)});
  table.print(out, 0);
}

void run(const Flags& flags, Output& out) {
  eval::EvaluateOptions options = make_options(flags);
  const Model model = open_model(flags.model);
  eval::EvaluateReport report;
  eval::Interactions data;
  {
    Progress progress;
    progress.show("reading " + flags.data);
    data = eval::read_interactions(flags.data);
    options.progress = [&progress](std::size_t done, std::size_t total) {
      progress.show("ranking users", done, total);
    };
    report = eval::evaluate(model, data, options);
  }
  if (flags.json)
    print_json(flags, options, data, report, out);
  else
    print_text(flags, options, data, report, out);
}

} // namespace

void add_eval(CLI::App& app, Output& out) {
  using eval::Protocol;
  using eval::Seen;
  CLI::App* command = app.add_subcommand("eval", "Measure how well the model ranks what users did next");
  const auto flags = std::make_shared<Flags>();
  command->add_option("MODEL", flags->model, "Model file")->required()->type_name("");
  command
      ->add_option("--data", flags->data,
                   "Interactions: 'user item' or 'user item item ...' lines, or a table")
      ->required()
      ->type_name("FILE");
  add_choice<Protocol>(*command, "--protocol", flags->protocol,
                       {{"full", Protocol::full}, {"sampled", Protocol::sampled}},
                       "What the target competes with");
  add_choice<Seen>(*command, "--seen", flags->seen,
                   {{"exclude", Seen::exclude}, {"keep", Seen::keep}, {"zero", Seen::zero}},
                   "Items of the history do not compete, do, or do with a score of 0");
  add_whole(*command, "--negatives", flags->negatives, 1, "Sampled negatives a user (100)");
  command
      ->add_option_function<std::string>(
          "--seed",
          [flags](const std::string& text) {
            flags->seed = parse_whole(text, "--seed", 0, std::numeric_limits<std::uint64_t>::max());
          },
          "Seed of the sample (42)")
      ->type_name("N");
  command
      ->add_option_function<std::string>(
          "--k", [flags](const std::string& text) { flags->ks = parse_counts(text, "--k"); },
          "Cut-offs of the metrics (5,10,20)")
      ->type_name("N,N,...");
  add_unknown(*command, flags->unknown);
  add_whole(*command, "--threads", flags->threads, 1, "Threads (one a core)");
  command->add_flag("--json", flags->json, "Answer with a JSON object");
  command->callback([flags, &out] { run(*flags, out); });
}

} // namespace heed::cli
