#include "converter/families/choices.hpp"

#include "converter/error.hpp"
#include "converter/graph/operators.hpp"
#include "converter/readers/text.hpp"
#include "runtime/base/nearest.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace heed::convert {
namespace {

// The operator's name of an activation as options and configs write it, or "".
std::string canonical_activation(const std::string& name) {
  if (name == "gelu") return "gelu_erf"; // what torch.nn.GELU and RecBole mean
  if (name == "swish") return "silu";
  if (name == "identity" || name == "linear") return "none";
  const auto& names = activation_names();
  return std::find(names.begin(), names.end(), name) == names.end() ? "" : name;
}

} // namespace

void Chooser::refuse_unused() const {
  const auto refuse = [&](bool given, bool taken, const char* flag) {
    if (given && !taken) throw Error(StatusCode::usage, fmt::format("{} has no use for {}", variant_, flag));
  };
  refuse(options_.heads != 0, took_heads_, "--heads");
  refuse(!options_.activation.empty(), took_activation_, "--activation");
  refuse(!options_.positions.empty(), took_positions_, "--positions");
}

std::string Chooser::activation(const char* reference) const {
  took_activation_ = true;
  if (!options_.activation.empty()) {
    std::string activation = canonical_activation(options_.activation);
    if (activation.empty()) {
      const std::string near = base::nearest(options_.activation, activation_names());
      throw Error(StatusCode::usage,
                  fmt::format("no activation is called {}{}", in_quotes(options_.activation),
                              near.empty() ? "" : "; did you mean " + near + "?"));
    }
    note(fmt::format("feed-forward activation {}: as asked", activation));
    return activation;
  }
  if (const auto text = config_.text({"activation", "hidden_act", "dnn_activation"})) {
    std::string activation = canonical_activation(*text);
    if (activation.empty())
      throw Error(
          StatusCode::checkpoint_unsupported,
          fmt::format("the settings name the activation {}, which heed does not have", in_quotes(*text)));
    note(fmt::format("feed-forward activation {}: from the settings", activation));
    return activation;
  }
  assume(fmt::format("feed-forward activation {}: that of {} (the weights do not tell; --activation sets it)",
                     reference, variant_));
  return reference;
}

std::int64_t Chooser::heads(std::int64_t reference) const {
  took_heads_ = true;
  const auto saved = config_.integer({"num_heads", "n_heads", "num_attention_heads", "bert_num_heads"});
  const char* why = "as asked";
  bool assumed = false;
  std::int64_t heads = options_.heads;
  if (heads == 0 && saved) {
    heads = *saved;
    why = "from the settings";
  } else if (heads == 0 && reference == 0) {
    throw Error(
        StatusCode::option_required,
        fmt::format("the weights of {} do not tell the number of attention heads, and its reference has "
                    "no default that is safe to assume: give --heads N",
                    variant_));
  } else if (heads == 0) {
    heads = reference;
    assumed = true;
    why = "the reference's default (the weights do not tell; --heads sets it)";
  } else if (saved && *saved != heads) {
    note(fmt::format("the settings say {} heads", *saved));
  }
  const std::string text = fmt::format("{} attention head{}: {}", heads, heads == 1 ? "" : "s", why);
  assumed ? assume(text) : note(text);
  return heads;
}

PaddingSide Chooser::padding(PaddingSide reference) const {
  took_positions_ = true;
  const auto side = config_.text({"padding_side"});
  bool right = reference == PaddingSide::right;
  const char* why = "as in its reference";
  if (!options_.positions.empty()) {
    if (options_.positions != "left" && options_.positions != "right")
      throw Error(StatusCode::usage,
                  fmt::format("positions count from the left or from the right, not from {}",
                              in_quotes(options_.positions)));
    right = options_.positions == "left";
    why = "as asked";
  } else if (side && (*side == "left" || *side == "right")) {
    right = *side == "right";
    why = "from the settings";
  }
  note(right ? fmt::format("positions count from the oldest event, padding stands on the right: {}", why)
             : fmt::format("positions count to the newest event, padding stands on the left: {}", why));
  return right ? PaddingSide::right : PaddingSide::left;
}

double Chooser::eps(double reference) const {
  const auto saved = config_.real({"layer_norm_eps"});
  if (!saved || *saved < 0 || *saved > 1) return reference;
  if (*saved != reference) note(fmt::format("normalisation eps {}: from the settings", *saved));
  return *saved;
}

