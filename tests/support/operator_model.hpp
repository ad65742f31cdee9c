// A model in which every operator of the runtime stands, in the forms that differ in memory.
#ifndef HEED_TESTS_SUPPORT_OPERATOR_MODEL_HPP
#define HEED_TESTS_SUPPORT_OPERATOR_MODEL_HPP

#include "tests/support/test_model.hpp"

#include <cstddef>

namespace heed::test {

struct OperatorOptions {
  std::size_t dim = 12, heads = 2;
  std::size_t key_heads = 1; // where an attention has fewer; divides heads
  std::size_t slots = 24, max_history = 21;
  std::size_t buckets = 5; // of times
  bool int8 = false;       // weights
};

// Items 0 to 36; features "category" (ids 0 to 5), "user_id" (0 to 4) and "time". Nothing reads what most
// nodes make. Scored against the last event's row.
TestModel make_operator_model(const OperatorOptions& options);

} // namespace heed::test

#endif // HEED_TESTS_SUPPORT_OPERATOR_MODEL_HPP
