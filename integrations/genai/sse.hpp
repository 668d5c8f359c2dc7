// Incremental parser of server-sent events (WHATWG HTML, section "Server-sent events"). Bytes go in as they come, whole
// events come out; an event that the stream's end cuts off is never given out.
//
//   SseParser parser;
//   parser.feed(piece, [](const SseEvent& event) { ... });   // false once an event is larger than the limit
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace spreaders::genai {

constexpr size_t kSseEventBytes_max = 8 * 1024 * 1024;

struct SseEvent {
  std::string event = "message";
  std::string data = {};
  std::string id = {};
};

class SseParser {
 public:
  explicit SseParser(size_t event_bytes_max = kSseEventBytes_max) : event_bytes_max_(event_bytes_max) {}
  // false: the event under way is larger than the limit; nothing more is read from then on.
  bool feed(std::string_view piece, const std::function<void(const SseEvent&)>& on_event);

 private:
  void take_line(std::string_view line, const std::function<void(const SseEvent&)>& on_event);

  size_t event_bytes_max_;
  std::string line_;
  std::string event_;
  std::string data_;
  std::string id_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool first_line_ = true;
  bool too_large_ = false;
};

}  // namespace spreaders::genai
