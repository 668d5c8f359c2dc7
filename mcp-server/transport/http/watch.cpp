#include "mcp-server/transport/http/watch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/time.hpp"

namespace spreaders::http_internal {

namespace {
constexpr uint64_t kStopToken = 0;
constexpr int kTick_ms = 1000;
constexpr int64_t kFirstPause_ms = 1;  // doubled until kTick_ms

// Level-triggered and once: it says again at once what is so when it is armed again.
bool arm(int epoll, int operation, int fd, uint64_t token) {
  epoll_event event{};
  event.events = EPOLLRDHUP | EPOLLONESHOT;
  event.data.u64 = token;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}
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

uint64_t Watch::add(int fd) {
  std::lock_guard lock(mutex_);
  uint64_t token = next_token_++;
  if (epoll_ < 0 || !arm(epoll_, EPOLL_CTL_ADD, fd, token)) return 0;
  watched_.emplace(token, Watched{.fd = fd});
  return token;
}

void Watch::forget(uint64_t token) {
  std::lock_guard lock(mutex_);
  auto found = watched_.find(token);
  if (found == watched_.end()) return;
  if (epoll_ >= 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, found->second.fd, nullptr);
  watched_.erase(found);
}

void Watch::listen(uint64_t token, std::weak_ptr<HangupListener> listener) {
  std::lock_guard lock(mutex_);
  auto found = watched_.find(token);
  if (found == watched_.end()) return;
  Watched& watched = found->second;
  watched.listener = std::move(listener);
  if (watched.ended && epoll_ >= 0 && !watched.listener.expired()) arm(epoll_, EPOLL_CTL_MOD, watched.fd, token);
}

std::shared_ptr<HangupListener> Watch::ended(uint64_t token) {
  bool first = false;
  std::shared_ptr<HangupListener> listener;
  {
    std::lock_guard lock(mutex_);
    auto found = watched_.find(token);
    if (found == watched_.end()) return nullptr;
    first = !found->second.ended;
    found->second.ended = true;
    listener = std::exchange(found->second.listener, {}).lock();
  }
  if (first && !remind(token)) reminders_.emplace(monotonic_ms() + kFirstPause_ms, Reminder{token, kFirstPause_ms});
  return listener;
}

// True when nothing remains to be done. While there are bytes to read the event loop would take a new event for one
// that speaks of them, and overlook the end again. Shutting down the half that has ended anyway makes the event.
bool Watch::remind(uint64_t token) {
  std::lock_guard lock(mutex_);
  auto found = watched_.find(token);
  if (found == watched_.end()) return true;
  char byte = 0;
  if (::recv(found->second.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return false;
  ::shutdown(found->second.fd, SHUT_RD);
  return true;
}

void Watch::remind_all(int64_t now_ms) {
  while (!reminders_.empty() && reminders_.begin()->first <= now_ms) {
    Reminder reminder = reminders_.begin()->second;
    reminders_.erase(reminders_.begin());
    if (remind(reminder.token)) continue;
    reminder.pause_ms = std::min<int64_t>(reminder.pause_ms * 2, kTick_ms);
    reminders_.emplace(now_ms + reminder.pause_ms, reminder);
  }
}

void Watch::run() {
  constexpr int kEventsMax = 64;
  epoll_event events[kEventsMax];
  int64_t next_tick_ms = monotonic_ms() + kTick_ms;
  for (;;) {
    int64_t next_ms = reminders_.empty() ? next_tick_ms : std::min(next_tick_ms, reminders_.begin()->first);
    int64_t wait_ms = next_ms - monotonic_ms();
    int count = wait_ms > 0 ? ::epoll_wait(epoll_, events, kEventsMax, static_cast<int>(wait_ms)) : 0;
    for (int i = 0; i < count; ++i) {
      uint64_t token = events[i].data.u64;
      if (token == kStopToken) return;
      if (auto listener = ended(token)) listener->hung_up();
    }
    remind_all(monotonic_ms());
    if (monotonic_ms() >= next_tick_ms) {
      every_second_();
      next_tick_ms = monotonic_ms() + kTick_ms;
    }
  }
}

}  // namespace spreaders::http_internal
