// Replaces the global allocator of a test program by one that counts.
#ifndef HEED_TESTS_RUNTIME_SESSION_COUNTING_ALLOCATOR_HPP
#define HEED_TESTS_RUNTIME_SESSION_COUNTING_ALLOCATOR_HPP

#include <cstddef>

namespace heed::test {

// Calls of any form of operator new since the program began.
std::size_t allocations();

} // namespace heed::test

#endif // HEED_TESTS_RUNTIME_SESSION_COUNTING_ALLOCATOR_HPP
