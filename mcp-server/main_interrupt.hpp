// Ctrl-C in a talk: it ends the answer that is being made, not the program; where there is none it ends the program as
// usual.
//
//   Interrupt interrupt;                       // SIGINT is blocked in every thread since main()
//   auto answer = interrupt.during([&](std::stop_token stop) { return long_work(stop); });
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace spreaders::app {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  template <class Work>
  auto during(const Work& work) {
    struct Running {
      Interrupt& owner;
      ~Running() { owner.set({}); }
    };
    std::stop_source source;
    set(source);
    Running running{*this};
    return work(source.get_token());
  }

 private:
  void set(std::optional<std::stop_source> work);
  void wait_for_signals();

  std::mutex mutex_;
  std::optional<std::stop_source> work_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace spreaders::app
