#include "converter/readers/module_tree.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/torch_tensor.hpp"

#include <optional>
#include <set>
#include <string_view>

namespace heed::convert {
namespace {

class Walk {
 public:
  explicit Walk(Steps& steps) : steps_(steps) {}

  // `prefix` ends in a dot or is empty.
  void visit(const Value& module, const std::string& prefix, int depth) {
    steps_.take(name_steps);
    if (depth == 0 || prefix.size() > limits::weight_name) return;
    std::set<std::string_view> left_out; // register_buffer(..., persistent=False)
    if (const auto names = field(module, "_non_persistent_buffers_set", steps_)) {
      if (const Items* items = elements(*names)) {
        steps_.take(items->size());
        for (const Value& name : *items) left_out.insert(name.text().value_or(""));
      }
    }
    collect(field(module, "_parameters", steps_), prefix, {});
    collect(field(module, "_buffers", steps_), prefix, left_out);
    const auto children = field(module, "_modules", steps_);
    if (!children) return;
    for_each_field(*children, steps_, [&](const Value& key, const Value& child) {
      if (key.text() && is_module(child, steps_)) visit(child, join(prefix, *key.text()) + ".", depth - 1);
    });
  }

  std::vector<std::pair<std::string, Value>> take() { return std::move(tensors_); }

 private:
  void collect(const std::optional<Value>& tensors, const std::string& prefix,
               const std::set<std::string_view>& left_out) {
    if (!tensors) return;
    for_each_field(*tensors, steps_, [&](const Value& key, const Value& tensor) {
      if (!key.text() || !is_tensor(tensor) || left_out.count(*key.text()) != 0) return;
      steps_.take(name_steps);
      if (tensors_.size() == limits::weights) malformed("it holds more than {} weights", limits::weights);
      tensors_.emplace_back(join(prefix, *key.text()), tensor);
    });
  }

  // What the making of a name of 1 KB costs, in fields looked at.
  static constexpr std::size_t name_steps = 32;

  // A name that is too long is refused later; it need not be copied whole for that.
  static std::string join(const std::string& prefix, std::string_view name) {
    return fmt::format("{}{}", prefix, name.substr(0, limits::weight_name + 1));
  }

  Steps& steps_;
  std::vector<std::pair<std::string, Value>> tensors_;
};

} // namespace

bool is_module(const Value& value, Steps& steps) {
  if (value.record() == nullptr) return false;
  bool parameters = false;
  bool modules = false;
  for_each_field(value, steps, [&](const Value& key, const Value&) {
    parameters = parameters || key.text() == "_parameters";
    modules = modules || key.text() == "_modules";
  });
  return parameters && modules;
}

std::vector<std::pair<std::string, Value>> module_tensors(const Value& module, Steps& steps) {
  Walk walk(steps);
  walk.visit(module, "", limits::search_depth);
  return walk.take();
}

} // namespace heed::convert
