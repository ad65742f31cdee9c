// heed info: everything a model file says about itself, and what a session of it needs.
#include "converter/cli/command.hpp"
#include "converter/cli/describe.hpp"
#include "converter/cli/flags.hpp"
#include "converter/cli/memory_report.hpp"
#include "converter/cli/model_file.hpp"

#include <memory>

#include <nlohmann/json.hpp>

namespace heed::cli {

void add_info(CLI::App& app, Output& out) {
  struct Flags {
    std::string model;
    bool json = false, verify = false, memory = false;
    std::optional<std::uint32_t> max_history, batch, k, threads, running_history;

    // The session that --memory describes. Errors: usage.
    SessionOptions session_options() const {
      SessionOptions options;
      const auto set = [&](const std::optional<std::uint32_t>& value, const char* flag,
                           std::uint32_t* target) {
        if (!value) return;
        if (!memory) fail_usage(std::string(flag) + " has no meaning without --memory");
        *target = *value;
      };
      set(max_history, "--max-history", &options.max_history);
      set(batch, "--batch", &options.max_batch);
      set(k, "--k", &options.max_k);
      set(threads, "--threads", &options.threads);
      set(running_history, "--running-history", &options.running_history);
      return options;
    }
  };
  CLI::App* command = app.add_subcommand("info", "Describe a model file");
  const auto flags = std::make_shared<Flags>();
  command->add_option("MODEL", flags->model, "Model file")->required()->type_name("");
  command->add_flag("--json", flags->json, "Answer with a JSON object");
  command->add_flag("--verify", flags->verify, "Read all of the file: checksums, finite values");
  command->add_flag("--memory", flags->memory, "Tell what a session's memory holds; the next flags size it");
  add_whole(*command, "--max-history", flags->max_history, 1,
            "Events computed at most (the model's maximum)");
  add_whole(*command, "--batch", flags->batch, 1, "Users in one call (1)");
  add_whole(*command, "--k", flags->k, 1, "Items returned for a user (100)");
  add_whole(*command, "--threads", flags->threads, 1, "Threads that share a call (1)");
  add_whole(*command, "--running-history", flags->running_history, 0, "Events that a session remembers (0)");
  command->callback([flags, &out] {
    const SessionOptions options = flags->session_options();
    const Model model = open_model(flags->model);
    if (flags->verify) check(model.verify());
    const Description about = describe(model);
    std::optional<Session> session;
    if (flags->memory) session = unwrap(Session::create(model, options));
    if (flags->json) {
      nlohmann::ordered_json json = to_json(about);
      if (session) json["memory"] = to_json(report_memory(model, *session));
      if (flags->verify) json["verified"] = true;
      out.print(json);
      return;
    }
    print_text(flags->model, about, out);
    if (session) print_text(report_memory(model, *session), out);
    if (flags->verify) out.write("\nVerified: checksums and values of all segments are right.\n");
  });
}

} // namespace heed::cli
