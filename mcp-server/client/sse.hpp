// Reads server-sent events piece by piece and within limits (WHATWG HTML, "Interpreting an event stream").
//
//   SseReader reader({.event_bytes_max = 4 << 20});
//   TRY(reader.feed(bytes, [&](const SseEvent& event) { use(event.data); return true; }));   // false: no more
//   reader.last_event_id(), reader.retry_ms()          // for taking the stream up again
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace spreaders::mcp {

struct SseLimits {
  size_t event_bytes_max = 4 * 1024 * 1024;  // one line, and all data lines of one event together
  size_t stream_bytes_max = 16 * 1024 * 1024;
  size_t events_max = 10'000;
  size_t id_bytes_max = 1024;  // longer ids are an error: they could not be sent back
};

struct SseEvent {
  std::string name = "message";
  std::string data;
};

class SseReader {
 public:
  explicit SseReader(SseLimits limits = {}) : limits_(limits) {}
  using Take = std::function<bool(const SseEvent&)>;
  // kVendorRejected when a limit is passed; the stream is of no use then. Events without data are not taken, but their
  // id and retry count.
  Result<void> feed(std::string_view bytes, const Take& take);
  // The next bytes are those of another connection: a half event is forgotten, ids and counts stay.
  void reconnected();
  [[nodiscard]] const std::string& last_event_id() const { return last_id_; }
  [[nodiscard]] std::optional<int64_t> retry_ms() const { return retry_ms_; }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  Result<void> line(std::string_view text, const Take& take);
  Result<void> field(std::string_view name, std::string_view value);

  SseLimits limits_;
  std::string buffer_;  // an unfinished line
  SseEvent event_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool at_start_ = true;
  bool stopped_ = false;
  size_t bytes_ = 0;
  size_t events_ = 0;
  std::string last_id_;
  std::optional<int64_t> retry_ms_;
};

}  // namespace spreaders::mcp
