// Handles of the C ABI that close themselves.
#ifndef HEED_TESTS_RUNTIME_CAPI_FIXTURE_HPP
#define HEED_TESTS_RUNTIME_CAPI_FIXTURE_HPP

#include "tests/runtime/session/session_fixture.hpp"

#include <heed/heed.h>

#include <memory>

namespace heed::test {

struct CloseModel {
  void operator()(heed_model* model) const { heed_model_close(model); }
};
struct DestroySession {
  void operator()(heed_session* session) const { heed_session_destroy(session); }
};
using ModelPtr = std::unique_ptr<heed_model, CloseModel>;
using SessionPtr = std::unique_ptr<heed_session, DestroySession>;

inline ModelPtr open_in_c(const AlignedBytes& bytes) {
  heed_model* model = nullptr;
  EXPECT_EQ(heed_model_open_memory(bytes.data(), bytes.size(), &model, nullptr), HEED_OK);
  return ModelPtr(model);
}
inline SessionPtr session_in_c(const ModelPtr& model, uint32_t max_batch = 1) {
  heed_session_options options;
  heed_session_options_init(&options);
  options.max_batch = max_batch;
  heed_session* session = nullptr;
  EXPECT_EQ(heed_session_create(model.get(), &options, &session, nullptr), HEED_OK);
  return SessionPtr(session);
}

} // namespace heed::test

#endif // HEED_TESTS_RUNTIME_CAPI_FIXTURE_HPP
