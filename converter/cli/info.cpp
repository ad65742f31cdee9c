// heed info: everything a model file says about itself.
#include "converter/cli/command.hpp"
#include "converter/cli/describe.hpp"
#include "converter/cli/model_file.hpp"

#include <memory>

#include <nlohmann/json.hpp>

namespace heed::cli {

void add_info(CLI::App& app, Output& out) {
  struct Flags {
    std::string model;
    bool json = false, verify = false;
  };
  CLI::App* command = app.add_subcommand("info", "Describe a model file");
  const auto flags = std::make_shared<Flags>();
  command->add_option("MODEL", flags->model, "Model file")->required()->type_name("");
  command->add_flag("--json", flags->json, "Answer with a JSON object");
  command->add_flag("--verify", flags->verify, "Read all of the file: checksums, finite values");
  command->callback([flags, &out] {
    const Model model = open_model(flags->model);
    if (flags->verify) check(model.verify());
    const Description about = describe(model);
    if (flags->json) {
      nlohmann::ordered_json json = to_json(about);
      if (flags->verify) json["verified"] = true;
      out.print(json);
      return;
    }
    print_text(flags->model, about, out);
    if (flags->verify) out.write("\nVerified: checksums and values of all segments are right.\n");
  });
}

} // namespace heed::cli
