#include "converter/readers/pickle.hpp"

#include "converter/readers/limits.hpp"
#include "converter/readers/pickle_cursor.hpp"
#include "converter/readers/pickle_opcodes.hpp"
#include "converter/readers/pickle_text.hpp"
#include "converter/readers/text.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heed::convert {
namespace {

constexpr int highest_protocol = 5;

class Machine {
 public:
  Machine(PickleCursor& in, Heap& heap) : in_(in), heap_(heap) {}

  Value run() {
    for (;;) {
      const char code = in_.number<char>();
      if (code == opcode::stop) return pop();
      if (!constant(code) && !characters(code) && !container(code) && !object(code) && !stack_or_memo(code)) {
        malformed("byte {} of the pickle is {}, which is no opcode", in_.position() - 1,
                  in_quotes(std::string_view(&code, 1)));
      }
    }
  }

 private:
  // Each group carries out `code` if it is one of its own, and tells whether it was.

  bool constant(char code) {
    switch (code) {
    case opcode::none:
      return push(Value());
    case opcode::new_true:
      return push(Value::boolean(true));
    case opcode::new_false:
      return push(Value::boolean(false));
    case opcode::int_line:
    case opcode::long_line:
      return push(parse_integer(in_.line(), heap_));
    case opcode::bin_int:
      return push(Value::integer(in_.number<std::int32_t>()));
    case opcode::bin_int1:
      return push(Value::integer(in_.number<std::uint8_t>()));
    case opcode::bin_int2:
      return push(Value::integer(in_.number<std::uint16_t>()));
    case opcode::long1:
      return push(little_endian(in_.counted<std::uint8_t>()));
    case opcode::long4:
      return push(little_endian(in_.counted<std::int32_t>()));
    case opcode::float_line:
      return push(parse_real(in_.line()));
    case opcode::bin_float:
      return push(big_endian_real());
    default:
      return false;
    }
  }

  bool characters(char code) {
    using Kind = Value::Kind;
    switch (code) {
    case opcode::string_line:
      return push(heap_.text(Kind::text, heap_.keep(parse_quoted(in_.line()))));
    case opcode::unicode_line:
      return push(heap_.text(Kind::text, heap_.keep(parse_raw_unicode(in_.line()))));
    case opcode::bin_string:
      return push(heap_.text(Kind::text, in_.counted<std::int32_t>()));
    case opcode::short_bin_string:
    case opcode::short_bin_unicode:
      return push(heap_.text(Kind::text, in_.counted<std::uint8_t>()));
    case opcode::bin_unicode:
      return push(heap_.text(Kind::text, in_.counted<std::uint32_t>()));
    case opcode::bin_unicode8:
      return push(heap_.text(Kind::text, in_.counted<std::uint64_t>()));
    case opcode::short_bin_bytes:
      return push(heap_.text(Kind::bytes, in_.counted<std::uint8_t>()));
    case opcode::bin_bytes:
      return push(heap_.text(Kind::bytes, in_.counted<std::uint32_t>()));
    case opcode::bin_bytes8:
    case opcode::byte_array8:
      return push(heap_.text(Kind::bytes, in_.counted<std::uint64_t>()));
    default:
      return false;
    }
  }

  bool container(char code) {
    switch (code) {
    case opcode::empty_list:
    case opcode::empty_tuple:
    case opcode::empty_set:
      return push(heap_.list({}));
    case opcode::empty_dict:
      return push(heap_.dict());
    case opcode::list:
    case opcode::tuple:
    case opcode::frozen_set:
      return push(heap_.list(pop_to_mark()));
    case opcode::tuple1:
      return push_tuple(1);
    case opcode::tuple2:
      return push_tuple(2);
    case opcode::tuple3:
      return push_tuple(3);
    case opcode::dict: {
      const Items entries = pop_to_mark();
      const Value dict = heap_.dict();
      set_items(dict, entries);
      return push(dict);
    }
    case opcode::append: {
      const Value item = pop();
      append_items(top(), {item});
      return true;
    }
    case opcode::appends:
    case opcode::add_items: {
      const Items items = pop_to_mark();
      append_items(top(), items);
      return true;
    }
    case opcode::set_item: {
      const Value value = pop();
      const Value key = pop();
      set_items(top(), {key, value});
      return true;
    }
    case opcode::set_items: {
      const Items entries = pop_to_mark();
      set_items(top(), entries);
      return true;
    }
    default:
      return false;
    }
  }

