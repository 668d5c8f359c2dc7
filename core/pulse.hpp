// Calls a function again and again beside other work, in real time, until it returns false or the pulse is destroyed.
// The first call comes after one interval.
//
//   Pulse pulse(lease_ms / 4, [&] { return renew(); });
//   slow_work();
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace spreaders {

class Pulse {
 public:
  Pulse(int64_t interval_ms, std::function<bool()> beat)
      : thread_([interval_ms, beat = std::move(beat)](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          do {
            never.wait_for(lock, stop, std::chrono::milliseconds(interval_ms), [] { return false; });
          } while (!stop.stop_requested() && beat());
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace spreaders
