#include "mcp-server/transport/worker_pool.hpp"

#include <chrono>
#include <exception>

#include "core/log.hpp"

namespace spreaders {

WorkerPool::WorkerPool(const WorkerPoolOptions& options) : options_(options) {
  threads_.reserve(options_.threads);
  for (size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(std::function<void()> job, std::shared_ptr<const void> owner) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || queued_ >= options_.queue_max) return false;
    auto found = queues_.find(owner);
    size_t share = options_.queue_max - options_.queue_max / 4;
    if (owner && found != queues_.end() && found->second.size() >= share) return false;
    if (found == queues_.end()) {
      found = queues_.try_emplace(owner).first;
      turns_.push_back(std::move(owner));
    }
    found->second.push_back(std::move(job));
    ++queued_;
    wake = wakes_one();
  }
  if (wake) wake_.notify_one();
  return true;
}

// A system call and a change of threads cost more than a short job, so one sleeper at a time is on its way: whoever
// takes a job and leaves others behind sends for the next one. A busy worker looks at the queue again before it sleeps.
bool WorkerPool::wakes_one() {
  if (waking_ || sleeping_ == 0 || queued_ == 0) return false;
  waking_ = true;
  return true;
}

bool WorkerPool::wait_idle(int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return queued_ == 0 && running_ == 0; });
}

void WorkerPool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

WorkerPool::Job WorkerPool::next_locked() {
  auto found = queues_.find(turns_.front());
  Job job = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) queues_.erase(found);
  else turns_.push_back(turns_.front());
  turns_.pop_front();
  --queued_;
  return job;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (queued_ == 0 && !stopping_) {
      ++sleeping_;
      wake_.wait(lock);
      --sleeping_;
      waking_ = false;
    }
    if (queued_ == 0) return;
    Job job = next_locked();
    ++running_;
    bool wake = wakes_one();
    lock.unlock();
    if (wake) wake_.notify_one();
    try {
      job();
    } catch (const std::exception& problem) {
      log_error("a door handler threw", {{"what", problem.what()}});
    }
    job = nullptr;  // what the job holds goes before we count as idle
    lock.lock();
    --running_;
    if (queued_ == 0 && running_ == 0) idle_.notify_all();
  }
}

}  // namespace spreaders
