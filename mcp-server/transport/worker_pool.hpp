// A fixed number of threads behind a bounded queue: the only place where door handlers run. When the queue is full the
// caller is told at once and refuses the work (HTTP answers 503), so load never turns into memory.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace spreaders {

struct WorkerPoolOptions {
  size_t threads = 8;
  size_t queue_max = 256;
};

class WorkerPool {
 public:
  explicit WorkerPool(const WorkerPoolOptions& options);
  ~WorkerPool();  // stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool is stopping; the job is then untouched by us.
  bool submit(std::function<void()> job);
  // True once nothing is queued or running; false when `timeout_ms` went by before.
  bool wait_idle(int64_t timeout_ms);
  // Finishes what was accepted, then ends the threads. A second call does nothing.
  void stop();

 private:
  void work();
  bool wakes_one();

  WorkerPoolOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<std::function<void()>> queue_;
  size_t running_ = 0;
  size_t sleeping_ = 0;
  bool waking_ = false;  // one was sent for and has not come yet
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace spreaders
