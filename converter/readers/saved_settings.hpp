// Hyperparameters that training scripts leave outside the checkpoint.
#ifndef HEED_CONVERTER_READERS_SAVED_SETTINGS_HPP
#define HEED_CONVERTER_READERS_SAVED_SETTINGS_HPP

#include "converter/readers/checkpoint.hpp"

#include <string>

namespace heed::convert {

// Adds to checkpoint->config, where it lacks them: the lines "name,value" of args.txt beside the file, as
// pmixer/SASRec.pytorch writes them, then "layer", "head", "hidden" and "maxlen" out of a file name such as
// SASRec.epoch=20.lr=0.001.layer=2.head=1.hidden=50.maxlen=200.pth. What cannot be read adds nothing.
void add_saved_settings(const std::string& weights_file, Checkpoint* checkpoint);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_SAVED_SETTINGS_HPP
