#include <heed/status.hpp>

namespace heed {

const char* status_name(StatusCode code) noexcept {
  switch (code) {
#define HEED_NAME(name)                                                                                      \
  case StatusCode::name:                                                                                     \
    return #name;
    HEED_NAME(ok)
    HEED_NAME(invalid_argument)
    HEED_NAME(unknown_item)
    HEED_NAME(limit_exceeded)
    HEED_NAME(arena_too_small)
    HEED_NAME(option_required)
    HEED_NAME(data_mismatch)
    HEED_NAME(usage)
    HEED_NAME(not_supported)
    HEED_NAME(unknown_feature)
    HEED_NAME(feature_length)
    HEED_NAME(times_backwards)
    HEED_NAME(unknown_id)
    HEED_NAME(file_truncated)
    HEED_NAME(file_foreign)
    HEED_NAME(file_malformed)
    HEED_NAME(version_unsupported)
    HEED_NAME(feature_unsupported)
    HEED_NAME(op_unsupported)
    HEED_NAME(graph_invalid)
    HEED_NAME(checksum_mismatch)
    HEED_NAME(value_not_finite)
    HEED_NAME(checkpoint_malformed)
    HEED_NAME(checkpoint_unsupported)
    HEED_NAME(weights_missing)
    HEED_NAME(weights_unused)
    HEED_NAME(weights_shape)
    HEED_NAME(weights_not_finite)
    HEED_NAME(family_unknown)
    HEED_NAME(family_mismatch)
    HEED_NAME(io_error)
    HEED_NAME(file_not_found)
    HEED_NAME(no_space)
    HEED_NAME(out_of_memory)
    HEED_NAME(isa_unsupported)
#undef HEED_NAME
  }
  return "unknown";
}

} // namespace heed
