// Progress of calls whose client asked for it (`_meta.progressToken`): what the tool says, and while it says nothing,
// that it still works. Clients give up on a call that is silent for a minute; a tool need not know how long it takes.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "mcp-server/protocol/outlet.hpp"
#include "mcp-server/protocol/types.hpp"

namespace spreaders::mcp {

// The progress of one call. Any thread.
class CallProgress {
 public:
  // From here on something is said; without a token never.
  void start(Json token, OutletPtr outlet);
  // The tool's own word. Progress must grow: what does not is dropped.
  void say(double done, double total, std::string_view text);
  // Says that the call still runs when nothing was said for `interval_ms`. Returns when to ask again (monotonic_ms), or
  // 0 when the call has ended.
  int64_t beat(int64_t now_ms, int64_t interval_ms);
  // Nothing is sent after this returns.
  void end();

 private:
  void send_locked(double done, std::string_view text);

  std::mutex mutex_;
  Json token_ = nullptr;
  OutletPtr outlet_;  // shared with the call; empty before start() and after end()
  double last_ = -1;
  double total_ = 0;
  int64_t started_ms_ = 0;
  int64_t said_ms_ = 0;
};

// Asks the calls that run whether they have something to say. Its thread starts with the first call.
class ProgressTimer {
 public:
  explicit ProgressTimer(int64_t interval_ms) : interval_ms_(interval_ms) {}
  void add(const std::shared_ptr<CallProgress>& progress);

 private:
  struct Entry {
    std::weak_ptr<CallProgress> progress;
    int64_t due_ms;
  };
  void loop(const std::stop_token& stop);

  const int64_t interval_ms_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Entry> entries_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace spreaders::mcp
