// Where in a checkpoint's objects the weights are.
#ifndef HEED_CONVERTER_READERS_STATE_DICT_HPP
#define HEED_CONVERTER_READERS_STATE_DICT_HPP

#include "converter/readers/pickle_value.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heed::convert {

struct StateDict {
  std::string path;                                   // "model_state_dict", "trainer.model", "" for the root
  std::vector<std::pair<std::string, Value>> tensors; // each satisfies is_tensor(); in file order
  std::vector<Value> parents; // what the weights were found in: themselves first, root last
};

// Searches everything that `root` leads to, optimizers and schedulers excepted, for
//  - mappings of names to tensors: dicts, OrderedDicts, attributes of instances;
//  - instances of nn.Module (they have `_parameters` and `_modules`), whose names are made as
//  Module.state_dict()
//    makes them.
// What stands under the root's "state_dict", "model_state_dict" or "model" (in this order) is preferred to
// the rest; then the most tensors count, then the least depth. Throws Error for the limits of limits.hpp.
std::optional<StateDict> find_state_dict(const Value& root);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_STATE_DICT_HPP
