// Memory that ends exactly where a kernel may read or write: the page behind it is not accessible, and the
// bytes before it hold a pattern that is checked. Linux and other POSIX systems.
#ifndef HEED_TESTS_SUPPORT_GUARDED_BUFFER_HPP
#define HEED_TESTS_SUPPORT_GUARDED_BUFFER_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace heed::test {

// `count` elements of T and then nothing. Starts at an address divisible by `alignment` when count *
// sizeof(T) is; otherwise the end is exact and the start follows from it.
template <class T>
class GuardedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit GuardedBuffer(std::size_t count) : count_(count) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    accessible_ = (count * sizeof(T) + kFrontBytes + page - 1) / page * page;
    mapping_ = static_cast<unsigned char*>(
        mmap(nullptr, accessible_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (mapping_ == MAP_FAILED || mprotect(mapping_ + accessible_, page, PROT_NONE) != 0) std::abort();
    mapped_ = accessible_ + page;
    std::memset(mapping_, kPattern, accessible_);
    data_ = reinterpret_cast<T*>(mapping_ + accessible_) - count;
  }
  ~GuardedBuffer() {
    EXPECT_TRUE(front_untouched()) << "written before the start of a buffer";
    munmap(mapping_, mapped_);
  }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  static constexpr unsigned char kPattern = 0xa5;
  static constexpr std::size_t kFrontBytes = 256;

  bool front_untouched() const {
    const unsigned char* start = reinterpret_cast<const unsigned char*>(data_);
    for (const unsigned char* p = start - kFrontBytes; p < start; ++p)
      if (*p != kPattern) return false;
    return true;
  }

  std::size_t count_, accessible_, mapped_;
  unsigned char* mapping_;
  T* data_;
};

} // namespace heed::test

#endif // HEED_TESTS_SUPPORT_GUARDED_BUFFER_HPP
