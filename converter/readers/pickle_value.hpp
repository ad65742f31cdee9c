// What a pickle describes, as data. Calls and classes are recorded by name and never carried out.
#ifndef HEED_CONVERTER_READERS_PICKLE_VALUE_HPP
#define HEED_CONVERTER_READERS_PICKLE_VALUE_HPP

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heed::convert {

class Value;
struct Record;

// A Python name, such as {"torch._utils", "_rebuild_tensor_v2"}.
struct Global {
  std::string_view module;
  std::string_view name;
};

using Items = std::vector<Value>;
// In the order of the pickle; a key may occur twice, the later one is what Python would keep.
using Pairs = std::vector<std::pair<Value, Value>>;

// A small handle on a value that a Heap owns: copies share it, as Python references do. Values may contain
// themselves and be nested to any depth, so whoever walks them counts levels and remembers where it was.
class Value {
 public:
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,    // str, and Python 2's str
    bytes,   // bytes and bytearray
    big,     // an int past 64 bits: its little-endian two's complement, or its decimal digits
    list,    // items(); a list, tuple, set or frozenset
    dict,    // pairs()
    global,  // a class or function, by name
    record,  // a call, with what was done to its result
    external // a persistent id: a reference to something outside the pickle
  };

  Value() noexcept : integer_(0) {}
  static Value boolean(bool value) noexcept { return Value(Kind::boolean, std::int64_t{value}); }
  static Value integer(std::int64_t value) noexcept { return Value(Kind::integer, value); }
  static Value real(double value) noexcept;

  Kind kind() const noexcept { return kind_; }
  bool is(Kind kind) const noexcept { return kind_ == kind; }

  // Each gives nothing (null, nullopt) for a value of another kind.
  std::optional<std::int64_t> integer() const noexcept; // booleans are integers in Python: 0 or 1
  std::optional<double> real() const noexcept;          // reals only
  std::optional<std::string_view> text() const noexcept;
  std::optional<std::string_view> bytes() const noexcept; // of Kind::bytes and Kind::big
  Items* items() const noexcept;
  Pairs* pairs() const noexcept;
  const Global* global() const noexcept;
  Record* record() const noexcept;
  const Value* external_id() const noexcept;

  // Equal for handles on the same node; null for values that have none (numbers, None).
  const void* identity() const noexcept;

 private:
  friend class Heap;
  Value(Kind kind, std::int64_t integer) noexcept : kind_(kind), integer_(integer) {}
  Value(Kind kind, void* node) noexcept : kind_(kind), node_(node) {}
  template <class Node>
  Node* node(Kind kind) const noexcept {
    return kind_ == kind ? static_cast<Node*>(node_) : nullptr;
  }

  Kind kind_ = Kind::none;
  union {
    std::int64_t integer_;
    double real_;
    void* node_;
  };
};

// callee(*arguments), then possibly: state set (BUILD), items appended, pairs set. So an argparse.Namespace
// has its attributes in `state`, a collections.OrderedDict its entries in `pairs`.
struct Record {
  Value callee;
  Value arguments; // a list as a rule; a pickle may hold anything
  Value state;
  Items items;
  Pairs pairs;
};

// Owns the values of one or several pickles; not safe for use by several threads. Its memory is bounded
// (limits::pickle_memory): past that the makers throw Error(checkpoint_malformed).
class Heap {
 public:
  Heap() = default;
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // The characters are not copied: they must live as long as the heap (see keep()).
  Value text(Value::Kind kind, std::string_view characters);
  Value list(Items items);
  Value dict();
  Value global(std::string_view module, std::string_view name);
  Value record(Value callee, Value arguments);
  Value external(Value id);

  void append(Items& items, Value item);
  void insert(Pairs& pairs, Value key, Value value);
  std::string_view keep(std::string characters);
  // Accounts for memory that the caller is about to take.
  void charge(std::size_t bytes);

  // In order of creation.
  const std::deque<Record>& records() const noexcept { return records_; }
  const std::deque<Value>& external_ids() const noexcept { return external_; }

 private:
  std::uint64_t charged_ = 0;
  // Deques: nodes never move.
  std::deque<std::string> kept_;
  std::deque<std::string_view> text_;
  std::deque<Items> lists_;
  std::deque<Pairs> dicts_;
  std::deque<Global> globals_;
  std::deque<Record> records_;
  std::deque<Value> external_;
};

// Whether the value is the class or function module.name.
bool is_global(const Value& value, std::string_view module, std::string_view name) noexcept;

// "torch._utils._rebuild_tensor_v2" of a class, a function or a call of one; empty for anything else. Cut to
// 400 bytes.
std::string global_name(const Value& value);

// The i-th argument of a call, or None.
Value argument(const Record& record, std::size_t index) noexcept;

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_PICKLE_VALUE_HPP
