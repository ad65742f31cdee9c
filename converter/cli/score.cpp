// heed score: the scores of given candidates after a history, or of each line of a stream.
#include "converter/cli/command.hpp"
#include "converter/cli/history_flags.hpp"
#include "converter/cli/model_file.hpp"
#include "converter/cli/request.hpp"
#include "converter/cli/text_table.hpp"

#include <memory>

namespace heed::cli {

namespace {

struct Flags : HistoryFlags {
  std::optional<std::vector<std::int64_t>> candidates;
};

class Scorer {
 public:
  Scorer(const Flags& flags, Output& out)
      : flags_(flags), out_(out), model_(open_model(flags.model)), titles_(flags.read_titles()),
        session_(model_) {}

  void run() {
    if (flags_.jsonl) {
      answer_lines(out_, [this](std::string_view line) -> const std::string& {
        Request request =
            parse_request(line, {{"history", false}, {"candidates", false}, {"features", true}});
        score(request);
        return json();
      });
      return;
    }
    Request request = flags_.request(model_, titles_);
    request.candidates = *flags_.candidates;
    score(request);
    if (flags_.json)
      out_.write(json());
    else
      print_table(request.candidates);
  }

 private:
  void score(Request& request) {
    Needs needs;
    needs.candidates = request.candidates.size();
    scores_.resize(request.candidates.size());
    check(session_.fit(needs).score(request.views(), request.candidates, flags_.unknown, scores_));
  }

  const std::string& json() {
    line_ = "{\"scores\":";
    append_json(line_, Span<const float>(scores_));
    line_ += "}\n";
    return line_;
  }

  void print_table(const std::vector<std::int64_t>& candidates) {
    TextTable table({">item", ">score", titles_ ? "title" : ""});
    for (std::size_t i = 0; i < candidates.size(); ++i)
      table.add({std::to_string(candidates[i]), fmt::format("{:#.6g}", scores_[i]),
                 titles_ ? std::string(titles_->shown(candidates[i])) : std::string()});
    table.print(out_, 0);
  }

  const Flags& flags_;
  Output& out_;
  const Model model_;
  const std::optional<Titles> titles_;
  GrowingSession session_;
  std::vector<float> scores_;
  std::string line_;
};

} // namespace

void add_score(CLI::App& app, Output& out) {
  CLI::App* command = app.add_subcommand("score", "Score given candidates after a history");
  const auto flags = std::make_shared<Flags>();
  flags->add_to(*command);
  add_ids(*command, "--candidates", flags->candidates, "Items to score; repeats are legal");
  command->callback([flags, &out] {
    flags->check_usage();
    if (flags->jsonl && flags->candidates)
      fail_usage("--candidates goes with --history; with --jsonl every line has its own");
    if (!flags->jsonl && !flags->candidates) fail_usage("no candidates: give --candidates");
    Scorer(*flags, out).run();
  });
}

} // namespace heed::cli
