#include "converter/readers/state_dict.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/fields.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/module_tree.hpp"
#include "converter/readers/torch_tensor.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <unordered_set>

namespace heed::convert {
namespace {

constexpr std::array<std::string_view, 3> preferred = {"state_dict", "model_state_dict", "model"};

// A value on the way from the root, with the way back.
struct Visit {
  Value value;
  Value key;          // in its parent: text, or a number
  std::size_t parent; // index of a Visit; the root is its own
  int depth;
  std::size_t rank; // of the root's field that led here, in `preferred`
};

std::string key_text(const Value& key) {
  constexpr std::size_t longest = 200; // a path is for people
  if (key.text()) return std::string(key.text()->substr(0, longest));
  return key.integer() ? fmt::format("{}", *key.integer()) : "?";
}

bool names_optimizer(const Value& key) {
  const auto text = key.text();
  if (!text || text->size() > 100) return false;
  std::string lower(*text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower.find("optim") != std::string::npos || lower.find("scheduler") != std::string::npos;
}

bool is_optimizer(const Value& value) {
  const Record* record = value.record();
  const Global* callee = record != nullptr ? record->callee.global() : nullptr;
  return callee != nullptr && callee->module.substr(0, 11) == "torch.optim";
}

// An optimizer's memory of one weight, under whatever key it is kept.
bool is_moment(std::string_view key) {
  return key == "exp_avg" || key == "exp_avg_sq" || key == "momentum_buffer" || key == "square_avg";
}

class Search {
 public:
  explicit Search(const Value& root) { enqueue(root, Value(), 0, 0, preferred.size()); }

  // Breadth first, each value once.
  std::optional<StateDict> run() {
    for (std::size_t i = 0; i < queue_.size(); ++i) {
      const Visit visit = queue_[i]; // a copy: the queue grows meanwhile
      if (is_module(visit.value, steps_)) {
        auto tensors = module_tensors(visit.value, steps_);
        if (is_better(i, tensors.size())) best_ = {i, {}, std::move(tensors)};
      } else {
        examine(i, visit);
      }
    }
    if (best_.size() == 0) return std::nullopt;
    StateDict result = {path(best_.index), std::move(best_.of_module), {}};
    for (const auto& [key, tensor] : best_.of_mapping) {
      result.tensors.emplace_back(key.text()->substr(0, limits::weight_name + 1), tensor);
    }
    for (std::size_t i = best_.index;; i = queue_[i].parent) {
      result.parents.push_back(queue_[i].value);
      if (i == 0) return result;
    }
  }

 private:
  // Names are made for the best one only: many mappings may share one long name.
  struct Candidate {
    std::size_t index = 0; // in queue_
    Pairs of_mapping;      // one of the two is empty
    std::vector<std::pair<std::string, Value>> of_module;
    std::size_t size() const { return of_mapping.size() + of_module.size(); }
  };

  bool is_better(std::size_t index, std::size_t size) const {
    if (size == 0 || best_.size() == 0) return size > 0;
    const std::size_t rank = queue_[index].rank;
    const std::size_t best_rank = queue_[best_.index].rank;
    return rank < best_rank || (rank == best_rank && size > best_.size());
  }

  // A mapping, an instance or a sequence: its own tensors, and what it leads to.
  void examine(std::size_t index, const Visit& visit) {
    Pairs tensors;
    bool moment = false;
    for_each_field(visit.value, steps_, [&](const Value& key, const Value& value) {
      if (!is_tensor(value)) return follow(index, visit, key, value);
      if (!key.text()) return;
      if (tensors.size() == limits::weights) malformed("it holds more than {} weights", limits::weights);
      tensors.emplace_back(key, value);
      moment = moment || is_moment(*key.text());
    });
    if (!moment && is_better(index, tensors.size())) best_ = {index, std::move(tensors), {}};
    follow_items(index, visit, elements(visit.value));
    if (const Record* record = visit.value.record()) {
      follow_items(index, visit, &record->items);
      follow_items(index, visit, record->arguments.items());
    }
  }

  void follow_items(std::size_t index, const Visit& visit, const Items* items) {
    if (items == nullptr) return;
    steps_.take(items->size());
    std::int64_t number = 0;
    for (const Value& item : *items) follow(index, visit, Value::integer(number++), item);
  }

  void follow(std::size_t index, const Visit& from, const Value& key, const Value& value) {
    if (from.depth == limits::search_depth || names_optimizer(key) || is_optimizer(value)) return;
    std::size_t rank = from.rank;
    if (index == 0 && key.text()) {
      rank = static_cast<std::size_t>(std::find(preferred.begin(), preferred.end(), *key.text()) -
                                      preferred.begin());
    }
    enqueue(value, key, index, from.depth + 1, rank);
  }

  void enqueue(const Value& value, const Value& key, std::size_t parent, int depth, std::size_t rank) {
    const bool container = value.pairs() != nullptr || value.items() != nullptr || value.record() != nullptr;
    if (!container || is_tensor(value) || !seen_.insert(value.identity()).second) return;
    if (queue_.size() == limits::search_containers) {
      malformed("it holds more than {} objects besides the weights", limits::search_containers);
    }
    queue_.push_back({value, key, parent, depth, rank});
  }

  std::string path(std::size_t index) const {
    std::string path;
    for (; index != 0; index = queue_[index].parent) {
      path = path.empty() ? key_text(queue_[index].key) : key_text(queue_[index].key) + "." + path;
    }
    return path;
  }

  Steps steps_;
  std::vector<Visit> queue_;
  std::unordered_set<const void*> seen_;
  Candidate best_;
};

} // namespace

std::optional<StateDict> find_state_dict(const Value& root) {
  return Search(root).run();
}

} // namespace heed::convert
