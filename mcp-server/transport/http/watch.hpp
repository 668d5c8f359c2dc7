// Internal to transport/http. One thread that notices what a libmicrohttpd connection does not, and deadlines that
// passed. A suspended connection is not polled, so nobody hears of a client that hangs up. And under edge-triggered
// epoll libmicrohttpd 0.9.75 overlooks an end of input that comes together with the bytes before it: it reads those and
// waits for an event that has been. This thread has all sockets in an epoll of its own (EPOLLRDHUP), and once such
// bytes are read it makes the event again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "core/result.hpp"

namespace spreaders::http_internal {

class HangupListener {
 public:
  virtual ~HangupListener() = default;
  virtual void hung_up() = 0;
};

class Watch {
 public:
  // `every_second` runs on the watch thread about once a second.
  Result<void> start(std::function<void()> every_second);
  void stop();
  ~Watch() { stop(); }
  // From accept until forget(), which must come before the descriptor is closed. 0: watching was not possible.
  uint64_t add(int fd);
  void forget(uint64_t token);
  // Whose hung_up() is called, once and on the watch thread, when the client sends nothing more: it has closed its
  // socket or half of it, which looks the same. Called too when that was so before. An empty one: nobody's.
  void listen(uint64_t token, std::weak_ptr<HangupListener> listener);

 private:
  struct Watched {
    int fd = -1;
    bool ended = false;  // the client sends nothing more
    std::weak_ptr<HangupListener> listener = {};
  };
  // The next time that an end of input is made again, and the pause after it.
  struct Reminder {
    uint64_t token = 0;
    int64_t pause_ms = 0;
  };

  void run();
  std::shared_ptr<HangupListener> ended(uint64_t token);
  bool remind(uint64_t token);
  void remind_all(int64_t now_ms);

  int epoll_ = -1;
  int stop_event_ = -1;
  std::function<void()> every_second_;
  std::mutex mutex_;
  uint64_t next_token_ = 1;
  std::unordered_map<uint64_t, Watched> watched_;
  std::multimap<int64_t, Reminder> reminders_;  // by monotonic time; of the thread alone
  std::thread thread_;
};

}  // namespace spreaders::http_internal
