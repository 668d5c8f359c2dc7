#include "mcp-server/transport/http/http_outlets.hpp"

namespace spreaders::mcp {

HttpServerResponse json_response(int status, std::string body) {
  return {.status = status, .headers = {{"content-type", "application/json"}}, .body = std::move(body)};
}

namespace {

HttpServerResponse with_headers(HttpServerResponse response, const HttpHeaders& headers) {
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  return response;
}

HttpStreamPtr open_stream(const HttpExchangePtr& exchange, const HttpHeaders& more) {
  HttpHeaders headers = sse_headers();
  headers.insert(headers.end(), more.begin(), more.end());
  return exchange->stream({.status = 200, .headers = std::move(headers)});
}

HttpServerResponse forbidden(std::string text, const AnswerFrame& frame, const std::vector<std::string>& scopes) {
  auto response = json_response(403, std::move(text));
  response.headers.emplace_back(
      "www-authenticate",
      www_authenticate(frame.resource.get(), frame.path, {.error = "insufficient_scope", .scopes = scopes}));
  return with_headers(std::move(response), frame.headers);
}

}  // namespace

// --- stateless ---------------------------------------------------------------------------------------------------

StatelessOutlet::~StatelessOutlet() {
  // Let go without an answer: the request was cancelled. An empty stream says so without inventing a response.
  if (!exchange_) return;
  if (!stream_ && frame_.streams) open_locked();
  if (stream_) stream_->close();
}

void StatelessOutlet::open_locked() { stream_ = open_stream(exchange_, frame_.headers); }

bool StatelessOutlet::send(std::string_view message_text) {
  std::lock_guard lock(mutex_);
  if (!exchange_ || !frame_.streams) return false;
  if (!stream_) open_locked();
  return stream_->push(sse_message(message_text));
}

void StatelessOutlet::finish(std::string response_text, int http_status) {
  std::lock_guard lock(mutex_);
  if (!exchange_) return;
  if (!stream_ && frame_.only_streams && http_status < 400) open_locked();
  if (stream_) {
    stream_->push(sse_message(response_text));
    stream_->close();
  } else {
    exchange_->respond(with_headers(json_response(http_status, std::move(response_text)), frame_.headers));
  }
  exchange_.reset();
}

void StatelessOutlet::finish_lacking(std::string response_text, const std::vector<std::string>& scopes) {
  std::unique_lock lock(mutex_);
  if (!exchange_) return;
  if (stream_) {  // it has begun with 200
    lock.unlock();
    return finish(std::move(response_text), 200);
  }
  exchange_->respond(forbidden(std::move(response_text), frame_, scopes));
  exchange_.reset();
}

// --- sessions ----------------------------------------------------------------------------------------------------

SessionOutlet::~SessionOutlet() {
  if (finished_) return;
  if (!stream_ && frame_.streams) open_locked();
  if (stream_) stream_->end();
}

void SessionOutlet::open_locked() {
  stream_ = session_->streams.open();
  stream_->attach(open_stream(exchange_, frame_.headers), 0);
}

bool SessionOutlet::send(std::string_view message_text) {
  std::lock_guard lock(mutex_);
  if (finished_ || !frame_.streams) return false;
  if (!stream_) open_locked();
  return stream_->send(message_text);
}

void SessionOutlet::finish(std::string response_text, int http_status) {
  std::lock_guard lock(mutex_);
  if (finished_) return;
  if (!stream_ && frame_.only_streams && http_status < 400) open_locked();
  finished_ = true;
  if (stream_) {
    stream_->finish(response_text);
  } else {
    exchange_->respond(with_headers(json_response(http_status, std::move(response_text)), frame_.headers));
  }
}

void SessionOutlet::finish_lacking(std::string response_text, const std::vector<std::string>& scopes) {
  std::unique_lock lock(mutex_);
  if (finished_) return;
  if (stream_) {
    lock.unlock();
    return finish(std::move(response_text), 200);
  }
  finished_ = true;
  exchange_->respond(forbidden(std::move(response_text), frame_, scopes));
}

void SessionOutlet::detach(int64_t retry_ms) {
  std::lock_guard lock(mutex_);
  if (finished_ || !frame_.streams) return;
  if (!stream_) open_locked();
  stream_->detach(retry_ms);
}

}  // namespace spreaders::mcp
