// Server-sent events of the legacy era that outlive their connection: each event has an id, the latest are kept, and a
// client that comes back with Last-Event-ID gets what it missed (MCP 2025-11-25, resumability; SEP-1699, polling).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "mcp-server/transport/http/server.hpp"

namespace spreaders::mcp {

constexpr size_t kKeptEventsPerStream_max = 256;
constexpr size_t kKeptBytesPerStream_max = 1024 * 1024;
constexpr size_t kKeptStreamsPerSession_max = 32;

// "event: message\ndata: ...\n\n". JSON text holds no line break.
std::string sse_message(std::string_view json_text);
HttpHeaders sse_headers();

class EventStream {
 public:
  // `prime`: new connections begin with an event that has an id and no data, so that they can be resumed at once.
  EventStream(std::string name, bool prime) : name_(std::move(name)), prime_(prime) {}
  // Writes to `connection` from now on, first the kept events after `after`. An earlier connection is closed.
  void attach(HttpStreamPtr connection, uint64_t after);
  // Kept, and written when a client is connected. False when nobody reads now.
  bool send(std::string_view json_text);
  void finish(std::string_view json_text);  // the last event
  void end();                               // no more events, without a last one
  void detach(int64_t retry_ms);            // closes the connection, not the stream
  [[nodiscard]] bool finished() const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  struct Event {
    uint64_t number;
    std::string text;
  };
  bool send_locked(std::string_view json_text);

  const std::string name_;
  const bool prime_;
  mutable std::mutex mutex_;
  HttpStreamPtr connection_;
  std::deque<Event> events_;
  size_t bytes_ = 0;
  uint64_t next_ = 1;
  bool finished_ = false;
};
using EventStreamPtr = std::shared_ptr<EventStream>;

// The streams of one session.
class EventStreams {
 public:
  explicit EventStreams(bool prime) : prime_(prime), standing_(std::make_shared<EventStream>("g", prime)) {}
  EventStreamPtr open();
  [[nodiscard]] EventStreamPtr standing() const { return standing_; }
  // "p3_17": the stream, and the number of the last event seen. nullptr for an id of another session or a stream that
  // is no longer kept.
  EventStreamPtr find(std::string_view event_id, uint64_t& after);
  void end_all();

 private:
  const bool prime_;
  std::mutex mutex_;
  const EventStreamPtr standing_;
  std::map<uint64_t, EventStreamPtr> streams_;
  uint64_t next_ = 1;
};

}  // namespace spreaders::mcp