  bool object(char code) {
    switch (code) {
    case opcode::global: {
      const std::string_view module = in_.line();
      return push(heap_.global(module, in_.line()));
    }
    case opcode::stack_global: {
      const Value name = pop();
      const Value module = pop();
      if (!name.text() || !module.text()) malformed("the pickle names a class by something that is no text");
      return push(heap_.global(*module.text(), *name.text()));
    }
    case opcode::extension1:
      return push(extension(in_.number<std::uint8_t>()));
    case opcode::extension2:
      return push(extension(in_.number<std::uint16_t>()));
    case opcode::extension4:
      return push(extension(in_.number<std::uint32_t>()));
    case opcode::reduce:
    case opcode::new_object: {
      const Value arguments = pop();
      const Value callee = pop();
      return push(heap_.record(callee, arguments));
    }
    case opcode::new_object_ex: { // its keyword arguments become the state
      const Value keywords = pop();
      const Value arguments = pop();
      const Value record = heap_.record(pop(), arguments);
      record.record()->state = keywords;
      return push(record);
    }
    case opcode::instance: {
      const std::string_view module = in_.line();
      const Value callee = heap_.global(module, in_.line());
      return push(heap_.record(callee, heap_.list(pop_to_mark())));
    }
    case opcode::object: {
      Items arguments = pop_to_mark();
      if (arguments.empty()) malformed("the pickle makes an object of no class");
      const Value callee = arguments.front();
      arguments.erase(arguments.begin());
      return push(heap_.record(callee, heap_.list(std::move(arguments))));
    }
    case opcode::build: {
      const Value state = pop();
      // A dict subclass may be built too; only a record has attributes worth keeping.
      if (Record* record = top().record()) record->state = state;
      return true;
    }
    case opcode::persistent_line:
      return push(heap_.external(heap_.text(Value::Kind::text, in_.line())));
    case opcode::bin_persistent:
      return push(heap_.external(pop()));
    case opcode::next_buffer:
    case opcode::readonly_buffer:
      unsupported("the pickle keeps its data in buffers outside the file");
    default:
      return false;
    }
  }

  bool stack_or_memo(char code) {
    switch (code) {
    case opcode::protocol: {
      const int protocol = in_.number<std::uint8_t>();
      if (protocol > highest_protocol) {
        unsupported("pickle protocol {} is not read; save with protocol {} or lower", protocol,
                    highest_protocol);
      }
      return true;
    }
    case opcode::frame:
      in_.number<std::uint64_t>(); // a hint for buffering
      return true;
    case opcode::mark:
      if (marks_.size() >= limits::pickle_stack) malformed("the pickle nests too deeply");
      marks_.push_back(stack_.size());
      return true;
    case opcode::pop: // Python lets it remove a mark
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else {
        pop();
      }
      return true;
    case opcode::pop_mark:
      pop_to_mark();
      return true;
    case opcode::duplicate:
      return push(top());
    case opcode::put_line:
      return put(memo_line());
    case opcode::bin_put:
      return put(in_.number<std::uint8_t>());
    case opcode::long_bin_put:
      return put(in_.number<std::uint32_t>());
    case opcode::memoize:
      return put(memo_.size());
    case opcode::get_line:
      return push(get(memo_line()));
    case opcode::bin_get:
      return push(get(in_.number<std::uint8_t>()));
    case opcode::long_bin_get:
      return push(get(in_.number<std::uint32_t>()));
    default:
      return false;
    }
  }

  bool push(Value value) {
    if (stack_.size() >= limits::pickle_stack) malformed("the pickle needs too deep a stack");
    stack_.push_back(value);
    return true;
  }

