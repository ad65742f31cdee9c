#include "converter/cli/history_flags.hpp"

namespace heed::cli {

namespace {

Features parse_features(const std::vector<std::string>& texts) {
  Features features;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      fail_usage("--feature takes NAME=V1,V2,... such as time=10,20,30, not " + convert::in_quotes(text));
    const std::string name = text.substr(0, equals);
    features.add(name, parse_ids(text.substr(equals + 1), "--feature " + name + "=", "whole numbers"));
  }
  return features;
}

} // namespace

void HistoryFlags::add_to(CLI::App& command) {
  command.add_option("MODEL", model, "Model file")->required()->type_name("");
  add_ids(command, "--history", ids,
          "Item ids, oldest first; \"\" for none (a negative first id: --history=-1,2)");
  command
      .add_option_function<std::string>(
          "--history-titles", [this](const std::string& text) { names = text; },
          "Titles, oldest first: whole, or any part that only one title has")
      ->type_name("NAME;NAME;...");
  add_repeatable(command, "--feature", features,
                 "Values of a feature: one for each event, or the one of the request")
      ->type_name("NAME=V,V,...");
  command.add_option("--titles", titles_file, "Tab-separated table with columns item_id and title")
      ->type_name("FILE");
  command.add_flag("--jsonl", jsonl, "Read one JSON object a line from standard input, answer each with one");
  command.add_flag("--json", json, "Answer with a JSON object");
  add_unknown(command, unknown);
}

void HistoryFlags::check_usage() const {
  const int sources = (ids ? 1 : 0) + (names ? 1 : 0) + (jsonl ? 1 : 0);
  if (sources == 0) fail_usage("no history: give --history, --history-titles or --jsonl");
  if (sources > 1) fail_usage("give only one of --history, --history-titles and --jsonl");
  if (jsonl && !features.empty())
    fail_usage("--feature goes with --history; with --jsonl every line has its own \"features\"");
  parse_features(features); // before any file is opened
  if (names && titles_file.empty()) fail_usage("--history-titles needs --titles FILE");
}

std::optional<Titles> HistoryFlags::read_titles() const {
  if (titles_file.empty()) return std::nullopt;
  return std::optional<Titles>(std::in_place, titles_file);
}

Request HistoryFlags::request(const Model& opened, const std::optional<Titles>& titles) const {
  Request request;
  request.features = parse_features(features);
  request.history = ids ? *ids : titles->find(*names, opened);
  return request;
}

} // namespace heed::cli
