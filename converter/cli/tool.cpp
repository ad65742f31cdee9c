// The `heed` tool: converts, describes, runs and measures models. README.md documents its machine interface.
#include "converter/cli/tool.hpp"

#include "converter/cli/command.hpp"
#include "converter/cli/exit_code.hpp"
#include "converter/cli/flags.hpp"
#include "converter/error.hpp"
#include "converter/readers/text.hpp"
#include "runtime/base/nearest.hpp"

#include <heed/model.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include <fcntl.h>
#include <unistd.h>

namespace heed::cli {

namespace {

int report(StatusCode code, const std::string& message) {
  const bool passable = code == StatusCode::unknown_item || code == StatusCode::unknown_id;
  fmt::print(stderr, "heed: error {} ({}): {}{}\n", status_name(code), static_cast<int>(code),
             printable_lines(message), passable ? " (--unknown skip or unk)" : "");
  return exit_code(code);
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (command->get_name() == name) return command;
  return nullptr;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& names) {
  const std::string name = base::nearest(word, names);
  return name.empty() ? name : "; did you mean '" + name + "'?";
}

[[noreturn]] void fail_command(const CLI::App& app, const std::string& name) {
  fail_usage(convert::in_quotes(name) + " is not a command" + suggestion(name, command_names(app)) +
             " ('heed help' lists them)");
}

void add_help(CLI::App& app, Output& out) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("help", "Explain the tool, or one of its commands");
  command->add_option("COMMAND", *name, "Command to explain")->type_name("");
  command->callback([&app, &out, name] {
    if (name->empty()) {
      // Not app.help(), which would explain the command that was given: help itself.
      out.write(app.get_formatter()->make_help(&app, "heed", CLI::AppFormatMode::Normal));
      return;
    }
    const CLI::App* found = find_command(app, *name);
    if (!found) fail_command(app, *name);
    out.write(found->help("heed"));
  });
}

// What CLI11 refused, with the nearest flag where one is unknown.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> used = const_cast<CLI::App&>(app).get_subcommands();
  const CLI::App& command = used.empty() ? app : *used.front();
  const std::string more = " ('heed help" + (used.empty() ? "" : " " + command.get_name()) + "' explains)";
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
    std::vector<std::string> flags;
    for (const CLI::Option* option : command.get_options())
      for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (std::string word : app.remaining(true)) {
      if (word.size() < 2 || word[0] != '-') continue;
      word = word.substr(0, word.find('='));
      return convert::in_quotes(word) + " is not a flag here" + suggestion(word, flags) + more;
    }
  }
  return error.what() + more;
}

// A descriptor that the caller closed would be given to the next file that is opened, and answers would be
// written into that. Standing in for it, /dev/null refuses what is not meant for it.
void occupy_standard_descriptors() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) == -1)
      (void)::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

// The arguments as CLI11 wants them, last one first. "--flag=" becomes "--flag" and an empty value, which
// CLI11 would take from the next argument.
std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> reversed;
  for (int i = argc - 1; i > 0; --i) {
    std::string word = argv[i];
    if (word.size() > 3 && word.substr(0, 2) == "--" && word.find('=') == word.size() - 1) {
      reversed.emplace_back();
      word.pop_back();
    }
    reversed.push_back(std::move(word));
  }
  return reversed;
}

int run(int argc, char** argv, std::size_t (*allocations)()) {
  Output out(STDOUT_FILENO);
  CLI::App app("heed: attention recommenders, converted to one small file and run on the CPU that is there",
               "heed");
  app.set_help_flag("-h,--help", "Explain");
  const std::string isa = active_isa(); // "": HEED_ISA names one that cannot run here
  app.set_version_flag("--version",
                       fmt::format("heed {}, {}", version(), isa.empty() ? "no kernels" : isa + " kernels"),
                       "Print the version, and which kernels run on this machine");
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_convert(app, out);
  add_info(app, out);
  add_recommend(app, out);
  add_score(app, out);
  add_encode(app, out);
  add_eval(app, out);
  add_bench(app, out, allocations);
  add_synth(app, out);
  add_help(app, out);
  try {
    if (argc > 1 && argv[1][0] != '-' && !find_command(app, argv[1])) fail_command(app, argv[1]);
    if (argc == 1) fail_usage("no command ('heed help' lists them)");
    app.parse(arguments(argc, argv));
    out.flush();
    return exit_success;
  } catch (const CLI::CallForHelp&) {
    out.write(app.help());
  } catch (const CLI::CallForVersion& version_text) {
    out.write(std::string(version_text.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    throw convert::Error(StatusCode::usage, usage_message(app, error));
  }
  out.flush();
  return exit_success;
}

} // namespace

int run_tool(int argc, char** argv, const convert::FamilyList& families, std::size_t (*allocations)()) {
  std::signal(SIGPIPE, SIG_IGN); // a closed pipe is an error of write(),
  std::signal(SIGXFSZ, SIG_IGN); // and so is a file that grew to its limit
  occupy_standard_descriptors();
  try {
    convert::add_families(families);
    return run(argc, argv, allocations);
  } catch (const convert::Error& error) {
    return report(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return report(StatusCode::out_of_memory, "not enough memory");
  } catch (const std::exception& error) {
    fmt::print(stderr, "heed: internal error: {}\n", error.what());
    return exit_internal;
  }
}

} // namespace heed::cli
