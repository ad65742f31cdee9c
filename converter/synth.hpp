// A checkpoint with random weights: a model can be sized, converted and measured before it is trained.
#ifndef HEED_CONVERTER_SYNTH_HPP
#define HEED_CONVERTER_SYNTH_HPP

#include "converter/families/synth_model.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace heed::convert {

// Writes the model's weights as safetensors in 32-bit floats, whole or not at all, its config as the metadata
// "config", where read_checkpoint() finds it. A weight's values are drawn on their way to the file, a few at
// a time. The bytes follow from the arguments alone, on every machine. With `clusters` above 0 the rows of
// the item embedding are one of so many centres, drawn like rows are without, and half as much noise: items
// come in groups, as those of trained models do. `progress` hears the share that is written, from 0 to 1; it
// may be empty. Returns the bytes of the file. Errors: those of OutputFile.
std::uint64_t write_synth(const SynthModel& model, std::uint64_t seed, std::int64_t clusters,
                          const std::string& path, const std::function<void(double share)>& progress);

} // namespace heed::convert

#endif // HEED_CONVERTER_SYNTH_HPP
