// Flags whose values are checked here rather than by CLI11, so that every message has one form and says what
// was expected. All errors are convert::Error with StatusCode::usage.
#ifndef HEED_CONVERTER_CLI_FLAGS_HPP
#define HEED_CONVERTER_CLI_FLAGS_HPP

#include "converter/error.hpp"
#include "converter/readers/text.hpp"

#include <heed/session.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace heed::cli {

[[noreturn]] inline void fail_usage(const std::string& message) {
  throw convert::Error(StatusCode::usage, message);
}

// "1,2,3", spaces allowed; an empty text is an empty list. `flag` names it in messages, which call the
// numbers `what`.
std::vector<std::int64_t> parse_ids(std::string_view text, std::string_view flag,
                                    std::string_view what = "item ids");
// A whole number from `lowest` to `highest`.
std::uint64_t parse_whole(std::string_view text, std::string_view flag, std::uint64_t lowest,
                          std::uint64_t highest);
// "5,10,20": whole numbers from `lowest`, at least one of them.
std::vector<std::uint32_t> parse_counts(std::string_view text, std::string_view flag,
                                        std::uint32_t lowest = 1);

// The targets must live until the command line is parsed; an absent flag leaves its target alone.
CLI::Option* add_ids(CLI::App& app, const std::string& flag, std::optional<std::vector<std::int64_t>>& target,
                     const std::string& help);
// A flag that may be given again and again; each time it takes one value.
CLI::Option* add_repeatable(CLI::App& app, const std::string& flag, std::vector<std::string>& target,
                            const std::string& help);
CLI::Option* add_whole(CLI::App& app, const std::string& flag, std::optional<std::uint32_t>& target,
                       std::uint32_t lowest, const std::string& help);

// One of several named values; `help` is followed by their names.
template <class T, class Target>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, Target& target,
                        std::initializer_list<std::pair<const char*, T>> choices, const std::string& help) {
  std::string names;
  for (const auto& choice : choices) names += std::string(names.empty() ? "" : ", ") + choice.first;
  const std::vector<std::pair<std::string, T>> table(choices.begin(), choices.end());
  const auto choose = [&target, flag, names, table](const std::string& text) {
    for (const auto& [name, value] : table)
      if (name == text) {
        target = value;
        return;
      }
    fail_usage(flag + " must be one of " + names + ", not " + convert::in_quotes(text));
  };
  return app.add_option_function<std::string>(flag, choose, help + ": " + names)->type_name("NAME");
}

// --unknown error|skip|unk.
CLI::Option* add_unknown(CLI::App& app, UnknownItem& target);
const char* name(UnknownItem unknown) noexcept;

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_FLAGS_HPP
