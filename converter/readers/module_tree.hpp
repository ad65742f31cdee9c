// Whole models, as torch.save(model) pickles them: instances of nn.Module that hold each other.
#ifndef HEED_CONVERTER_READERS_MODULE_TREE_HPP
#define HEED_CONVERTER_READERS_MODULE_TREE_HPP

#include "converter/readers/fields.hpp"
#include "converter/readers/pickle_value.hpp"

#include <string>
#include <utility>
#include <vector>

namespace heed::convert {

// Whether the value is an instance of nn.Module, by its attributes: its class may be anything.
bool is_module(const Value& value, Steps& steps);

// The tensors that Module.state_dict() would give, with its names: parameters, then buffers that are not
// marked as left out, then the modules inside. Throws Error(checkpoint_malformed) for more than
// limits::weights.
std::vector<std::pair<std::string, Value>> module_tensors(const Value& module, Steps& steps);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_MODULE_TREE_HPP
