#include "converter/readers/pickle_value.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/limits.hpp"

#include <utility>

namespace heed::convert {

namespace {
constexpr std::size_t longest_name = 200; // global_name() is for people
} // namespace

Value Value::real(double value) noexcept {
  Value result(Kind::real, std::int64_t{0});
  result.real_ = value;
  return result;
}

std::optional<std::int64_t> Value::integer() const noexcept {
  if (kind_ == Kind::integer || kind_ == Kind::boolean) return integer_;
  return std::nullopt;
}

std::optional<double> Value::real() const noexcept {
  if (kind_ == Kind::real) return real_;
  return std::nullopt;
}

std::optional<std::string_view> Value::text() const noexcept {
  if (kind_ == Kind::text) return *static_cast<std::string_view*>(node_);
  return std::nullopt;
}

std::optional<std::string_view> Value::bytes() const noexcept {
  if (kind_ == Kind::bytes || kind_ == Kind::big) return *static_cast<std::string_view*>(node_);
  return std::nullopt;
}

Items* Value::items() const noexcept {
  return node<Items>(Kind::list);
}
Pairs* Value::pairs() const noexcept {
  return node<Pairs>(Kind::dict);
}
const Global* Value::global() const noexcept {
  return node<Global>(Kind::global);
}
Record* Value::record() const noexcept {
  return node<Record>(Kind::record);
}
const Value* Value::external_id() const noexcept {
  return node<Value>(Kind::external);
}

const void* Value::identity() const noexcept {
  switch (kind_) {
  case Kind::none:
  case Kind::boolean:
  case Kind::integer:
  case Kind::real:
    return nullptr;
  default:
    return node_;
  }
}

void Heap::charge(std::size_t bytes) {
  charged_ += bytes;
  if (charged_ > limits::pickle_memory) {
    malformed("the pickle describes more than {} bytes of objects", limits::pickle_memory);
  }
}

Value Heap::text(Value::Kind kind, std::string_view characters) {
  charge(sizeof characters);
  return {kind, &text_.emplace_back(characters)};
}

Value Heap::list(Items items) {
  charge(sizeof items + items.capacity() * sizeof(Value));
  return {Value::Kind::list, &lists_.emplace_back(std::move(items))};
}

Value Heap::dict() {
  charge(sizeof(Pairs));
  return {Value::Kind::dict, &dicts_.emplace_back()};
}

Value Heap::global(std::string_view module, std::string_view name) {
  charge(sizeof(Global));
  return {Value::Kind::global, &globals_.emplace_back(Global{module, name})};
}

Value Heap::record(Value callee, Value arguments) {
  charge(sizeof(Record));
  return {Value::Kind::record, &records_.emplace_back(Record{callee, arguments, {}, {}, {}})};
}

Value Heap::external(Value id) {
  charge(sizeof id);
  return {Value::Kind::external, &external_.emplace_back(id)};
}

// A growing vector may hold twice what is in it, and the old copy while it grows.
void Heap::append(Items& items, Value item) {
  charge(2 * sizeof item);
  items.push_back(item);
}

void Heap::insert(Pairs& pairs, Value key, Value value) {
  charge(2 * sizeof(Pairs::value_type));
  pairs.emplace_back(key, value);
}

std::string_view Heap::keep(std::string characters) {
  charge(sizeof characters + characters.size());
  return kept_.emplace_back(std::move(characters));
}

bool is_global(const Value& value, std::string_view module, std::string_view name) noexcept {
  const Global* global = value.global();
  return global != nullptr && global->module == module && global->name == name;
}

std::string global_name(const Value& value) {
  const Record* record = value.record();
  const Global* global = record != nullptr ? record->callee.global() : value.global();
  if (global == nullptr) return {};
  return fmt::format("{}.{}", global->module.substr(0, longest_name), global->name.substr(0, longest_name));
}

Value argument(const Record& record, std::size_t index) noexcept {
  const Items* arguments = record.arguments.items();
  return arguments != nullptr && index < arguments->size() ? (*arguments)[index] : Value();
}

} // namespace heed::convert
