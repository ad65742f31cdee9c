// What the kernel benchmarks share: aligned buffers of repeatable data, registration, and the check of a
// result before it is timed.
#ifndef HEED_BENCH_KERNELS_SUPPORT_HPP
#define HEED_BENCH_KERNELS_SUPPORT_HPP

#include "bench/kernels/shapes.hpp"
#include "bench/roofline/roofline.hpp"
#include "runtime/kernels/isa/tables.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace heed::bench {

using kernels::KernelTable;
using kernels::RowQuant;

inline std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// Zeroed, 64-byte aligned, with the read slack that kernels.hpp asks for.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t count) : count_(count) {
    const std::size_t bytes = round_up(count * sizeof(T) + 64, 64);
    data_.reset(static_cast<T*>(std::aligned_alloc(64, bytes)));
    if (!data_) std::abort();
    std::memset(static_cast<void*>(data_.get()), 0, bytes);
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return count_; }
  std::size_t bytes() const { return count_ * sizeof(T); }
  T& operator[](std::size_t i) { return data_.get()[i]; }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::size_t count_;
  std::unique_ptr<T, Free> data_;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state_ >> 32);
  }
  float uniform() { return static_cast<float>(next() >> 8) * 0x1p-23f - 1.0f; } // [-1, 1)
  std::int8_t byte() { return static_cast<std::int8_t>(static_cast<int>(next() % 255) - 127); }
  void fill(Buffer<float>& out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = uniform();
  }
  void fill(Buffer<std::int8_t>& out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = byte();
  }

 private:
  std::uint64_t state_;
};

struct Work {
  Arithmetic arithmetic;
  double operations; // of one run: a multiply-add is two
  double bytes;      // read and written at least
};

// Where a run leaves its result: rows of `row_bytes` that count, `stride_bytes` apart.
struct Result {
  const void* data;
  std::size_t rows, row_bytes, stride_bytes;

  std::string copy() const {
    std::string all;
    for (std::size_t r = 0; r < rows; ++r)
      all.append(static_cast<const char*>(data) + r * stride_bytes, row_bytes);
    return all;
  }
};

// Something to time, with its data: `run(table)` does the work once.
struct Job {
  Work work;
  Result result;
  std::function<void(const KernelTable&)> run;
};

// Times the job that `make` makes when its turn comes, so that the data of one benchmark at a time are in
// memory. Its result is compared with the scalar table's first.
void add(const std::string& kernel, const std::string& shape, const KernelTable& table,
         const std::function<Job()>& make);

// One function for each row of kernels.inc, defined in the files of this folder.
#define HEED_KERNEL(name) void add_##name(const KernelTable& table, const std::vector<Shape>& shapes);
#include "runtime/kernels/kernels.inc"
#undef HEED_KERNEL

} // namespace heed::bench

#endif // HEED_BENCH_KERNELS_SUPPORT_HPP
