#include "converter/readers/fields.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/pickle_text.hpp"

namespace heed::convert {
namespace {

// Visits the parts of one value, counting them.
class Visitor {
 public:
  using Visit = std::function<void(const Value&, const Value&)>;

  Visitor(Steps& steps, const Visit& visit) : steps_(steps), visit_(visit) {}

  void pairs(const Pairs& pairs) const {
    for (const auto& [key, value] : pairs) {
      steps_.take();
      visit_(key, value);
    }
  }

  void dict(const Value& dict) const {
    if (const Pairs* entries = dict.pairs()) pairs(*entries);
  }

  // Python 2 wrote OrderedDict as a call with a list of [key, value].
  void pair_list(const Value& list) const {
    const Items* entries = list.items();
    if (entries == nullptr) return;
    for (const Value& entry : *entries) {
      steps_.take();
      const Items* pair = entry.items();
      if (pair != nullptr && pair->size() == 2) visit_((*pair)[0], (*pair)[1]);
    }
  }

 private:
  Steps& steps_;
  const Visit& visit_;
};

bool is_builtin(const Value& callee, std::string_view name) {
  return is_global(callee, "builtins", name) || is_global(callee, "__builtin__", name);
}

} // namespace

void Steps::take(std::size_t count) {
  if (left_ < count) malformed("its objects contain each other too often to be searched");
  left_ -= count;
}

void for_each_field(const Value& value, Steps& steps, const Visitor::Visit& visit) {
  const Visitor visitor(steps, visit);
  visitor.dict(value);
  const Record* record = value.record();
  if (record == nullptr) return;
  if (is_global(record->callee, "collections", "OrderedDict") || is_builtin(record->callee, "dict")) {
    visitor.dict(argument(*record, 0));
    visitor.pair_list(argument(*record, 0));
  }
  visitor.pairs(record->pairs);
  visitor.dict(record->state);
  // A class with __slots__ has the state (dict or None, dict of slots).
  if (const Items* states = record->state.items(); states != nullptr && states->size() == 2) {
    for (const Value& state : *states) visitor.dict(state);
  }
}

std::optional<Value> field(const Value& value, std::string_view name, Steps& steps) {
  std::optional<Value> found;
  for_each_field(value, steps, [&](const Value& key, const Value& item) {
    if (key.text() == name) found = item;
  });
  return found;
}

const Items* elements(const Value& value) {
  if (const Items* items = value.items()) return items;
  const Record* record = value.record();
  if (record == nullptr) return nullptr;
  const bool sequence = is_global(record->callee, "torch", "Size") || is_builtin(record->callee, "set") ||
                        is_builtin(record->callee, "frozenset") || is_builtin(record->callee, "list") ||
                        is_builtin(record->callee, "tuple");
  return sequence ? argument(*record, 0).items() : nullptr;
}

std::optional<std::string> encoded_bytes(const Value& value) {
  const Record* record = value.record();
  if (record == nullptr || !is_global(record->callee, "_codecs", "encode")) return std::nullopt;
  const auto text = argument(*record, 0).text();
  std::string bytes;
  if (!text || argument(*record, 1).text() != "latin1" || !latin1_from_utf8(*text, &bytes))
    return std::nullopt;
  return bytes;
}

} // namespace heed::convert
