// heed synth: a checkpoint with random weights of any size.
#include "converter/synth.hpp"

#include "converter/cli/command.hpp"
#include "converter/cli/flags.hpp"
#include "converter/cli/progress.hpp"
#include "converter/families/family.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include <nlohmann/json.hpp>

namespace heed::cli {

namespace {

struct Flags {
  std::string family, file;
  convert::SynthSizes sizes;
  std::optional<std::uint32_t> items, dim, blocks, heads, hidden, max_history, clusters;
  std::uint64_t seed = 42;
  bool json = false;
};

nlohmann::ordered_json or_null(std::int64_t size) {
  return size == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(size);
}

void report(const Flags& flags, const convert::SynthModel& model, std::uint64_t bytes, double seconds,
            Output& out) {
  const convert::SynthSizes& sizes = model.sizes();
  if (flags.json) {
    out.print(nlohmann::ordered_json{{"file", flags.file},
                                     {"family", flags.family},
                                     {"variant", sizes.variant},
                                     {"items", sizes.items},
                                     {"dim", sizes.dim},
                                     {"blocks", or_null(sizes.blocks)},
                                     {"heads", or_null(sizes.heads)},
                                     {"hidden", or_null(sizes.hidden)},
                                     {"max_history", sizes.max_history},
                                     {"seed", flags.seed},
                                     {"clusters", or_null(flags.clusters.value_or(0))},
                                     {"weights", model.weights().size()},
                                     {"parameters", model.parameters()},
                                     {"bytes", bytes},
                                     {"seconds", seconds}});
    return;
  }
  out.print("{}, variant {}, with random weights: {} parameters in {} weights\n", flags.family, sizes.variant,
            grouped(static_cast<std::uint64_t>(model.parameters())), model.weights().size());
  out.print("Wrote {}: {}. {:.2f} s\n", printable(flags.file), size_text(bytes), seconds);
}

void run(Flags& flags, Output& out) {
  if (flags.file.empty()) fail_usage("-o names no file");
  convert::SynthSizes& sizes = flags.sizes;
  sizes.items = *flags.items;
  sizes.dim = *flags.dim;
  sizes.max_history = *flags.max_history;
  sizes.blocks = flags.blocks.value_or(0);
  sizes.heads = flags.heads.value_or(0);
  sizes.hidden = flags.hidden.value_or(0);
  const auto start = std::chrono::steady_clock::now();
  const convert::Family& family = convert::find_family(convert::families(), flags.family);
  const convert::SynthModel model = convert::synthesize(family, sizes);
  std::uint64_t bytes = 0;
  {
    Progress progress;
    bytes =
        convert::write_synth(model, flags.seed, flags.clusters.value_or(0), flags.file, [&](double share) {
          progress.show("writing " + flags.file, static_cast<std::size_t>(std::lround(100 * share)), 100);
        });
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  report(flags, model, bytes, seconds.count(), out);
}

} // namespace

void add_synth(CLI::App& app, Output& out) {
  CLI::App* command = app.add_subcommand("synth", "Write a checkpoint with random weights, of any size");
  const auto flags = std::make_shared<Flags>();
  std::string families;
  for (const convert::Family* family : convert::families())
    families += (families.empty() ? "" : ", ") + family->name();
  command->add_option("--family", flags->family, "Family of the model: " + families)
      ->required()
      ->type_name("NAME");
  command->add_option("--variant", flags->sizes.variant, "Variant of the family (its first)")
      ->type_name("NAME");
  add_whole(*command, "--items", flags->items, 1, "Items of the catalogue")->required();
  add_whole(*command, "--dim", flags->dim, 1, "Elements of an item's row")->required();
  add_whole(*command, "--max-history", flags->max_history, 1, "Most recent events that count")->required();
  add_whole(*command, "--blocks", flags->blocks, 1, "Blocks, or recurrent layers");
  add_whole(*command, "--heads", flags->heads, 1, "Attention heads");
  add_whole(*command, "--hidden", flags->hidden, 1,
            "Width of the feed-forward network or the recurrent state (as the family has it)");
  add_whole(*command, "--clusters", flags->clusters, 1,
            "Centres that item rows crowd around (none: all rows are apart)");
  command
      ->add_option_function<std::string>(
          "--seed",
          [flags](const std::string& text) {
            flags->seed = parse_whole(text, "--seed", 0, std::numeric_limits<std::uint64_t>::max());
          },
          "Seed of the random numbers (42)")
      ->type_name("N");
  command->add_option("-o", flags->file, "Safetensors file to write")->required()->type_name("CHECKPOINT");
  command->add_flag("--json", flags->json, "Answer with a JSON object");
  command->callback([flags, &out] { run(*flags, out); });
}

} // namespace heed::cli
