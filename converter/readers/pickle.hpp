// A pickle machine that runs nothing.
//
// It follows the opcodes of protocols 0 to 5 (Python's Lib/pickletools.py is their specification) and builds
// the values that they describe. Where Python would import a name, call it, make an instance or restore its
// state, a Global or a Record is kept instead: a pickle that calls os.system reads as a record which says so.
#ifndef HEED_CONVERTER_READERS_PICKLE_HPP
#define HEED_CONVERTER_READERS_PICKLE_HPP

#include "converter/readers/pickle_value.hpp"

#include <cstddef>
#include <string_view>

namespace heed::convert {

// Reads the pickle that starts at `position` of `bytes` and moves `position` behind it. The values refer to
// `bytes`, which must outlive `heap`. Time is linear in the bytes read. Throws Error: checkpoint_malformed
// for a pickle that ends early, misuses its stack, or exceeds limits::; checkpoint_unsupported for a newer
// protocol.
Value read_pickle(std::string_view bytes, std::size_t& position, Heap& heap);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_PICKLE_HPP