  // An opcode may reach the values above the last mark.
  void require(std::size_t values) const {
    const std::size_t reachable = stack_.size() - (marks_.empty() ? 0 : marks_.back());
    if (reachable < values)
      malformed("the pickle takes a value from an empty stack at byte {}", in_.position());
  }

  Value& top() {
    require(1);
    return stack_.back();
  }

  Value pop() {
    const Value value = top();
    stack_.pop_back();
    return value;
  }

  Items pop_to_mark() {
    if (marks_.empty()) malformed("the pickle lacks a mark at byte {}", in_.position());
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    marks_.pop_back();
    Items items(first, stack_.end());
    stack_.erase(first, stack_.end());
    return items;
  }

  bool push_tuple(std::size_t size) {
    require(size);
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(size);
    Items items(first, stack_.end());
    stack_.erase(first, stack_.end());
    return push(heap_.list(std::move(items)));
  }

  void append_items(const Value& target, const Items& added) {
    Items* items = target.record() != nullptr ? &target.record()->items : target.items();
    if (items == nullptr) malformed("the pickle appends to something that is no list");
    for (const Value& item : added) heap_.append(*items, item);
  }

  void set_items(const Value& target, const Items& entries) {
    Pairs* pairs = target.record() != nullptr ? &target.record()->pairs : target.pairs();
    if (pairs == nullptr) malformed("the pickle sets an entry of something that is no dict");
    if (entries.size() % 2 != 0) malformed("the pickle has a dict entry without a value");
    for (std::size_t i = 0; i < entries.size(); i += 2) heap_.insert(*pairs, entries[i], entries[i + 1]);
  }

  // Writers number the memo one by one, so an index past the bytes read so far is no writer's.
  bool put(std::uint64_t index) {
    if (index > in_.position()) malformed("the pickle uses the memo index {}", index);
    if (index >= memo_.size()) {
      heap_.charge(2 * sizeof(Value) * (static_cast<std::size_t>(index) + 1 - memo_.size()));
      memo_.resize(static_cast<std::size_t>(index) + 1);
    }
    memo_[static_cast<std::size_t>(index)] = top();
    return true;
  }

  Value get(std::uint64_t index) const {
    if (index >= memo_.size() || !memo_[static_cast<std::size_t>(index)]) {
      malformed("the pickle reads the memo index {}, which is not set", index);
    }
    return *memo_[static_cast<std::size_t>(index)];
  }

  std::uint64_t memo_line() {
    const std::string_view line = in_.line();
    std::uint64_t index = 0;
    const char* end = line.data() + line.size();
    const auto [stop, error] = std::from_chars(line.data(), end, index);
    if (error != std::errc() || stop != end) malformed("the pickle has {} for a memo index", in_quotes(line));
    return index;
  }

  // Two's complement of any length.
  Value little_endian(std::string_view digits) {
    if (digits.size() > sizeof(std::int64_t)) return heap_.text(Value::Kind::big, digits);
    const bool negative = !digits.empty() && (digits.back() & '\x80') != 0;
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, digits.data(), digits.size());
    return Value::integer(static_cast<std::int64_t>(value));
  }

  Value big_endian_real() { return Value::real(load_unaligned<double>(reversed(in_.take(8)).data())); }

  static std::string reversed(std::string_view bytes) { return {bytes.rbegin(), bytes.rend()}; }

  // A number in a registry of the program that wrote the pickle.
  Value extension(std::uint32_t code) {
    return heap_.global("copyreg", heap_.keep(fmt::format("extension_{}", code)));
  }

  PickleCursor& in_;
  Heap& heap_;
  std::vector<Value> stack_;
  std::vector<std::size_t> marks_; // sizes of stack_ where marks stand
  std::vector<std::optional<Value>> memo_;
};

} // namespace

Value read_pickle(std::string_view bytes, std::size_t& position, Heap& heap) {
  PickleCursor in(bytes, position);
  const Value root = Machine(in, heap).run();
  position = in.position();
  return root;
}

} // namespace heed::convert
