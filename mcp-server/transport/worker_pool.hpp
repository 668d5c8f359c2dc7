// A fixed number of threads behind a bounded queue: the only place where door handlers run. When the queue is full the
// caller is told at once and refuses the work (HTTP answers 503), so load never turns into memory. Owners of jobs take
// turns, and one owner cannot fill the queue: whoever asks little waits for one job of each who asks much.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
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
  // `owner`: whose job it is; they share three quarters of the queue. nullptr: nobody's, which may fill it.
  bool submit(std::function<void()> job, std::shared_ptr<const void> owner = nullptr);
  // True once nothing is queued or running; false when `timeout_ms` went by before.
  bool wait_idle(int64_t timeout_ms);
  // Finishes what was accepted, then ends the threads. A second call does nothing.
  void stop();

 private:
  using Job = std::function<void()>;
  void work();
  bool wakes_one();
  Job next_locked();

  WorkerPoolOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::unordered_map<std::shared_ptr<const void>, std::deque<Job>> queues_;  // none is empty
  std::deque<std::shared_ptr<const void>> turns_;                            // each owner with jobs, once
  size_t queued_ = 0;
  size_t running_ = 0;
  size_t sleeping_ = 0;
  bool waking_ = false;  // one was sent for and has not come yet
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace spreaders
