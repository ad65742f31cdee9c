#include "converter/convert.hpp"

#include "converter/emit/writer.hpp"
#include "converter/families/settings.hpp"
#include "converter/graph/fidelity.hpp"
#include "converter/graph/scan_time.hpp"
#include "runtime/base/nearest.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heed::convert {
namespace {

// Reports the stages of a conversion and how long each took.
class Stages {
 public:
  Stages(const ConvertOptions& options, std::vector<StageTime>& times) : options_(options), times_(times) {}

  void begin(const char* stage) {
    end();
    stage_ = stage;
    start_ = std::chrono::steady_clock::now();
    share(0);
  }
  void share(double share) const {
    if (options_.progress) options_.progress(stage_, share);
  }
  void end() {
    if (stage_ == nullptr) return;
    share(1);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
    times_.push_back({stage_, seconds.count()});
    stage_ = nullptr;
  }

 private:
  const ConvertOptions& options_;
  std::vector<StageTime>& times_;
  const char* stage_ = nullptr;
  std::chrono::steady_clock::time_point start_;
};

const char* name_of(Precision precision) {
  return precision == Precision::int8 ? "int8" : "fp32";
}

// The command line that makes the same file from the same checkpoint, on any machine.
std::string options_line(const ConvertOptions& options, const Recipe& recipe, bool planes) {
  std::string line =
      fmt::format("--family {} --variant {}{} --max-history {} --quantize {}", recipe.family, recipe.variant,
                  recipe.heads != 0 ? fmt::format(" --heads {}", recipe.heads) : "", recipe.graph.max_history,
                  name_of(options.precision));
  if (options.precision == Precision::int8) line += planes ? " --planes on" : " --planes off";
  if (!options.activation.empty()) line += " --activation " + options.activation;
  if (!options.positions.empty()) line += " --positions " + options.positions;
  for (const std::string& setting : options.settings) line += " --set " + setting;
  for (const std::string& output : options.outputs) line += " --output " + output;
  // Names of files alone, as the checkpoint has none here either: a path would tell of the machine.
  const auto file_name = [](const std::string& path) {
    return std::filesystem::path(path).filename().string();
  };
  if (!options.popularity.empty()) line += " --popularity " + file_name(options.popularity_source);
  if (!options.map.empty()) line += " --map " + file_name(options.map);
  return line;
}

Description describe(const Checkpoint& checkpoint, const ConvertOptions& options, const Recipe& recipe,
                     bool planes) {
  Description d;
  d.family = recipe.family;
  d.variant = recipe.variant;
  d.precision = name_of(options.precision);
  d.padding_treatment = recipe.padding_treatment;
  d.source_format = checkpoint.format;
  d.source_sha256 = checkpoint.sha256;
  d.source_bytes = checkpoint.file_bytes;
  d.converter = fmt::format("heed {}", version());
  d.options = options_line(options, recipe, planes);
  return d;
}

std::vector<TensorReport> report_tensors(const Graph& file, const std::vector<QuantizationError>& errors) {
  std::vector<TensorReport> tensors;
  for (const Constant& constant : file.constants) {
    TensorReport report;
    report.name = constant.name;
    report.precision = constant.stored == Stored::i8 ? "int8" : "fp32";
    report.rows = constant.rows();
    report.cols = constant.cols();
    for (const QuantizationError& error : errors) {
      if (error.name != constant.name) continue;
      report.max_error = error.stats.max_error();
      report.mean_error = error.stats.mean_error();
      report.largest_weight = error.stats.largest_weight();
    }
    tensors.push_back(std::move(report));
  }
  return tensors;
}

// Adds what was asked for by name to the graph's outputs.
void add_outputs(const std::vector<std::string>& names, Graph& graph) {
  std::vector<std::string> known;
  for (const Node& node : graph.nodes) known.push_back(node.name);
  for (const std::string& name : names) {
    const auto node =
        std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) { return n.name == name; });
    if (node == graph.nodes.end()) {
      const std::string near = base::nearest(name, known);
      throw Error(StatusCode::unknown_feature,
                  fmt::format("the model has no intermediate result '{}'{}; it has {}", name,
                              near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near),
                              fmt::join(known, ", ")));
    }
    const auto same = [&](const GraphOutput& output) { return output.name == name; };
    if (std::any_of(graph.outputs.begin(), graph.outputs.end(), same)) continue;
    graph.outputs.push_back({name, node->output});
  }
}