std::int64_t Chooser::slots(std::int64_t positions) const {
  std::int64_t slots = positions;
  const auto saved = config_.integer({"maxlen", "max_len", "max_seq_length", "MAX_ITEM_LIST_LENGTH"});
  if (saved && *saved != slots) {
    if (*saved < 1 || *saved > slots)
      throw Error(
          StatusCode::checkpoint_malformed,
          fmt::format("the settings have histories of {} events, but there are {} positions", *saved, slots));
    note(fmt::format("{} slots of {} positions: from the settings", *saved, slots));
    slots = *saved;
  }
  if (slots > kMostSlots)
    throw Error(StatusCode::checkpoint_unsupported,
                fmt::format("histories of {} events are beyond the {} that heed takes", slots, kMostSlots));
  return slots;
}

std::int64_t Chooser::slots_without_positions(std::int64_t reference) const {
  const auto saved = config_.integer({"max_seq_length", "MAX_ITEM_LIST_LENGTH"});
  const char* why = nullptr;
  std::int64_t slots = reference;
  if (options_.max_history > 0) {
    slots = options_.max_history;
    why = "as asked";
  } else if (saved && *saved > 0) {
    slots = *saved;
    why = "from the settings";
  }
  if (slots > kMostSlots)
    throw Error(StatusCode::checkpoint_unsupported,
                fmt::format("histories of {} events are beyond the {} that heed takes", slots, kMostSlots));
  if (why != nullptr)
    note(fmt::format("histories of up to {} events: {}", slots, why));
  else
    assume(fmt::format("histories of up to {} events: the reference's default (the weights do not tell; "
                       "--max-history sets it)",
                       slots));
  return slots;
}

std::int64_t Chooser::integer(const char* key, std::int64_t reference, std::int64_t least,
                              std::int64_t most) const {
  const auto saved = config_.integer({key});
  if (!saved) {
    assume(fmt::format("{} {}: the reference's default (--set {}=N sets it)", key, reference, key));
    return reference;
  }
  if (*saved < least || *saved > most)
    throw Error(StatusCode::checkpoint_malformed,
                fmt::format("the settings have {} {}, which is not {} to {}", key, *saved, least, most));
  note(fmt::format("{} {}: from the settings", key, *saved));
  return *saved;
}

double Chooser::real(const char* key, double reference) const {
  const auto saved = config_.real({key});
  if (saved && std::isfinite(*saved)) {
    note(fmt::format("{} {}: from the settings", key, *saved));
    return *saved;
  }
  assume(fmt::format("{} {}: the reference's default (--set {}=X sets it)", key, reference, key));
  return reference;
}

std::int64_t Chooser::max_history(std::int64_t most) const {
  if (most < 1) throw Error(StatusCode::checkpoint_unsupported, "its positions leave no place for an event");
  const std::int64_t chosen = options_.max_history == 0 ? most : options_.max_history;
  if (chosen < 1 || chosen > most)
    throw Error(StatusCode::invalid_argument,
                fmt::format("a maximum history of {} is outside the model's 1 to {} events", chosen, most));
  if (chosen < most)
    note(fmt::format("histories are cut to the {} most recent events of {}: as asked", chosen, most));
  return chosen;
}

void Chooser::check_sizes(std::int64_t dim, std::int64_t blocks) const {
  const auto differs = [](const char* what, const std::optional<std::int64_t>& saved, std::int64_t found) {
    if (saved && *saved != found)
      throw Error(StatusCode::checkpoint_malformed,
                  fmt::format("the settings say {} {}, but the weights have {}", *saved, what, found));
  };
  differs("dimensions", config_.integer({"hidden_units", "hidden_size", "bert_hidden_units"}), dim);
  differs("blocks", config_.integer({"num_blocks", "n_layers", "num_hidden_layers", "bert_num_blocks"}),
          blocks);
}

void unknown_variant(const std::string& family, const std::string& name,
                     const std::vector<std::string>& known) {
  const std::string near = base::nearest(name, known);
  throw Error(StatusCode::usage, fmt::format("{} has no variant {}{} (known: {})", family, in_quotes(name),
                                             near.empty() ? "" : fmt::format("; did you mean {}?", near),
                                             fmt::join(known, ", ")));
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

} // namespace heed::convert
