#include "mcp-server/transport/worker_pool.hpp"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>

namespace spreaders {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

// Jobs that wait for each other only end when all threads of the pool work at once.
TEST(WorkerPoolTest, JobsThatBlockNeverHoldBackOthersWhileThreadsAreFree) {
  constexpr size_t kThreads = 6;
  constexpr int kRounds = 300;
  WorkerPool pool({.threads = kThreads, .queue_max = kThreads});
  for (int round = 0; round < kRounds; ++round) {
    std::mutex mutex;
    std::condition_variable changed;
    size_t here = 0, gone = 0;
    bool met = true;
    for (size_t i = 0; i < kThreads; ++i) {
      bool taken = pool.submit([&] {
        std::unique_lock lock(mutex);
        ++here;
        changed.notify_all();
        met = changed.wait_for(lock, kPatience, [&] { return here == kThreads; }) && met;
        ++gone;
        changed.notify_all();
      });
      ASSERT_TRUE(taken);
      // Half of the rounds send each job to a pool whose other threads have gone to sleep.
      if (round % 2 == 0) {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, kPatience, [&] { return here == i + 1; })) << round;
      }
    }
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, kPatience, [&] { return gone == kThreads; })) << round;
    ASSERT_TRUE(met) << round;
  }
}

TEST(WorkerPoolTest, RefusesWhatDoesNotFitAndFinishesWhatItTook) {
  std::mutex gate;
  std::atomic<int> done{0};
  gate.lock();
  WorkerPool pool({.threads = 1, .queue_max = 2});
  std::atomic<bool> started{false};
  auto job = [&] {
    started = true;
    started.notify_all();
    std::lock_guard wait(gate);
    ++done;
  };
  ASSERT_TRUE(pool.submit(job));
  started.wait(false);
  EXPECT_TRUE(pool.submit(job));
  EXPECT_TRUE(pool.submit(job));
  EXPECT_FALSE(pool.submit(job)) << "one runs, two wait";
  EXPECT_FALSE(pool.wait_idle(0));
  gate.unlock();
  pool.stop();
  EXPECT_EQ(done, 3);
  EXPECT_FALSE(pool.submit(job)) << "stopped";
}

}  // namespace
}  // namespace spreaders
