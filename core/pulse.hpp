// Calls a function again and again beside other work, in real time, until it returns false or the pulse is destroyed.
// The first call comes after one interval.
//
//   Pulse pulse(lease_ms / 4, [&] { return renew(); });
//   slow_work();
#pragma once

#include <cstdint>
#include <functional>
#include <thread>

#include "core/wait.hpp"

namespace spreaders {

class Pulse {
 public:
  Pulse(int64_t interval_ms, std::function<bool()> beat)
      : thread_([interval_ms, beat = std::move(beat)](const std::stop_token& stop) {
          while (wait_ms(stop, interval_ms) && beat()) {
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace spreaders
