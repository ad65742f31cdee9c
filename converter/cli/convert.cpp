// heed convert: a checkpoint becomes a model file, and the tool says what it did.
#include "converter/convert.hpp"

#include "converter/cli/command.hpp"
#include "converter/cli/describe.hpp"
#include "converter/cli/flags.hpp"
#include "converter/cli/progress.hpp"
#include "converter/cli/text_table.hpp"
#include "converter/eval/interactions.hpp"
#include "converter/families/settings.hpp"
#include "converter/families/weight_map.hpp"
#include "converter/readers/checkpoint.hpp"

#include <cmath>
#include <filesystem>
#include <memory>

#include <nlohmann/json.hpp>

namespace heed::cli {

namespace {

struct Flags {
  std::string source, model;
  convert::ConvertOptions options;
  std::optional<std::uint32_t> heads, max_history;
  std::optional<std::string> map, popularity;
  bool json = false;
};

// "2 blocks, 1 head, 64 elements": of what the family has.
std::string encoder_text(const convert::ConvertReport& report) {
  std::string text;
  const auto add = [&](std::int64_t count, const char* thing) {
    if (count != 0) text += fmt::format("{} {}{}, ", count, thing, count == 1 ? "" : "s");
  };
  add(report.blocks, "block");
  add(report.heads, "head");
  return text + fmt::format("{} elements", report.dim);
}

nlohmann::ordered_json to_json(const Flags& flags, const convert::Checkpoint& checkpoint,
                               const convert::ConvertReport& report) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["source"] = flags.source;
  json["model"] = flags.model;
  json["family"] = report.family;
  json["variant"] = report.variant;
  json["precision"] = report.precision;
  json["notes"] = report.notes;
  json["items"] = report.items;
  json["first_item"] = report.first_id;
  json["dim"] = report.dim;
  json["blocks"] = report.blocks != 0 ? Json(report.blocks) : Json();
  json["heads"] = report.heads != 0 ? Json(report.heads) : Json();
  json["max_history"] = report.max_history;
  json["slots"] = report.slots;
  json["padding"] = report.padding_treatment;
  json["source_format"] = checkpoint.format;
  json["source_sha256"] = checkpoint.sha256;
  json["source_bytes"] = report.source_bytes;
  json["weight_bytes"] = report.weight_bytes;
  json["file_bytes"] = report.file_bytes;
  json["used"] = Json::array();
  for (const convert::WeightUse& use : report.used)
    json["used"].push_back({{"name", use.name}, {"bytes", use.bytes}});
  json["ignored"] = Json::array();
  for (const convert::WeightUse& use : report.ignored)
    json["ignored"].push_back({{"name", use.name}, {"bytes", use.bytes}, {"reason", use.reason}});
  json["tensors"] = Json::array();
  for (const convert::TensorReport& tensor : report.tensors) {
    Json one = {
        {"name", tensor.name}, {"precision", tensor.precision}, {"rows", tensor.rows}, {"cols", tensor.cols}};
    if (tensor.precision == "int8") {
      one["max_error"] = tensor.max_error;
      one["mean_error"] = tensor.mean_error;
      one["largest_weight"] = tensor.largest_weight;
    }
    json["tensors"].push_back(std::move(one));
  }
  json["planes"] = {{"used", report.planes.used}, {"plain_us", Json()}, {"planes_us", Json()}};
  if (report.planes.calls > 0) {
    json["planes"]["plain_us"] = report.planes.plain_us;
    json["planes"]["planes_us"] = report.planes.planes_us;
  }
  json["fidelity"] = cli::to_json(report.fidelity);
  json["seconds"] = Json::object();
  for (const convert::StageTime& time : report.times) json["seconds"][time.stage] = time.seconds;
  return json;
}

void print_recognised(const Flags& flags, const convert::Checkpoint& checkpoint,
                      const convert::ConvertReport& report, Output& out) {
  TextTable facts({"", ""});
  facts.add(
      {"source", fmt::format("{}: {}, {}", flags.source, checkpoint.format, size_text(report.source_bytes))});
  facts.add(
      {"recognised", report.variant.empty() ? report.family : report.family + ", variant " + report.variant});
  facts.add({"encoder", encoder_text(report)});
  facts.add(
      {"catalogue", fmt::format("{} items, ids {} to {}", grouped(static_cast<std::uint64_t>(report.items)),
                                report.first_id, report.first_id + report.items - 1)});
  facts.add(
      {"history", fmt::format("the {} most recent events, of {} places", report.max_history, report.slots)});
  facts.add({"padding", report.padding_treatment});
  facts.print(out, 0, false);
  const std::string assumed = convert::kAssumed;
  const auto print = [&](const char* title, bool guesses) {
    bool first = true;
    for (const std::string& note : report.notes) {
      const bool guess = note.compare(0, assumed.size(), assumed) == 0;
      if (guess != guesses) continue;
      if (first) out.write(title);
      first = false;
      out.write("  " + printable(guess ? note.substr(assumed.size()) : note) + "\n");
    }
    return !first;
  };
  print("\nRecognised and inferred\n", false);
  if (print("\nAssumed, since neither the weights nor settings saved with them tell\n", true))
    out.write(
        "  A wrong assumption gives wrong scores and no error; the fidelity below would not show it.\n");
}

void print_weights(const convert::ConvertReport& report, Output& out) {
  out.print("\nWeights: {} used ({}), {} ignored\n", report.used.size(), size_text(report.weight_bytes),
            report.ignored.size());
  TextTable ignored({"ignored", ">bytes", "why"});
  for (const convert::WeightUse& use : report.ignored)
    ignored.add({use.name, grouped(use.bytes), use.reason});
  if (!report.ignored.empty()) ignored.print(out, 2);

  TextTable quantized(
      {"quantized to int8", ">rows", ">cols", ">largest weight", ">largest error", ">mean error"});
  bool any = false;
  for (const convert::TensorReport& tensor : report.tensors) {
    if (tensor.precision != "int8") continue;
    any = true;
    quantized.add({tensor.name, std::to_string(tensor.rows), std::to_string(tensor.cols),
                   fmt::format("{:.3g}", tensor.largest_weight), fmt::format("{:.2g}", tensor.max_error),
                   fmt::format("{:.2g}", tensor.mean_error)});
  }
  if (any) quantized.print(out, 2);
}

void print_result(const Flags& flags, const convert::ConvertReport& report, Output& out) {
  cli::print_fidelity(report.fidelity, out);
  double seconds = 0;
  for (const convert::StageTime& time : report.times) seconds += time.seconds;
  out.print("\nWrote {}: {}, {} ({} of weights in the checkpoint). {:.2f} s\n", printable(flags.model),
            report.precision, size_text(report.file_bytes), size_text(report.weight_bytes), seconds);
}

void run(Flags& flags, Output& out) {
  if (flags.model.empty()) fail_usage("-o names no file");
  for (const std::string& setting : flags.options.settings) convert::parse_setting(setting); // errors first
  flags.options.heads = flags.heads.value_or(0);
  flags.options.max_history = flags.max_history.value_or(0);
  convert::Checkpoint checkpoint;
  convert::ConvertReport report;
  {
    Progress progress;
    progress.show("reading " + flags.source);
    checkpoint = convert::read_checkpoint(flags.source);
    if (flags.map) {
      flags.options.map = *flags.map;
      flags.options.renamed = convert::rename_weights(convert::read_weight_map(*flags.map), &checkpoint);
      checkpoint.paths.push_back(*flags.map); // the model is not written over it
    }
    convert::apply_settings(flags.options.settings, &checkpoint);
    if (flags.popularity) {
      progress.show("reading " + *flags.popularity);
      flags.options.popularity = eval::count_items(eval::read_interactions(*flags.popularity));
      flags.options.popularity_source = *flags.popularity;
      checkpoint.paths.push_back(*flags.popularity);
    }
    flags.options.progress = [&progress](const char* stage, double share) {
      progress.show(stage, static_cast<std::size_t>(std::lround(100 * share)), 100);
    };
    report = convert::convert(checkpoint, flags.options, flags.model);
  }
  if (flags.json) {
    out.print(to_json(flags, checkpoint, report));
    return;
  }
  print_recognised(flags, checkpoint, report, out);
  print_weights(report, out);
  print_result(flags, report, out);
}

} // namespace

