// Internal to transport/http. One thread that notices what a suspended libmicrohttpd connection cannot: clients that
// hang up (epoll on EPOLLRDHUP) and deadlines that passed. libmicrohttpd stops polling a suspended connection.
#pragma once

#include <cstdint>
#include <functional>
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
  // Calls listener->hung_up() once when the peer of `fd` closes. The token is for forget(), which must come before the
  // descriptor is closed; 0 means that watching was not possible.
  uint64_t add(int fd, std::weak_ptr<HangupListener> listener);
  void forget(uint64_t token, int fd);

 private:
  void run();

  int epoll_ = -1;
  int stop_event_ = -1;
  std::function<void()> every_second_;
  std::mutex mutex_;
  uint64_t next_token_ = 1;
  std::unordered_map<uint64_t, std::weak_ptr<HangupListener>> listeners_;
  std::thread thread_;
};

}  // namespace spreaders::http_internal
