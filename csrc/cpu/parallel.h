// Tasks handed out to threads one at a time; which thread takes which must not show in the result.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace synthkit {

// Calls work(task) once for each task in [0, tasks), on up to `threads` threads, the caller's among them. A task must
// write to places of its own. The first exception of any task is thrown here, after all threads have ended.
template <typename Work>
void parallel_for(size_t tasks, int threads, Work&& work) {
  const size_t extra = std::min(static_cast<size_t>(std::max(threads, 1)), std::max(tasks, size_t{1})) - 1;
  std::atomic<size_t> next{0};
  std::mutex failure_lock;
  std::exception_ptr failure;
  const auto some = [&] {
    try {
      for (size_t task = next.fetch_add(1); task < tasks; task = next.fetch_add(1)) work(task);
    } catch (...) {  // out of memory; an exception that left a thread would end the process
      const std::lock_guard guard(failure_lock);
      if (!failure) failure = std::current_exception();
      next.store(tasks);
    }
  };
  std::vector<std::jthread> pool;
  pool.reserve(extra);
  for (size_t t = 0; t < extra; ++t) pool.emplace_back(some);
  some();
  pool.clear();  // joins
  if (failure) std::rethrow_exception(failure);
}

}  // namespace synthkit