// Scores for new users: the logarithm of each item's share of all choices, each item counted once more, so
// that no share is zero. Says in `notes` what counted.
void set_prior(const ConvertOptions& options, Graph& graph, std::vector<std::string>& notes) {
  if (options.popularity.empty()) return;
  std::vector<double> counts(static_cast<std::size_t>(graph.items), 1.0);
  double total = static_cast<double>(graph.items);
  std::int64_t interactions = 0, chosen = 0, others = 0;
  for (const auto& [id, count] : options.popularity) {
    if (id < graph.first_id || id - graph.first_id >= graph.items) {
      others += count;
      continue;
    }
    counts[static_cast<std::size_t>(id - graph.first_id)] += static_cast<double>(count);
    total += static_cast<double>(count);
    interactions += count;
    ++chosen;
  }
  if (chosen == 0)
    throw Error(StatusCode::data_mismatch,
                fmt::format("the interactions hold none of the model's items, {} to {}", graph.first_id,
                            graph.first_id + graph.items - 1));
  for (const double count : counts) graph.prior.push_back(std::log(count / total));
  notes.push_back(fmt::format("popularity for new users: {} interactions with {} of {} items counted in {}{}",
                              interactions, chosen, graph.items, options.popularity_source,
                              others == 0 ? "" : fmt::format(", {} with other items left out", others)));
}

void check_planes(const ConvertOptions& options, const Graph& graph) {
  if (options.planes != Planes::on) return;
  if (options.precision != Precision::int8)
    throw Error(StatusCode::usage, "--planes on is for int8 item rows; add --quantize int8");
  if (graph.dim() > kMostPlaneCols)
    throw Error(StatusCode::not_supported,
                fmt::format("--planes on is for rows of up to {} elements; these have {}", kMostPlaneCols,
                            graph.dim()));
}

// Times the written file against one with planes, which exists no longer than that.
PlanesReport try_planes(const Graph& file, const Description& description, const std::string& plain,
                        const std::string& output_path, const std::vector<Request>& requests) {
  Graph with_planes = file;
  with_planes.planes = true;
  ModelWriter writer(with_planes, description, output_path + ".planes");
  writer.write({});
  const ScanTimes times = time_scans(file, requests, plain, writer.temporary());
  return {times.planes_us * kPlanesGain < times.plain_us, times.plain_us, times.planes_us, times.calls};
}

// What the summary says of it.
std::string planes_note(const ConvertOptions& options, const Graph& graph, const PlanesReport& planes) {
  const std::string form = planes.used ? "item rows in two planes" : "item rows in one piece";
  if (options.planes != Planes::automatic) return form + ", as asked";
  if (planes.calls == 0)
    return fmt::format("{}: {} rows are too few, or too long, for two planes to gain", form, graph.items);
  return fmt::format("{}: the ten best took {:.0f} us with two planes and {:.0f} us without here (first "
                     "deciles of {} calls each); "
                     "{:.2f} times faster is asked for",
                     form, planes.planes_us, planes.plain_us, planes.calls, kPlanesGain);
}

