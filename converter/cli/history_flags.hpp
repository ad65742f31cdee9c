// The flags that say where histories come from, shared by recommend, score and encode.
#ifndef HEED_CONVERTER_CLI_HISTORY_FLAGS_HPP
#define HEED_CONVERTER_CLI_HISTORY_FLAGS_HPP

#include "converter/cli/flags.hpp"
#include "converter/cli/request.hpp"
#include "converter/cli/titles.hpp"

#include <heed/model.hpp>
#include <heed/session.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heed::cli {

struct HistoryFlags {
  std::string model;
  std::optional<std::vector<std::int64_t>> ids;
  std::optional<std::string> names;  // of --history-titles
  std::vector<std::string> features; // "NAME=V1,V2,..."
  std::string titles_file;
  bool jsonl = false;
  bool json = false;
  UnknownItem unknown = UnknownItem::error;

  // Adds MODEL, --history, --history-titles, --feature, --titles, --jsonl, --json, --unknown.
  void add_to(CLI::App& command);

  // Errors (convert::Error): usage, unless there is exactly one of --history, --history-titles and --jsonl;
  // for a --feature with --jsonl, or one that is no NAME=V1,V2,...
  void check_usage() const;

  // What --titles names, if it is given.
  std::optional<Titles> read_titles() const;
  // The history of --history or --history-titles, and the features. Precondition: !jsonl, and check_usage()
  // passed. Errors (convert::Error): as Titles::find.
  Request request(const Model& opened, const std::optional<Titles>& titles) const;
};

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_HISTORY_FLAGS_HPP
