// heed encode: the user vector of a history, or another result that the model gives, or those of each line of
// a stream.
#include "converter/cli/command.hpp"
#include "converter/cli/history_flags.hpp"
#include "converter/cli/model_file.hpp"
#include "converter/cli/request.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace heed::cli {

namespace {

struct Flags : HistoryFlags {
  std::optional<std::string> output;
};

class Encoder {
 public:
  Encoder(const Flags& flags, Output& out)
      : flags_(flags), out_(out), model_(open_model(flags.model)), session_(model_),
        rows_(model_.interests()), cols_(model_.dim()) {
    std::size_t room = rows_ * cols_;
    if (flags_.output) {
      const ModelInfo info = model_.info();
      const auto found = std::find_if(info.outputs.begin(), info.outputs.end(),
                                      [&](const OutputInfo& one) { return one.name == *flags_.output; });
      // One that there is not, the session refuses; it knows the nearest.
      cols_ = found == info.outputs.end() ? 0 : found->cols;
      const std::size_t most = found == info.outputs.end() ? 0
                               : found->rows != 0          ? found->rows
                                                  : std::size_t{model_.max_history()} + 1; // an appended row
      room = most * cols_;
    }
    values_.resize(room);
  }

  void run() {
    if (flags_.jsonl) {
      answer_lines(out_, [this](std::string_view line) -> const std::string& {
        Request request = parse_request(line, {{"history", false}, {"features", true}});
        encode(request);
        return json();
      });
      return;
    }
    Request request = flags_.request(model_, flags_.read_titles());
    encode(request);
    if (flags_.json)
      out_.write(json());
    else
      print_lines();
  }

 private:
  void encode(Request& request) {
    Session& session = session_.fit({});
    if (!flags_.output) {
      check(session.encode(request.views(), flags_.unknown, values_));
      return;
    }
    Result<std::size_t> rows =
        session.output(flags_.output->c_str(), request.views(), flags_.unknown, values_);
    if (cols_ == 0)
      throw convert::Error(rows.status().code(), rows.status().message() +
                                                     " (to have it, convert again with --output " +
                                                     *flags_.output + ")");
    rows_ = unwrap(std::move(rows));
  }

  Span<const float> row(std::size_t r) const { return {values_.data() + r * cols_, cols_}; }

  const std::string& json() {
    line_.clear();
    if (!flags_.output && rows_ == 1) {
      line_ += "{\"vector\":";
      append_json(line_, row(0));
      line_ += "}\n";
      return line_;
    }
    if (flags_.output) {
      line_ += "{\"output\":";
      append_json(line_, std::string_view(*flags_.output));
      line_ += fmt::format(",\"rows\":{},\"cols\":{},\"values\":[", rows_, cols_);
    } else {
      line_ += "{\"vectors\":[";
    }
    for (std::size_t r = 0; r < rows_; ++r) {
      if (r != 0) line_ += ',';
      append_json(line_, row(r));
    }
    line_ += "]}\n";
    return line_;
  }

  // The elements of a user vector one below the other; several rows each on a line of its own.
  void print_lines() {
    const bool list = !flags_.output && rows_ == 1;
    for (std::size_t r = 0; r < rows_; ++r)
      for (std::size_t c = 0; c < cols_; ++c)
        out_.print("{:.9g}{}", row(r)[c], list || c + 1 == cols_ ? "\n" : " ");
  }

  const Flags& flags_;
  Output& out_;
  const Model model_;
  GrowingSession session_;
  std::size_t rows_, cols_;   // of the last answer
  std::vector<float> values_; // room for them, row after row
  std::string line_;
};

} // namespace

void add_encode(CLI::App& app, Output& out) {
  CLI::App* command = app.add_subcommand("encode", "Compute the user vector of a history");
  const auto flags = std::make_shared<Flags>();
  flags->add_to(*command);
  command
      ->add_option("--output", flags->output, "Another result than the user vector: a name that info lists")
      ->type_name("NAME");
  command->callback([flags, &out] {
    flags->check_usage();
    Encoder(*flags, out).run();
  });
}

} // namespace heed::cli
