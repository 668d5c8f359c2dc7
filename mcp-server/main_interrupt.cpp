#include "mcp-server/main_interrupt.hpp"

#include <csignal>
#include <pthread.h>

namespace spreaders::app {

Interrupt::Interrupt() : thread_([this] { wait_for_signals(); }) {}

Interrupt::~Interrupt() {
  ended_ = true;
  pthread_kill(thread_.native_handle(), SIGINT);
  thread_.join();
}

void Interrupt::set(std::optional<std::stop_source> work) {
  std::lock_guard lock(mutex_);
  work_ = std::move(work);
}

void Interrupt::wait_for_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  for (;;) {
    int signal = 0;
    sigwait(&set, &signal);
    if (ended_) return;
    {
      std::lock_guard lock(mutex_);
      // A second Ctrl-C means it.
      if (work_ && work_->request_stop()) continue;
    }
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    std::raise(SIGINT);
  }
}

}  // namespace spreaders::app
