#include "mcp-server/transport/http/event_stream.hpp"

#include <charconv>

namespace spreaders::mcp {

std::string sse_message(std::string_view json_text) {
  std::string text;
  text.reserve(json_text.size() + 24);
  return text.append("event: message\ndata: ").append(json_text).append("\n\n");
}

HttpHeaders sse_headers() {
  return {
      {"content-type", "text/event-stream"}, {"cache-control", "no-cache, no-transform"}, {"x-accel-buffering", "no"}};
}

void EventStream::attach(HttpStreamPtr connection, uint64_t after) {
  HttpStreamPtr earlier;
  std::lock_guard lock(mutex_);
  earlier.swap(connection_);
  if (earlier) earlier->close();
  std::string text;
  if (prime_ && events_.empty()) text = "id: " + name_ + "_0\ndata: \n\n";
  for (const auto& event : events_) {
    if (event.number > after) text += event.text;
  }
  connection->push(text.empty() ? ": open\n\n" : text);
  if (finished_) {
    connection->close();
  } else {
    connection_ = std::move(connection);
  }
}

bool EventStream::send_locked(std::string_view json_text) {
  if (finished_) return false;
  uint64_t number = next_++;
  events_.push_back({number, "id: " + name_ + "_" + std::to_string(number) + "\n" + sse_message(json_text)});
  bytes_ += events_.back().text.size();
  bool written = connection_ && connection_->push(events_.back().text);
  // The newest event always stays, so that a large result can still be fetched.
  while (events_.size() > 1 && (events_.size() > kKeptEventsPerStream_max || bytes_ > kKeptBytesPerStream_max)) {
    bytes_ -= events_.front().text.size();
    events_.pop_front();
  }
  return written;
}

bool EventStream::send(std::string_view json_text) {
  std::lock_guard lock(mutex_);
  return send_locked(json_text);
}

void EventStream::finish(std::string_view json_text) {
  std::lock_guard lock(mutex_);
  send_locked(json_text);
  finished_ = true;
  if (connection_) connection_->close();
  connection_.reset();
}

void EventStream::end() {
  std::lock_guard lock(mutex_);
  finished_ = true;
  if (connection_) connection_->close();
  connection_.reset();
}

void EventStream::detach(int64_t retry_ms) {
  std::lock_guard lock(mutex_);
  if (!connection_) return;
  connection_->push("retry: " + std::to_string(retry_ms) + "\n\n");
  connection_->close();
  connection_.reset();
}

bool EventStream::finished() const {
  std::lock_guard lock(mutex_);
  return finished_;
}

EventStreamPtr EventStreams::open() {
  std::lock_guard lock(mutex_);
  // The oldest finished streams go first; running ones are bounded by the running requests of the session.
  for (auto each = streams_.begin(); each != streams_.end() && streams_.size() >= kKeptStreamsPerSession_max;) {
    each = each->second->finished() ? streams_.erase(each) : std::next(each);
  }
  uint64_t number = next_++;
  auto stream = std::make_shared<EventStream>("p" + std::to_string(number), prime_);
  streams_.emplace(number, stream);
  return stream;
}

EventStreamPtr EventStreams::find(std::string_view event_id, uint64_t& after) {
  size_t split = event_id.find('_');
  if (split == std::string_view::npos || split == 0) return nullptr;
  auto read = [](std::string_view text, uint64_t& number) {
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc() && end == text.data() + text.size();
  };
  if (!read(event_id.substr(split + 1), after)) return nullptr;
  std::string_view name = event_id.substr(0, split);
  std::lock_guard lock(mutex_);
  if (name == "g") return standing_;
  uint64_t number = 0;
  if (!name.starts_with('p') || !read(name.substr(1), number)) return nullptr;
  auto found = streams_.find(number);
  return found == streams_.end() ? nullptr : found->second;
}

void EventStreams::end_all() {
  std::lock_guard lock(mutex_);
  standing_->end();
  for (auto& [number, stream] : streams_) stream->end();
  streams_.clear();
}

}  // namespace spreaders::mcp
