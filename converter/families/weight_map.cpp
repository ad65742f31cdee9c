#include "converter/families/weight_map.hpp"

#include "converter/error.hpp"
#include "converter/families/wildcards.hpp"
#include "converter/readers/json_object.hpp"
#include "converter/readers/text.hpp"
#include "runtime/base/nearest.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace heed::convert {
namespace {

using Json = nlohmann::ordered_json;

template <class... Args>
[[noreturn]] void fail(const std::string& path, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(StatusCode::data_mismatch, path + ": " + fmt::format(format, std::forward<Args>(args)...));
}

std::string near_to(const std::string& pattern, const Checkpoint& checkpoint) {
  constexpr std::size_t kCompared = 1000; // hostile files have names without end
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(checkpoint.weights.size(), kCompared); ++i)
    names.push_back(checkpoint.weights[i].first);
  const std::string near = base::nearest(pattern, names);
  if (!near.empty()) return "the nearest is " + in_quotes(near);
  return names.empty() ? "there is none" : "the first is " + in_quotes(names.front());
}

// The names that the weights get, in their order.
std::vector<std::string> names_by(const WeightMap& map, const Checkpoint& checkpoint) {
  std::vector<std::string> names;
  std::vector<bool> matches(map.entries.size());
  for (const auto& weight : checkpoint.weights) {
    std::string name = weight.first;
    bool named = false;
    for (std::size_t i = 0; i < map.entries.size(); ++i) {
      if (named && matches[i]) continue;
      const auto found = match_wildcards(map.entries[i].pattern, weight.first);
      if (!found) continue;
      matches[i] = true; // also when an earlier entry named the weight: the pattern is no slip
      if (named) continue;
      named = true;
      name = fill_wildcards(map.entries[i].name, *found);
    }
    if (name.empty() || name.size() > limits::weight_name)
      fail(map.path, "the weight {} would be called {}, which is no name for a weight",
           in_quotes(weight.first), in_quotes(name));
    names.push_back(std::move(name));
  }
  const auto slip = std::find(matches.begin(), matches.end(), false);
  if (slip != matches.end()) {
    const std::string& pattern = map.entries[static_cast<std::size_t>(slip - matches.begin())].pattern;
    fail(map.path, "no weight of the checkpoint matches {}; {}", in_quotes(pattern),
         near_to(pattern, checkpoint));
  }
  return names;
}

void check_unique(const WeightMap& map, const Checkpoint& checkpoint, const std::vector<std::string>& names) {
  std::map<std::string, const std::string*> holders; // by new name, the old one
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& old = checkpoint.weights[i].first;
    const auto [at, added] = holders.emplace(names[i], &old);
    if (added) continue;
    const std::string& other = *at->second;
    if (names[i] == old || names[i] == other)
      fail(map.path, "the weight {} would be called {}, but there is a weight of that name already",
           in_quotes(names[i] == old ? other : old), in_quotes(names[i]));
    fail(map.path, "the weights {} and {} would both be called {}", in_quotes(other), in_quotes(old),
         in_quotes(names[i]));
  }
}

} // namespace

WeightMap read_weight_map(const std::string& path) {
  const auto bytes = Bytes::map(path);
  std::set<std::string> seen;
  const auto json = parse_object<Json>(bytes->view(), [&](const std::string& pattern) {
    if (!seen.insert(pattern).second) fail(path, "the pattern {} occurs twice", in_quotes(pattern));
  });
  if (!json) fail(path, "is no JSON object such as {{\"encoder.#.*\": \"attention_layers.#.*\"}}");
  WeightMap map{path, {}};
  for (const auto& [pattern, name] : json->items()) {
    const auto* text = name.get_ptr<const std::string*>();
    if (text == nullptr) fail(path, "the name that {} stands for is no text", in_quotes(pattern));
    for (const char wildcard : {'#', '*'}) {
      const auto there = std::count(pattern.begin(), pattern.end(), wildcard);
      const auto here = std::count(text->begin(), text->end(), wildcard);
      if (there != here)
        fail(path, "the pattern {} has {} '{}' and its name {} has {}; they must be as many",
             in_quotes(pattern), there, wildcard, in_quotes(*text), here);
    }
    map.entries.push_back({pattern, *text});
  }
  if (map.entries.empty()) fail(path, "names no weights");
  return map;
}

std::size_t rename_weights(const WeightMap& map, Checkpoint* checkpoint) {
  std::vector<std::string> names = names_by(map, *checkpoint);
  check_unique(map, *checkpoint, names);
  std::size_t renamed = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string& name = checkpoint->weights[i].first;
    if (name == names[i]) continue;
    ++renamed;
    name = std::move(names[i]);
  }
  return renamed;
}

} // namespace heed::convert
