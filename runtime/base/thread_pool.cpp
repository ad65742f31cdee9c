// POSIX threads rather than std::thread, whose constructor reports failure by an exception.
#include "runtime/base/parallel.hpp"

#include <new>

#include <pthread.h>

namespace heed::base {

struct ThreadPool::State {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t work = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
  std::unique_ptr<pthread_t[]> threads;
  std::size_t started = 0;
  // Guarded by the mutex.
  std::size_t next = 0, tasks = 0, unfinished = 0;
  Task task = nullptr;
  void* argument = nullptr;
  bool stop = false;

  // Runs tasks as long as there are some. Holds the mutex before and after.
  void take_tasks() {
    while (next < tasks) {
      const std::size_t index = next++;
      const Task run = task;
      void* const with = argument;
      pthread_mutex_unlock(&mutex);
      run(with, index);
      pthread_mutex_lock(&mutex);
      if (--unfinished == 0) pthread_cond_signal(&done);
    }
  }
  static void* main(void* self) {
    State& state = *static_cast<State*>(self);
    pthread_mutex_lock(&state.mutex);
    while (!state.stop) {
      state.take_tasks();
      if (!state.stop) pthread_cond_wait(&state.work, &state.mutex);
    }
    pthread_mutex_unlock(&state.mutex);
    return nullptr;
  }
};

ThreadPool::ThreadPool(std::unique_ptr<State> state) : state_(std::move(state)) {}

std::unique_ptr<ThreadPool> ThreadPool::create(std::size_t threads) {
  std::unique_ptr<State> state(new (std::nothrow) State);
  if (state == nullptr) return nullptr;
  state->threads.reset(new (std::nothrow) pthread_t[threads]);
  if (state->threads == nullptr) return nullptr;
  std::unique_ptr<ThreadPool> pool(new (std::nothrow) ThreadPool(std::move(state)));
  if (pool == nullptr) return nullptr;
  State& own = *pool->state_;
  for (; own.started + 1 < threads; ++own.started)
    if (pthread_create(&own.threads[own.started], nullptr, &State::main, &own) != 0) return nullptr;
  return pool;
}

ThreadPool::~ThreadPool() {
  if (state_ == nullptr) return;
  pthread_mutex_lock(&state_->mutex);
  state_->stop = true;
  pthread_cond_broadcast(&state_->work);
  pthread_mutex_unlock(&state_->mutex);
  for (std::size_t i = 0; i < state_->started; ++i) pthread_join(state_->threads[i], nullptr);
}

void ThreadPool::run(std::size_t tasks, Task task, void* argument) {
  State& state = *state_;
  pthread_mutex_lock(&state.mutex);
  state.task = task;
  state.argument = argument;
  state.next = 0;
  state.tasks = state.unfinished = tasks;
  pthread_cond_broadcast(&state.work);
  state.take_tasks();
  while (state.unfinished > 0) pthread_cond_wait(&state.done, &state.mutex);
  pthread_mutex_unlock(&state.mutex);
}

} // namespace heed::base
