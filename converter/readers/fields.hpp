// Named parts of pickled values: one view of dicts, OrderedDicts, namespaces, modules and other instances.
#ifndef HEED_CONVERTER_READERS_FIELDS_HPP
#define HEED_CONVERTER_READERS_FIELDS_HPP

#include "converter/readers/limits.hpp"
#include "converter/readers/pickle_value.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace heed::convert {

// A bound on the fields that one search may look at, shared or not; past it Error(checkpoint_malformed) is
// thrown.
class Steps {
 public:
  void take(std::size_t count = 1);

 private:
  std::size_t left_ = limits::search_steps;
};

// Calls visit(key, value) for every entry of a dict; for a record, for the entries of the mapping that it is
// and then for its attributes. Nothing for other values. Keys may be of any kind and may repeat.
void for_each_field(const Value& value, Steps& steps,
                    const std::function<void(const Value& key, const Value& value)>& visit);

// The field of that name, the last one if it repeats (as in Python), or nothing.
std::optional<Value> field(const Value& value, std::string_view name, Steps& steps);

// The elements of a list, tuple, set or torch.Size, also where an old protocol wrote it as a call; or null.
const Items* elements(const Value& value);

// A bytes object as protocols before 3 write it: _codecs.encode(text, "latin1").
std::optional<std::string> encoded_bytes(const Value& value);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_FIELDS_HPP
