#include "mcp-server/client/sse.hpp"

#include <algorithm>
#include <charconv>

namespace spreaders::mcp {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error over(std::string what, size_t limit) {
  return {Code::kVendorRejected, "The server's event stream has " + what + " over " + std::to_string(limit) + "."};
}

}  // namespace

Result<void> SseReader::feed(std::string_view bytes, const Take& take) {
  bytes_ += bytes.size();
  if (bytes_ > limits_.stream_bytes_max) return over("a length in bytes", limits_.stream_bytes_max);
  while (!bytes.empty() && !stopped_) {
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);  // the second half of CR LF
    after_cr_ = false;
    const size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (buffer_.size() + part.size() > limits_.event_bytes_max) return over("a line in bytes", limits_.event_bytes_max);
    buffer_.append(part);
    if (end == std::string_view::npos) return {};
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    std::string whole;
    whole.swap(buffer_);
    std::string_view text = whole;
    if (at_start_ && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    at_start_ = false;
    TRY(line(text, take));
  }
  return {};
}

void SseReader::reconnected() {
  buffer_.clear();
  event_ = {};
  has_data_ = after_cr_ = false;
  at_start_ = true;
  bytes_ = 0;
}

Result<void> SseReader::line(std::string_view text, const Take& take) {
  if (!text.empty()) {
    if (text.front() == ':') return {};
    const size_t colon = text.find(':');
    std::string_view value = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    return field(text.substr(0, colon), value);
  }
  if (++events_ > limits_.events_max) return over("a number of events", limits_.events_max);
  SseEvent event;
  std::swap(event, event_);
  if (std::exchange(has_data_, false) && !event.data.empty()) stopped_ = !take(event);
  return {};
}

Result<void> SseReader::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (event_.data.size() + value.size() + 1 > limits_.event_bytes_max) {
      return over("an event in bytes", limits_.event_bytes_max);
    }
    if (std::exchange(has_data_, true)) event_.data.push_back('\n');
    event_.data.append(value);
  } else if (name == "event") {
    event_.name = value.empty() ? "message" : std::string(value.substr(0, limits_.id_bytes_max));
  } else if (name == "id") {
    if (value.size() > limits_.id_bytes_max) return over("an event id in bytes", limits_.id_bytes_max);
    // It comes back in a header: what a header cannot hold is no id.
    const bool usable = std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c != '\x7f'; });
    if (usable) last_id_ = value;
  } else if (name == "retry") {
    int64_t ms = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), ms);
    if (problem == std::errc() && end == value.data() + value.size() && ms >= 0) retry_ms_ = ms;
  }
  return {};
}

}  // namespace spreaders::mcp
