#include "converter/cli/flags.hpp"

#include "converter/eval/text.hpp"
#include "converter/readers/text.hpp"

#include <charconv>
#include <limits>

namespace heed::cli {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

template <class Visit>
void each_part(std::string_view text, Visit visit) {
  for (;;) {
    const std::size_t comma = text.find(',');
    visit(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

} // namespace

std::vector<std::int64_t> parse_ids(std::string_view text, std::string_view flag, std::string_view what) {
  std::vector<std::int64_t> ids;
  if (trimmed(text).empty()) return ids;
  each_part(text, [&](std::string_view part) {
    std::int64_t id = 0;
    if (!eval::parse_id(part, id))
      fail_usage(std::string(flag) + " takes " + std::string(what) +
                 " with commas and no spaces between them, such as 1,2,3; " +
                 (part.empty() ? "an empty one stands here" : convert::in_quotes(part) + " is not one"));
    ids.push_back(id);
  });
  return ids;
}

std::uint64_t parse_whole(std::string_view text, std::string_view flag, std::uint64_t lowest,
                          std::uint64_t highest) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < lowest || value > highest)
    fail_usage(std::string(flag) + " must be a whole number from " + std::to_string(lowest) + " to " +
               std::to_string(highest) + ", not " + convert::in_quotes(text));
  return value;
}

std::vector<std::uint32_t> parse_counts(std::string_view text, std::string_view flag, std::uint32_t lowest) {
  std::vector<std::uint32_t> counts;
  each_part(text, [&](std::string_view part) {
    counts.push_back(static_cast<std::uint32_t>(
        parse_whole(part, flag, lowest, std::numeric_limits<std::uint32_t>::max())));
  });
  return counts;
}

CLI::Option* add_ids(CLI::App& app, const std::string& flag, std::optional<std::vector<std::int64_t>>& target,
                     const std::string& help) {
  const auto parse = [&target, flag](const std::string& text) { target = parse_ids(text, flag); };
  return app.add_option_function<std::string>(flag, parse, help)->type_name("ID,ID,...");
}

CLI::Option* add_repeatable(CLI::App& app, const std::string& flag, std::vector<std::string>& target,
                            const std::string& help) {
  return app.add_option(flag, target, help)->allow_extra_args(false);
}

CLI::Option* add_whole(CLI::App& app, const std::string& flag, std::optional<std::uint32_t>& target,
                       std::uint32_t lowest, const std::string& help) {
  const auto parse = [&target, flag, lowest](const std::string& text) {
    target = static_cast<std::uint32_t>(
        parse_whole(text, flag, lowest, std::numeric_limits<std::uint32_t>::max()));
  };
  return app.add_option_function<std::string>(flag, parse, help)->type_name("N");
}

CLI::Option* add_unknown(CLI::App& app, UnknownItem& target) {
  return add_choice<UnknownItem>(
      app, "--unknown", target,
      {{"error", UnknownItem::error}, {"skip", UnknownItem::skip}, {"unk", UnknownItem::substitute}},
      "What to do with an item the catalogue does not hold");
}

const char* name(UnknownItem unknown) noexcept {
  switch (unknown) {
  case UnknownItem::error:
    return "error";
  case UnknownItem::skip:
    return "skip";
  case UnknownItem::substitute:
    return "unk";
  }
  return "";
}

} // namespace heed::cli
