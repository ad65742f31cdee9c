// heed recommend: the best items of the catalogue for a history, or for each history of a stream.
#include "converter/cli/command.hpp"
#include "converter/cli/history_flags.hpp"
#include "converter/cli/model_file.hpp"
#include "converter/cli/request.hpp"
#include "converter/cli/text_table.hpp"

#include <algorithm>
#include <memory>

namespace heed::cli {

namespace {

using Ids = std::vector<std::int64_t>;

constexpr std::size_t kDefaultK = 10;

struct Flags : HistoryFlags {
  std::optional<std::uint32_t> k;
  std::optional<Ids> allow, deny;
  bool keep_seen = false;
};

class Recommender {
 public:
  Recommender(const Flags& flags, Output& out)
      : flags_(flags), out_(out), model_(open_model(flags.model)), titles_(flags.read_titles()),
        session_(model_) {
    // Only a k that somebody asked for can be too large for the catalogue.
    k_ = flags.k ? *flags.k : static_cast<std::size_t>(std::min<std::uint64_t>(kDefaultK, model_.items()));
  }

  void run() {
    if (flags_.jsonl) {
      answer_lines(out_, [this](std::string_view line) -> const std::string& {
        answer(with_events_before(parse_request(line, {{"history", false},
                                                       {"append", true},
                                                       {"features", true},
                                                       {"k", true},
                                                       {"allow", true},
                                                       {"deny", true}})));
        return json();
      });
      return;
    }
    Request request = flags_.request(model_, titles_);
    answer(request);
    if (flags_.json)
      out_.write(json());
    else
      print_table(request.history);
  }

 private:
  // A line begins a history or goes on with that of the lines before it.
  Request& with_events_before(Request line) {
    if (line.goes_on) {
      if (!running_)
        throw convert::Error(StatusCode::data_mismatch, "no \"history\" before the first \"append\"");
      running_->history.insert(running_->history.end(), line.history.begin(), line.history.end());
      running_->features.extend(std::move(line.features));
      line.history = std::move(running_->history);
      line.features = std::move(running_->features);
    }
    running_ = std::move(line);
    return *running_;
  }

  // Fills found_. A request's own fields take the place of the flags.
  void answer(Request& request) {
    static const Ids none;
    const Ids& allow = request.allow ? *request.allow : flags_.allow ? *flags_.allow : none;
    const Ids& deny = request.deny ? *request.deny : flags_.deny ? *flags_.deny : none;
    const std::size_t k = request.k.value_or(k_);

    RecommendOptions options;
    options.exclude_seen = !flags_.keep_seen;
    options.unknown = flags_.unknown;
    options.allow = allow;
    options.deny = deny;
    Needs needs;
    needs.k = k;
    needs.candidates = allow.size();
    needs.excluded = deny.size() + (options.exclude_seen ? request.history.size() : 0);
    needs.keeps_events = flags_.jsonl;
    Session& session = session_.fit(needs);
    found_.resize(k);
    found_.resize(unwrap(session.recommend(request.views(), k, options, found_)));
  }

  const std::string& json() {
    line_ = "{\"items\":[";
    list([this](const Recommendation& one) { append_json(line_, one.item); });
    line_ += "],\"scores\":[";
    list([this](const Recommendation& one) { append_json(line_, one.score); });
    if (titles_) {
      line_ += "],\"titles\":[";
      list([this](const Recommendation& one) {
        const std::string_view title = titles_->title(one.item);
        if (title.empty())
          line_ += "null";
        else
          append_json(line_, title);
      });
    }
    line_ += "]}\n";
    return line_;
  }

  template <class Append>
  void list(Append append) {
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (i != 0) line_ += ',';
      append(found_[i]);
    }
  }

  void print_table(const Ids& history) {
    if (titles_) {
      out_.write(history.empty() ? "History: none\n" : "History\n");
      TextTable table({">item", "title"});
      for (const std::int64_t id : history) table.add({std::to_string(id), std::string(titles_->shown(id))});
      table.print(out_, 2, false);
      out_.write("Recommended\n");
    }
    TextTable table(titles_ ? std::vector<std::string>{">rank", ">item", ">score", "title"}
                            : std::vector<std::string>{">rank", ">item", ">score"});
    for (std::size_t i = 0; i < found_.size(); ++i) {
      std::vector<std::string> row = {std::to_string(i + 1), std::to_string(found_[i].item),
                                      fmt::format("{:#.6g}", found_[i].score)};
      if (titles_) row.emplace_back(titles_->shown(found_[i].item));
      table.add(row);
    }
    table.print(out_, titles_ ? 2 : 0);
  }

  const Flags& flags_;
  Output& out_;
  const Model model_;
  const std::optional<Titles> titles_;
  GrowingSession session_;
  std::size_t k_ = 0;
  std::optional<Request> running_; // of the last line
  std::vector<Recommendation> found_;
  std::string line_;
};

} // namespace

void add_recommend(CLI::App& app, Output& out) {
  CLI::App* command = app.add_subcommand("recommend", "Find the best items of the catalogue for a history");
  const auto flags = std::make_shared<Flags>();
  flags->add_to(*command);
  add_whole(*command, "--k", flags->k, 1, "Items to return (10)");
  add_ids(*command, "--allow", flags->allow, "Return only these items");
  add_ids(*command, "--deny", flags->deny, "Never return these items");
  command->add_flag("--keep-seen", flags->keep_seen, "Items of the history may be returned as well");
  command->callback([flags, &out] {
    flags->check_usage();
    if (flags->allow && flags->allow->empty())
      fail_usage("--allow is empty; leave it out to allow every item");
    Recommender(*flags, out).run();
  });
}

} // namespace heed::cli
