// Waits in real time without sleeping through a stop.
//
//   while (wait_ms(stop, 100)) look();
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace spreaders {

// True once the time went by, false as soon as a stop is asked for.
inline bool wait_ms(std::stop_token stop, int64_t ms) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::milliseconds(ms), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace spreaders
