// A model's metadata as the public ModelInfo.
#ifndef HEED_RUNTIME_FORMAT_DESCRIBE_HPP
#define HEED_RUNTIME_FORMAT_DESCRIBE_HPP

#include "runtime/format/loaded_model.hpp"

#include <heed/model.hpp>

namespace heed::format {

ModelInfo describe(const LoadedModel& model);

} // namespace heed::format

#endif // HEED_RUNTIME_FORMAT_DESCRIBE_HPP
