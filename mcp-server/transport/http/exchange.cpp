#include "mcp-server/transport/http/exchange.hpp"

#include <cstring>
#include <sys/socket.h>

#include "core/time.hpp"

namespace spreaders::http_internal {

namespace {

constexpr size_t kStreamBlock_bytes = 16 * 1024;

class Stream final : public HttpStream {
 public:
  explicit Stream(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~Stream() override {
    if (exchange_) exchange_->close_stream();
  }
  bool push(std::string_view text) override { return exchange_ && exchange_->push(text); }
  void close() override {
    if (exchange_) exchange_->close_stream();
  }
  [[nodiscard]] bool closed() const override { return !exchange_ || exchange_->stream_closed(); }

 private:
  std::shared_ptr<Exchange> exchange_;  // nullptr: born closed
};

// libmicrohttpd frees the body when the last byte is written; the holder keeps it alive until then.
struct BodyHolder {
  std::string own;
  std::shared_ptr<const std::string> shared;
};

void free_body(void* holder) { delete static_cast<BodyHolder*>(holder); }

ssize_t read_body(void* exchange, uint64_t, char* buffer, size_t size) {
  return (*static_cast<std::shared_ptr<Exchange>*>(exchange))->read_stream(buffer, size);
}

void free_reader(void* exchange) { delete static_cast<std::shared_ptr<Exchange>*>(exchange); }

void add_headers(MHD_Response* response, const HttpHeaders& headers) {
  for (const auto& [name, value] : headers) MHD_add_response_header(response, name.c_str(), value.c_str());
}

}  // namespace

bool Exchange::hold(size_t bytes) {
  const auto& limits = hub_->options;
  size_t here = address_->held_bytes.fetch_add(bytes) + bytes;
  size_t all = hub_->held_bytes.fetch_add(bytes) + bytes;
  held_bytes_ += bytes;
  if (here == bytes || (here <= limits.held_bytes_per_address_max && all <= limits.held_bytes_max)) return true;
  release(bytes);
  return false;
}

void Exchange::release(size_t bytes) {
  held_bytes_ -= bytes;
  address_->held_bytes -= bytes;
  hub_->held_bytes -= bytes;
}

void Exchange::respond(HttpServerResponse response) {
  std::lock_guard lock(mutex_);
  if (answered_) return;
  answered_ = true;
  answer_ = std::move(response);
  resume_locked();
}

HttpStreamPtr Exchange::stream(HttpStreamStart start) {
  std::lock_guard lock(mutex_);
  // completed() gives the place of a stream back, and has been when the client has gone.
  if (std::exchange(answered_, true) || gone_) return std::make_shared<Stream>(nullptr);
  const auto& limits = hub_->options;
  if (hub_->streams >= limits.streams_max || address_->streams >= limits.streams_per_address_max || hub_->draining) {
    answer_ = HttpServerResponse{.status = 503, .headers = {{"retry-after", "5"}}, .body = "too many open streams\n"};
    hub_->refused += 1;
    resume_locked();
    return std::make_shared<Stream>(nullptr);
  }
  hub_->streams += 1;
  address_->streams += 1;
  stream_open_ = true;
  last_write_ms_ = monotonic_ms();
  stream_start_ = std::move(start);
  watch_locked();
  resume_locked();
  return std::make_shared<Stream>(shared_from_this());
}

bool Exchange::answered() const {
  std::lock_guard lock(mutex_);
  return answered_;
}

bool Exchange::closed() const {
  std::lock_guard lock(mutex_);
  return gone_ || cut_;
}

void Exchange::on_closed(std::function<void()> callback) {
  {
    std::lock_guard lock(mutex_);
    if (!gone_ && !cut_) {
      closed_callbacks_.push_back(std::move(callback));
      watch_locked();
      return;
    }
  }
  callback();
}

void Exchange::hung_up() {
  {
    std::lock_guard lock(mutex_);
    // A client that has closed one half only still reads its answer. To the other kind it is not written for long.
    if (answered_ && !stream_start_) return;
  }
  cut();
}

void Exchange::cut() {
  std::vector<std::function<void()>> callbacks;
  {
    std::lock_guard lock(mutex_);
    cut_ = true;
    callbacks.swap(closed_callbacks_);
    // A connection that is not suspended is being read or written by the loop, which sees the shutdown by itself.
    if (connection_ != nullptr) ::shutdown(socket_->fd, SHUT_RDWR);
    resume_locked();
  }
  for (auto& callback : callbacks) callback();
}

void Exchange::drain() { close_stream(); }

bool Exchange::push(std::string_view text) {
  {
    std::lock_guard lock(mutex_);
    if (gone_ || cut_ || stream_ended_) return false;
    if (buffer_.size() - buffer_read_ + text.size() <= hub_->options.stream_buffer_bytes_max && hold(text.size())) {
      buffer_held_ += text.size();
      buffer_.append(text);
      last_write_ms_ = monotonic_ms();
      resume_locked();
      return true;
    }
  }
  hub_->slow_readers_cut += 1;
  cut();
  return false;
}

void Exchange::close_stream() {
  std::lock_guard lock(mutex_);
  if (stream_ended_ || !stream_start_) return;
  stream_ended_ = true;
  resume_locked();
}

bool Exchange::stream_closed() const {
  std::lock_guard lock(mutex_);
  return gone_ || cut_ || stream_ended_;
}

void Exchange::comment_if_idle(int64_t now_ms) {
  std::lock_guard lock(mutex_);
  if (!stream_start_ || !stream_start_->keep_alive_comments || stream_ended_ || gone_ || cut_) return;
  if (now_ms - last_write_ms_ < hub_->options.keep_alive_comment_ms || buffer_read_ < buffer_.size()) return;
  buffer_.append(": keep-alive\n\n");
  last_write_ms_ = now_ms;
  resume_locked();
}

bool Exchange::suspend() {
  std::lock_guard lock(mutex_);
  if (cut_) return false;
  suspended_ = true;
  socket_->deadline_ms = 0;  // the request is whole; how long its handler takes is not the client's doing
  MHD_suspend_connection(connection_);
  return true;
}

bool Exchange::hold_back() {
  std::lock_guard lock(mutex_);
  if (cut_) return false;
  suspended_ = true;
  // Housekeeping shuts the socket down, the watch sees that and cuts the exchange.
  socket_->deadline_ms = monotonic_ms() + hub_->options.overrun_hold_ms;
  watch_locked();
  MHD_suspend_connection(connection_);
  return true;
}

void Exchange::resume_locked() {
  if (!suspended_ || connection_ == nullptr) return;
  suspended_ = false;
  MHD_resume_connection(connection_);
}

void Exchange::watch_locked() {
  if (watched_ || connection_ == nullptr || socket_ == nullptr) return;
  watched_ = true;
  hub_->watch.listen(socket_->watch_token, weak_from_this());
}

MHD_Result Exchange::queue_answer() {
  std::optional<HttpServerResponse> plain;
  {
    std::lock_guard lock(mutex_);
    if (cut_) return MHD_NO;
    if (stream_start_) {
      socket_->deadline_ms = 0;
    } else if (answer_) {
      plain = std::move(answer_);
      socket_->deadline_ms = monotonic_ms() + hub_->options.response_timeout_ms;
    } else {
      return MHD_YES;  // woken without an answer: libmicrohttpd asks again
    }
  }
  return plain ? queue_plain(std::move(*plain)) : queue_stream();
}

MHD_Result Exchange::queue_plain(HttpServerResponse response) {
  if (!hold(response.body.size())) {
    hub_->refused += 1;
    response = {.status = 503, .headers = {{"retry-after", "5"}}, .body = "too many answers wait to be read\n"};
  }
  auto* holder = new BodyHolder{std::move(response.body), std::move(response.shared_body)};
  const std::string& body = holder->shared ? *holder->shared : holder->own;
  // libmicrohttpd only reads the buffer; its parameter is not const for the sake of the variants that free it.
  MHD_Response* answer = MHD_create_response_from_buffer_with_free_callback_cls(
      body.size(), const_cast<char*>(body.data()), &free_body, holder);
  if (answer == nullptr) {
    delete holder;
    return MHD_NO;
  }
  add_headers(answer, response.headers);
  if (hub_->draining) MHD_add_response_header(answer, "connection", "close");
  auto result = MHD_queue_response(connection_, static_cast<unsigned>(response.status), answer);
  MHD_destroy_response(answer);
  return result;
}

MHD_Result Exchange::queue_stream() {
  auto* holder = new std::shared_ptr<Exchange>(shared_from_this());
  MHD_Response* answer =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kStreamBlock_bytes, &read_body, holder, &free_reader);
  if (answer == nullptr) {
    delete holder;
    return MHD_NO;
  }
  add_headers(answer, stream_start_->headers);
  auto result = MHD_queue_response(connection_, static_cast<unsigned>(stream_start_->status), answer);
  MHD_destroy_response(answer);
  return result;
}

ssize_t Exchange::read_stream(char* buffer, size_t size) {
  std::lock_guard lock(mutex_);
  if (cut_) return leave_locked();
  size_t ready = buffer_.size() - buffer_read_;
  if (ready > 0) {
    size_t count = std::min(ready, size);
    std::memcpy(buffer, buffer_.data() + buffer_read_, count);
    buffer_read_ += count;
    size_t let_go = std::min(count, buffer_held_);  // comments are not counted
    buffer_held_ -= let_go;
    release(let_go);
    if (buffer_read_ == buffer_.size()) {
      buffer_.clear();
      buffer_read_ = 0;
    } else if (buffer_read_ > buffer_.size() / 2) {
      buffer_.erase(0, buffer_read_);
      buffer_read_ = 0;
    }
    return static_cast<ssize_t>(count);
  }
  if (stream_ended_) return MHD_CONTENT_READER_END_OF_STREAM;
  suspended_ = true;
  MHD_suspend_connection(connection_);
  return 0;
}

// Ends a stream whose socket is shut down. Not with END_WITH_ERROR: libmicrohttpd 0.9.75 marks the connection closed
// there and then frees it only on a further event, which a shut down socket under epoll no longer has. Writing the last
// chunk fails instead, and that path frees it. The resume makes sure that the loop tries to write.
ssize_t Exchange::leave_locked() {
  if (leaving_) return MHD_CONTENT_READER_END_OF_STREAM;
  leaving_ = true;
  MHD_suspend_connection(connection_);
  MHD_resume_connection(connection_);
  return 0;
}

void Exchange::completed() {
  std::vector<std::function<void()>> callbacks;
  {
    std::lock_guard lock(mutex_);
    gone_ = true;
    if (watched_) hub_->watch.listen(socket_->watch_token, {});
    connection_ = nullptr;
    socket_->deadline_ms = monotonic_ms() + hub_->options.idle_timeout_ms;
    socket_ = nullptr;
    if (stream_open_) {
      hub_->streams -= 1;
      address_->streams -= 1;
    }
    release(buffer_held_);
    buffer_held_ = 0;
    stream_open_ = false;
    buffer_.clear();
    buffer_.shrink_to_fit();
    callbacks.swap(closed_callbacks_);
  }
  for (auto& callback : callbacks) callback();
}

}  // namespace spreaders::http_internal