void report_recipe(Recipe& recipe, const Checkpoint& checkpoint, ConvertReport& report) {
  report.family = recipe.family;
  report.variant = recipe.variant;
  report.padding_treatment = recipe.padding_treatment;
  report.notes = std::move(recipe.notes);
  report.used = std::move(recipe.used);
  report.ignored = std::move(recipe.ignored);
  for (const WeightUse& use : report.used) report.weight_bytes += use.bytes;
  report.source_bytes = checkpoint.file_bytes;
  report.items = recipe.graph.items;
  report.first_id = recipe.graph.first_id;
  report.dim = recipe.graph.dim();
  report.blocks = recipe.blocks;
  report.heads = recipe.heads;
  report.max_history = recipe.graph.max_history;
  report.slots = recipe.graph.slots;
}

} // namespace

ConvertReport convert(const Checkpoint& checkpoint, const ConvertOptions& options,
                      const std::string& output_path) {
  for (const std::string& path : checkpoint.paths) {
    std::error_code ignored;
    if (std::filesystem::equivalent(path, output_path, ignored))
      throw Error(
          StatusCode::usage,
          fmt::format("{} is a file of its own checkpoint; the model needs another name", output_path));
  }
  ConvertReport report;
  Stages stages(options, report.times);

  stages.begin("weights");
  const ConfigReads reads;
  const Family& family = choose_family(families(), checkpoint, options.family);
  BuildOptions build;
  build.variant = options.variant;
  build.heads = options.heads;
  build.max_history = options.max_history;
  build.activation = options.activation;
  build.positions = options.positions;
  Recipe recipe = family.build(checkpoint, with_saved_variant(family, checkpoint, build));
  if (!options.map.empty())
    recipe.notes.push_back(fmt::format("{} of {} weights renamed by {}", options.renamed,
                                       checkpoint.weights.size(), options.map));
  check_settings(options.settings, reads);
  if (!options.settings.empty())
    recipe.notes.push_back(
        fmt::format("before the checkpoint's config, as asked: {}", fmt::join(options.settings, ", ")));
  check_cost(recipe.graph);
  check_planes(options, recipe.graph);
  add_outputs(options.outputs, recipe.graph);
  set_prior(options, recipe.graph, recipe.notes);

  stages.begin("quantize");
  Graph stored = recipe.graph;
  if (options.precision == Precision::int8) {
    const auto requests = calibration_requests(stored);
    equalize(stored, requests);
    quantize(stored, options.precision);
    choose_rounding(stored, requests);
  } else {
    quantize(stored, options.precision);
  }
  const std::vector<QuantizationError> errors = quantization_errors(stored);
  add_special_rows(stored);

  stages.begin("fold");
  Graph file = fold_padding(stored);
  prune_last(file);

  stages.begin("write");
  file.planes = report.planes.used = options.planes == Planes::on;
  std::optional<ModelWriter> writer;
  const auto write = [&] {
    writer.reset(); // its temporary name
    writer.emplace(file, describe(checkpoint, options, recipe, file.planes), output_path);
    writer->write([&](double share) { stages.share(share); });
  };
  write();
  if (options.precision == Precision::int8) {
    if (options.planes == Planes::automatic && file.items >= kPlanesWorthTiming &&
        file.dim() <= kMostPlaneCols) {
      stages.begin("time");
      report.planes = try_planes(file, describe(checkpoint, options, recipe, true), writer->temporary(),
                                 output_path, calibration_requests(stored));
      file.planes = report.planes.used;
      if (file.planes) write();
    }
    recipe.notes.push_back(planes_note(options, file, report.planes));
  }

  stages.begin("measure");
  const ReferenceScores reference =
      reference_scores(recipe.graph, [&](double share) { stages.share(0.9 * share); });
  // The checkpoint has been read; the file is now, and they need not be in memory together.
  for (const auto& source : checkpoint.files) source->release_pages();
  report.fidelity = measure_fidelity(reference, writer->temporary());
  writer->set_fidelity(report.fidelity);
  writer->commit();
  stages.end();

  report.precision = name_of(options.precision);
  report.file_bytes = writer->file_bytes();
  report.tensors = report_tensors(file, errors);
  report_recipe(recipe, checkpoint, report);
  return report;
}

} // namespace heed::convert
