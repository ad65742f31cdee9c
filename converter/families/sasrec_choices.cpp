#include "converter/error.hpp"
#include "converter/families/nearest.hpp"
#include "converter/families/sasrec.hpp"
#include "converter/graph/operators.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace heed::convert::sasrec {
namespace {

// The conversion runs attention over a full padded history, which takes slots * slots steps.
constexpr std::int64_t kMostSlots = 16384;

// The operator's name of an activation as options and configs write it, or "".
std::string canonical_activation(const std::string& name) {
  if (name == "gelu") return "gelu_erf"; // what torch.nn.GELU and RecBole mean
  if (name == "swish") return "silu";
  if (name == "identity" || name == "linear") return "none";
  const auto& names = activation_names();
  return std::find(names.begin(), names.end(), name) == names.end() ? "" : name;
}

std::string choose_activation(const Kind& kind, const BuildOptions& options, const Config& config,
                              std::vector<std::string>& notes) {
  if (!options.activation.empty()) {
    std::string activation = canonical_activation(options.activation);
    if (activation.empty()) {
      const std::string near = nearest(options.activation, activation_names());
      throw Error(StatusCode::usage,
                  fmt::format("no activation is called {}{}", in_quotes(options.activation),
                              near.empty() ? "" : "; did you mean " + near + "?"));
    }
    notes.push_back(fmt::format("feed-forward activation {}: as asked", activation));
    return activation;
  }
  if (const auto text = config.text({"activation", "hidden_act"})) {
    std::string activation = canonical_activation(*text);
    if (activation.empty())
      throw Error(StatusCode::checkpoint_unsupported,
                  fmt::format("the checkpoint's config names the activation {}, which heed does not have",
                              in_quotes(*text)));
    notes.push_back(fmt::format("feed-forward activation {}: from the checkpoint's config", activation));
    return activation;
  }
  notes.push_back(fmt::format("feed-forward activation {}: that of {} (the weights do not tell)",
                              kind.activation, kind.name));
  return kind.activation;
}

std::int64_t choose_heads(const Kind& kind, const BuildOptions& options, const Config& config,
                          std::vector<std::string>& notes) {
  const auto saved = config.integer({"num_heads", "n_heads", "num_attention_heads"});
  const char* why = "as asked";
  std::int64_t heads = options.heads;
  if (heads == 0 && saved) {
    heads = *saved;
    why = "from the checkpoint's config";
  } else if (heads == 0) {
    heads = kind.heads;
    why = "the reference's default (the weights do not tell; --heads sets it)";
  } else if (saved && *saved != heads) {
    notes.push_back(fmt::format("the checkpoint's config says {} heads", *saved));
  }
  notes.push_back(fmt::format("{} attention head{}: {}", heads, heads == 1 ? "" : "s", why));
  return heads;
}

PaddingSide choose_padding(const Kind& kind, const BuildOptions& options, const Config& config,
                           std::vector<std::string>& notes) {
  const auto side = config.text({"padding_side"});
  bool right = kind.padding_right;
  const char* why = "as in its reference";
  if (!options.positions.empty()) {
    if (options.positions != "left" && options.positions != "right")
      throw Error(StatusCode::usage,
                  fmt::format("positions count from the left or from the right, not from {}",
                              in_quotes(options.positions)));
    right = options.positions == "left";
    why = "as asked";
  } else if (side && (*side == "left" || *side == "right")) {
    right = *side == "right";
    why = "from the checkpoint's config";
  }
  notes.push_back(
      right ? fmt::format("positions count from the oldest event, padding stands on the right: {}", why)
            : fmt::format("positions count to the newest event, padding stands on the left: {}", why));
  return right ? PaddingSide::right : PaddingSide::left;
}

} // namespace

Choices choose(const Kind& kind, const BuildOptions& options, const Config& config, std::int64_t dim,
               std::vector<std::string>& notes) {
  Choices choices;
  choices.kind = kind;
  choices.heads = choose_heads(kind, options, config, notes);
  choices.activation = choose_activation(kind, options, config, notes);
  choices.padding = choose_padding(kind, options, config, notes);
  const auto eps = config.real({"layer_norm_eps"});
  choices.eps = eps && *eps >= 0 && *eps <= 1 ? *eps : kind.eps;
  if (eps && choices.eps != kind.eps)
    notes.push_back(fmt::format("normalisation eps {}: from the checkpoint's config", choices.eps));
  const auto scaled = config.flag({"scale_embedding"});
  if (scaled && *scaled != kind.scale_embedding)
    notes.push_back(fmt::format("item rows are {}multiplied by sqrt({}): from the checkpoint's config",
                                *scaled ? "" : "not ", dim));
  choices.scale = scaled.value_or(kind.scale_embedding) ? std::sqrt(static_cast<double>(dim)) : 1.0;
  return choices;
}

void choose_slots(Choices& choices, std::int64_t rows, std::int64_t first, const BuildOptions& options,
                  const Config& config, std::vector<std::string>& notes) {
  choices.first_position = first;
  choices.slots = rows - first;
  const auto saved = config.integer({"maxlen", "max_seq_length", "MAX_ITEM_LIST_LENGTH"});
  if (saved && *saved != choices.slots) {
    if (*saved < 1 || *saved > choices.slots)
      throw Error(
          StatusCode::checkpoint_malformed,
          fmt::format("the checkpoint's config has histories of {} events, but there are {} positions",
                      *saved, choices.slots));
    notes.push_back(
        fmt::format("{} slots of {} positions: from the checkpoint's config", *saved, choices.slots));
    choices.slots = *saved;
  }
  if (choices.slots > kMostSlots)
    throw Error(
        StatusCode::checkpoint_unsupported,
        fmt::format("histories of {} events are beyond the {} that heed takes", choices.slots, kMostSlots));
  choices.max_history = options.max_history == 0 ? choices.slots : options.max_history;
  if (choices.max_history < 1 || choices.max_history > choices.slots)
    throw Error(StatusCode::invalid_argument,
                fmt::format("a maximum history of {} is outside the model's 1 to {} events",
                            choices.max_history, choices.slots));
  if (choices.max_history < choices.slots)
    notes.push_back(fmt::format("histories are cut to the {} most recent events of {}: as asked",
                                choices.max_history, choices.slots));
}

void check_config(const Config& config, std::int64_t dim, std::int64_t blocks) {
  const auto differs = [](const char* what, const std::optional<std::int64_t>& saved, std::int64_t found) {
    if (saved && *saved != found)
      throw Error(
          StatusCode::checkpoint_malformed,
          fmt::format("the checkpoint's config says {} {}, but the weights have {}", *saved, what, found));
  };
  differs("dimensions", config.integer({"hidden_units", "hidden_size"}), dim);
  differs("blocks", config.integer({"num_blocks", "n_layers", "num_hidden_layers"}), blocks);
}

bool zero_row(const Constant& matrix, std::int64_t row) {
  std::vector<double> values(static_cast<std::size_t>(matrix.cols()));
  matrix.read_row(row, values.data());
  return std::all_of(values.begin(), values.end(), [](double x) { return x == 0.0; });
}

std::vector<std::string> expand(const std::vector<std::string>& outer, const std::vector<std::string>& inner,
                                std::int64_t blocks) {
  std::vector<std::string> names = outer;
  for (std::int64_t block = 0; block < blocks; ++block) {
    for (std::string name : inner) {
      name.replace(name.find('#'), 1, std::to_string(block));
      names.push_back(std::move(name));
    }
  }
  return names;
}

} // namespace heed::convert::sasrec
