#include "converter/readers/pickle.hpp"

#include "converter/readers/limits.hpp"
#include "converter/readers/pickle_cursor.hpp"
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
      if (code == '.') return pop();
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
    case 'N':
      return push(Value()); // NONE
    case '\x88':
      return push(Value::boolean(true)); // NEWTRUE
    case '\x89':
      return push(Value::boolean(false)); // NEWFALSE
    case 'I':                             // INT
    case 'L':
      return push(parse_integer(in_.line(), heap_)); // LONG
    case 'J':
      return push(Value::integer(in_.number<std::int32_t>())); // BININT
    case 'K':
      return push(Value::integer(in_.number<std::uint8_t>())); // BININT1
    case 'M':
      return push(Value::integer(in_.number<std::uint16_t>())); // BININT2
    case '\x8a':
      return push(little_endian(in_.counted<std::uint8_t>())); // LONG1
    case '\x8b':
      return push(little_endian(in_.counted<std::int32_t>())); // LONG4
    case 'F':
      return push(parse_real(in_.line())); // FLOAT
    case 'G':
      return push(big_endian_real()); // BINFLOAT
    default:
      return false;
    }
  }

  bool characters(char code) {
    using Kind = Value::Kind;
    switch (code) {
    case 'S':
      return push(heap_.text(Kind::text, heap_.keep(parse_quoted(in_.line())))); // STRING
    case 'V':
      return push(heap_.text(Kind::text, heap_.keep(parse_raw_unicode(in_.line())))); // UNICODE
    case 'T':
      return push(heap_.text(Kind::text, in_.counted<std::int32_t>())); // BINSTRING
    case 'U':                                                           // SHORT_BINSTRING
    case '\x8c':
      return push(heap_.text(Kind::text, in_.counted<std::uint8_t>())); // SHORT_BINUNICODE
    case 'X':
      return push(heap_.text(Kind::text, in_.counted<std::uint32_t>())); // BINUNICODE
    case '\x8d':
      return push(heap_.text(Kind::text, in_.counted<std::uint64_t>())); // BINUNICODE8
    case 'C':
      return push(heap_.text(Kind::bytes, in_.counted<std::uint8_t>())); // SHORT_BINBYTES
    case 'B':
      return push(heap_.text(Kind::bytes, in_.counted<std::uint32_t>())); // BINBYTES
    case '\x8e':                                                          // BINBYTES8
    case '\x96':
      return push(heap_.text(Kind::bytes, in_.counted<std::uint64_t>())); // BYTEARRAY8
    default:
      return false;
    }
  }

  bool container(char code) {
    switch (code) {
    case ']': // EMPTY_LIST
    case ')': // EMPTY_TUPLE
    case '\x8f':
      return push(heap_.list({})); // EMPTY_SET
    case '}':
      return push(heap_.dict()); // EMPTY_DICT
    case 'l':                    // LIST
    case 't':                    // TUPLE
    case '\x91':
      return push(heap_.list(pop_to_mark())); // FROZENSET
    case '\x85':
      return push_tuple(1); // TUPLE1
    case '\x86':
      return push_tuple(2); // TUPLE2
    case '\x87':
      return push_tuple(3); // TUPLE3
    case 'd': {             // DICT
      const Items entries = pop_to_mark();
      const Value dict = heap_.dict();
      set_items(dict, entries);
      return push(dict);
    }
    case 'a': { // APPEND
      const Value item = pop();
      append_items(top(), {item});
      return true;
    }
    case 'e':      // APPENDS
    case '\x90': { // ADDITEMS
      const Items items = pop_to_mark();
      append_items(top(), items);
      return true;
    }
    case 's': { // SETITEM
      const Value value = pop();
      const Value key = pop();
      set_items(top(), {key, value});
      return true;
    }
    case 'u': { // SETITEMS
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
    case 'c': { // GLOBAL
      const std::string_view module = in_.line();
      return push(heap_.global(module, in_.line()));
    }
    case '\x93': { // STACK_GLOBAL
      const Value name = pop();
      const Value module = pop();
      if (!name.text() || !module.text()) malformed("the pickle names a class by something that is no text");
      return push(heap_.global(*module.text(), *name.text()));
    }
    case '\x82':
      return push(extension(in_.number<std::uint8_t>())); // EXT1
    case '\x83':
      return push(extension(in_.number<std::uint16_t>())); // EXT2
    case '\x84':
      return push(extension(in_.number<std::uint32_t>())); // EXT4
    case 'R':                                              // REDUCE
    case '\x81': {                                         // NEWOBJ
      const Value arguments = pop();
      const Value callee = pop();
      return push(heap_.record(callee, arguments));
    }
    case '\x92': { // NEWOBJ_EX: its keyword arguments become the state
      const Value keywords = pop();
      const Value arguments = pop();
      const Value record = heap_.record(pop(), arguments);
      record.record()->state = keywords;
      return push(record);
    }
    case 'i': { // INST
      const std::string_view module = in_.line();
      const Value callee = heap_.global(module, in_.line());
      return push(heap_.record(callee, heap_.list(pop_to_mark())));
    }
    case 'o': { // OBJ
      Items arguments = pop_to_mark();
      if (arguments.empty()) malformed("the pickle makes an object of no class");
      const Value callee = arguments.front();
      arguments.erase(arguments.begin());
      return push(heap_.record(callee, heap_.list(std::move(arguments))));
    }
    case 'b': { // BUILD
      const Value state = pop();
      // A dict subclass may be built too; only a record has attributes worth keeping.
      if (Record* record = top().record()) record->state = state;
      return true;
    }
    case 'P':
      return push(heap_.external(heap_.text(Value::Kind::text, in_.line()))); // PERSID
    case 'Q':
      return push(heap_.external(pop())); // BINPERSID
    case '\x97':                          // NEXT_BUFFER
    case '\x98':
      unsupported("the pickle keeps its data in buffers outside the file"); // READONLY_BUFFER
    default:
      return false;
    }
  }

  bool stack_or_memo(char code) {
    switch (code) {
    case '\x80': { // PROTO
      const int protocol = in_.number<std::uint8_t>();
      if (protocol > highest_protocol) {
        unsupported("pickle protocol {} is not read; save with protocol {} or lower", protocol,
                    highest_protocol);
      }
      return true;
    }
    case '\x95':
      in_.number<std::uint64_t>();
      return true; // FRAME: a hint for buffering
    case '(':      // MARK
      if (marks_.size() >= limits::pickle_stack) malformed("the pickle nests too deeply");
      marks_.push_back(stack_.size());
      return true;
    case '0': // POP; Python lets it remove a mark
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else {
        pop();
      }
      return true;
    case '1':
      pop_to_mark();
      return true; // POP_MARK
    case '2':
      return push(top()); // DUP
    case 'p':
      return put(memo_line()); // PUT
    case 'q':
      return put(in_.number<std::uint8_t>()); // BINPUT
    case 'r':
      return put(in_.number<std::uint32_t>()); // LONG_BINPUT
    case '\x94':
      return put(memo_.size()); // MEMOIZE
    case 'g':
      return push(get(memo_line())); // GET
    case 'h':
      return push(get(in_.number<std::uint8_t>())); // BINGET
    case 'j':
      return push(get(in_.number<std::uint32_t>())); // LONG_BINGET
    default:
      return false;
    }
  }

  bool push(Value value) {
    if (stack_.size() >= limits::pickle_stack) malformed("the pickle needs too deep a stack");
    stack_.push_back(value);
    return true;
  }

  // What an opcode may reach: the values above the last mark.
  std::size_t reachable() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  Value& top() {
    if (reachable() == 0)
      malformed("the pickle takes a value from an empty stack at byte {}", in_.position());
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
    if (reachable() < size)
      malformed("the pickle takes a value from an empty stack at byte {}", in_.position());
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
