#include "mcp-server/transport/http/watch.hpp"

#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/time.hpp"

namespace spreaders::http_internal {

namespace {
constexpr uint64_t kStopToken = 0;
constexpr int kTick_ms = 1000;
}  // namespace

Result<void> Watch::start(std::function<void()> every_second) {
  every_second_ = std::move(every_second);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  stop_event_ = ::eventfd(0, EFD_CLOEXEC);
  if (epoll_ < 0 || stop_event_ < 0) return internal("cannot create an epoll instance", std::strerror(errno));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kStopToken;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_event_, &event);
  thread_ = std::thread([this] { run(); });
  return {};
}

void Watch::stop() {
  if (thread_.joinable()) {
    uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(stop_event_, &one, sizeof one);
    thread_.join();
  }
  if (epoll_ >= 0) ::close(epoll_);
  if (stop_event_ >= 0) ::close(stop_event_);
  epoll_ = stop_event_ = -1;
}

uint64_t Watch::add(int fd, std::weak_ptr<HangupListener> listener) {
  std::lock_guard lock(mutex_);
  if (epoll_ < 0) return 0;
  uint64_t token = next_token_++;
  epoll_event event{};
  event.events = EPOLLRDHUP | EPOLLONESHOT;
  event.data.u64 = token;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return 0;
  listeners_.emplace(token, std::move(listener));
  return token;
}

void Watch::forget(uint64_t token, int fd) {
  if (token == 0) return;
  std::lock_guard lock(mutex_);
  listeners_.erase(token);
  if (epoll_ >= 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void Watch::run() {
  constexpr int kEventsMax = 64;
  epoll_event events[kEventsMax];
  int64_t next_tick_ms = monotonic_ms() + kTick_ms;
  for (;;) {
    int64_t wait_ms = next_tick_ms - monotonic_ms();
    int count = wait_ms > 0 ? ::epoll_wait(epoll_, events, kEventsMax, static_cast<int>(wait_ms)) : 0;
    for (int i = 0; i < count; ++i) {
      uint64_t token = events[i].data.u64;
      if (token == kStopToken) return;
      std::shared_ptr<HangupListener> listener;
      {
        std::lock_guard lock(mutex_);
        auto found = listeners_.find(token);
        if (found != listeners_.end()) listener = found->second.lock();
      }
      if (listener) listener->hung_up();
    }
    if (monotonic_ms() >= next_tick_ms) {
      every_second_();
      next_tick_ms = monotonic_ms() + kTick_ms;
    }
  }
}

}  // namespace spreaders::http_internal
