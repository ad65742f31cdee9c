// heed encode: the user vector of a history, or of each line of a stream.
#include "converter/cli/command.hpp"
#include "converter/cli/history_flags.hpp"
#include "converter/cli/model_file.hpp"
#include "converter/cli/request.hpp"

#include <memory>

namespace heed::cli {

namespace {

class Encoder {
 public:
  Encoder(const HistoryFlags& flags, Output& out)
      : flags_(flags), out_(out), model_(open_model(flags.model)), session_(model_), vector_(model_.dim()) {}

  void run() {
    if (flags_.jsonl) {
      answer_lines(out_, [this](std::string_view line) -> const std::string& {
        encode(parse_request(line, {{"history", false}}).history);
        return json();
      });
      return;
    }
    encode(flags_.history(model_, flags_.read_titles()));
    if (flags_.json) {
      out_.write(json());
      return;
    }
    for (const float value : vector_) out_.print("{:.9g}\n", value);
  }

 private:
  void encode(const std::vector<std::int64_t>& history) {
    check(session_.fit({}).encode(history, flags_.unknown, vector_));
  }

  const std::string& json() {
    line_ = "{\"vector\":";
    append_json(line_, Span<const float>(vector_));
    line_ += "}\n";
    return line_;
  }

  const HistoryFlags& flags_;
  Output& out_;
  const Model model_;
  GrowingSession session_;
  std::vector<float> vector_;
  std::string line_;
};

} // namespace

void add_encode(CLI::App& app, Output& out) {
  CLI::App* command = app.add_subcommand("encode", "Compute the user vector of a history");
  const auto flags = std::make_shared<HistoryFlags>();
  flags->add_to(*command);
  command->callback([flags, &out] {
    flags->check_usage();
    Encoder(*flags, out).run();
  });
}

} // namespace heed::cli
