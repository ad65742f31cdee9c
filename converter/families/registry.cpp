#include "converter/error.hpp"
#include "converter/families/bert4rec.hpp"
#include "converter/families/caser.hpp"
#include "converter/families/config.hpp"
#include "converter/families/family.hpp"
#include "converter/families/gsasrec.hpp"
#include "converter/families/hstu.hpp"
#include "converter/families/lightsans.hpp"
#include "converter/families/mind.hpp"
#include "converter/families/recurrent.hpp"
#include "converter/families/sasrec.hpp"
#include "converter/families/session_graph.hpp"
#include "converter/families/tisasrec.hpp"
#include "converter/readers/text.hpp"
#include "runtime/base/nearest.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace heed::convert {
namespace {

struct Best {
  const Family* family = nullptr;
  Match match;
};

Best best_match(const FamilyList& families, const Checkpoint& checkpoint) {
  Best best;
  for (const Family* family : families) {
    const Match match = family->recognise(checkpoint);
    const bool better =
        match.score > best.match.score || (match.score == best.match.score && match.names > best.match.names);
    if (better) best = {family, match};
  }
  return best;
}

std::string some_names(const Checkpoint& checkpoint) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < checkpoint.weights.size() && i < kShown; ++i) {
    const auto& [name, tensor] = checkpoint.weights[i];
    text += fmt::format("\n  {} {}", in_quotes(name), shape_text(tensor.shape()));
  }
  if (checkpoint.weights.size() > kShown)
    text += fmt::format("\n  and {} more", checkpoint.weights.size() - kShown);
  return text;
}

std::vector<std::string> names_of(const FamilyList& families) {
  std::vector<std::string> names;
  for (const Family* family : families) names.push_back(family->name());
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

} // namespace

namespace {

FamilyList& registered() {
  static FamilyList all = {&sasrec_family(), &bert4rec_family(),  &gsasrec_family(), &tisasrec_family(),
                           &hstu_family(),   &lightsans_family(), &gru4rec_family(), &narm_family(),
                           &stamp_family(),  &srgnn_family(),     &gcsan_family(),   &caser_family(),
                           &mind_family()};
  return all;
}

} // namespace

const FamilyList& families() {
  return registered();
}

void add_families(const FamilyList& more) {
  for (const Family* family : more) {
    for (const Family* known : registered())
      if (known->name() == family->name())
        throw Error(StatusCode::usage,
                    fmt::format("there is a family called {} already; another one needs another name",
                                in_quotes(family->name())));
    registered().push_back(family);
  }
}

const Family& choose_family(const FamilyList& families, const Checkpoint& checkpoint,
                            const std::string& name) {
  const Best best = best_match(families, checkpoint);
  const bool recognised = best.family != nullptr && best.match.score >= kRecognised;
  const std::string saved = name.empty() ? Config(checkpoint.config).text({"heed_family"}).value_or("") : "";
  if (name.empty() && saved.empty()) {
    if (recognised) return *best.family;
    throw Error(StatusCode::family_unknown,
                fmt::format("{}: no family recognises the weights (known: {}). Some of what was found:{}",
                            checkpoint.path, joined(names_of(families)), some_names(checkpoint)));
  }
  const Family& family =
      saved.empty() ? find_family(families, name)
                    : find_family(families, saved, checkpoint.path + ": by the checkpoint's config, ");
  const Match match = family.recognise(checkpoint);
  if (match.score < kRecognised && recognised)
    throw Error(StatusCode::family_mismatch,
                fmt::format("{}: the weights are not of {} but look like {} ({})", checkpoint.path,
                            family.name(), best.family->name(), best.match.explanation));
  return family;
}

BuildOptions with_saved_variant(const Family& family, const Checkpoint& checkpoint, BuildOptions options) {
  const Config config(checkpoint.config);
  const auto saved = config.text({"heed_variant"});
  if (!options.variant.empty() || !saved || config.text({"heed_family"}) != family.name()) return options;
  const std::vector<Variant> variants = family.variants();
  if (std::none_of(variants.begin(), variants.end(), [&](const Variant& v) { return v.name == *saved; }))
    throw Error(StatusCode::checkpoint_unsupported,
                fmt::format("{}: the checkpoint's config names the variant {}, which {} does not have",
                            checkpoint.path, in_quotes(*saved), family.name()));
  options.variant = *saved;
  options.variant_source = "from the checkpoint's config";
  return options;
}

const Family& find_family(const FamilyList& families, const std::string& name, const std::string& source) {
  for (const Family* family : families) {
    if (family->name() == name) return *family;
  }
  const std::string near = base::nearest(name, names_of(families));
  throw Error(StatusCode::family_unknown,
              fmt::format("{}no family is called {}{} (known: {})", source, in_quotes(name),
                          near.empty() ? "" : fmt::format("; did you mean {}?", near),
                          joined(names_of(families))));
}

} // namespace heed::convert