void add_convert(CLI::App& app, Output& out) {
  CLI::App* command = app.add_subcommand("convert", "Turn a trained checkpoint into a model file");
  const auto flags = std::make_shared<Flags>();
  convert::ConvertOptions& options = flags->options;
  command
      ->add_option("SOURCE", flags->source, "Checkpoint: a PyTorch or safetensors file, or a folder with one")
      ->required()
      ->type_name("");
  command->add_option("-o", flags->model, "Model file to write")->required()->type_name("MODEL");
  command->add_option("--family", options.family, "Family of the model (recognised from the weights)")
      ->type_name("NAME");
  command->add_option("--variant", options.variant, "Variant of the family (recognised where it can be)")
      ->type_name("NAME");
  add_whole(*command, "--heads", flags->heads, 1, "Attention heads, which weights do not tell");
  add_whole(*command, "--max-history", flags->max_history, 1, "Most recent events that count (all places)");
  add_choice<convert::Precision>(*command, "--quantize", options.precision,
                                 {{"fp32", convert::Precision::fp32}, {"int8", convert::Precision::int8}},
                                 "Precision of weights and items (fp32)");
  add_choice<convert::Planes>(
      *command, "--planes", options.planes,
      {{"auto", convert::Planes::automatic}, {"on", convert::Planes::on}, {"off", convert::Planes::off}},
      "Store int8 item rows as two planes, for faster scans of large catalogues (auto)");
  command->add_option("--activation", options.activation, "Activation of the feed-forward network")
      ->type_name("NAME");
  add_choice<const char*>(*command, "--positions", options.positions, {{"left", "left"}, {"right", "right"}},
                          "End of the history that positions count from");
  command
      ->add_option("--map", flags->map,
                   "JSON object from names in the checkpoint, with # and *, to those the family knows")
      ->type_name("FILE");
  add_repeatable(*command, "--set", options.settings,
                 "A setting that comes before those saved with the weights; repeatable")
      ->type_name("KEY=VALUE");
  add_repeatable(*command, "--output", options.outputs,
                 "An intermediate result that the model shall give as well; repeatable")
      ->type_name("NAME");
  command
      ->add_option("--popularity", flags->popularity,
                   "Interactions, as of eval --data, whose counts score items for new users")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Answer with a JSON object");
  command->callback([flags, &out] { run(*flags, out); });
}

} // namespace heed::cli
