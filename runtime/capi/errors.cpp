#include "runtime/capi/handles.hpp"

#include <cstdio>

namespace heed::capi {

heed_status fail(const Status& status, heed_error* error) noexcept {
  const heed_status code = static_cast<heed_status>(status.code());
  if (error != nullptr) {
    error->code = code;
    std::snprintf(error->message, sizeof(error->message), "%s", status.message().c_str());
  }
  return code;
}

heed_status fail_null(const char* what, heed_error* error) noexcept {
  return fail(Status(StatusCode::invalid_argument, std::string(what) + " is NULL"), error);
}

Status make_unknown(std::int32_t value, UnknownItem* out) noexcept {
  switch (value) {
  case HEED_UNKNOWN_ERROR:
    *out = UnknownItem::error;
    return {};
  case HEED_UNKNOWN_SKIP:
    *out = UnknownItem::skip;
    return {};
  case HEED_UNKNOWN_SUBSTITUTE:
    *out = UnknownItem::substitute;
    return {};
  default:
    return Status(StatusCode::invalid_argument, "unknown is none of the HEED_UNKNOWN_ constants");
  }
}

} // namespace heed::capi

uint32_t heed_abi_version(void) {
  return HEED_ABI_VERSION;
}
const char* heed_version(void) {
  return heed::version();
}
const char* heed_active_isa(void) {
  return heed::active_isa();
}
const char* heed_status_name(heed_status code) {
  return heed::status_name(static_cast<heed::StatusCode>(code));
}
