// Work cut into tasks: on the calling thread alone, by the caller's own parallel-for, or by a few threads
// that sleep in between.
#ifndef HEED_RUNTIME_BASE_PARALLEL_HPP
#define HEED_RUNTIME_BASE_PARALLEL_HPP

#include <cstddef>
#include <memory>

namespace heed::base {

using Task = void (*)(void* argument, std::size_t index);
// Runs task(argument, i) for every i below `tasks`, in any order and on any threads, and returns when all are
// done.
using ParallelFor = void (*)(void* context, std::size_t tasks, Task task, void* argument);

// Threads that wait, without spinning, for work. Not for use by several threads at once.
class ThreadPool {
 public:
  // A pool with which `threads` threads work, the caller's among them. Null when the system gives fewer.
  static std::unique_ptr<ThreadPool> create(std::size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void run(std::size_t tasks, Task task, void* argument);

 private:
  struct State;
  explicit ThreadPool(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Calls body(i) for every i below `tasks` by `run`, or one after the other where that is null.
template <class Body>
void parallel_for(ParallelFor run, void* context, std::size_t tasks, Body& body) {
  if (run == nullptr || tasks < 2) {
    for (std::size_t i = 0; i < tasks; ++i) body(i);
    return;
  }
  run(
      context, tasks, [](void* argument, std::size_t index) { (*static_cast<Body*>(argument))(index); },
      &body);
}

} // namespace heed::base

#endif // HEED_RUNTIME_BASE_PARALLEL_HPP
