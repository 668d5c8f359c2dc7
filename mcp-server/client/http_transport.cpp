#include "mcp-server/client/http_transport.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/time.hpp"
#include "core/wait.hpp"
#include "mcp-server/client/sse.hpp"

namespace spreaders::mcp {

namespace {

constexpr int kAuthorizedTries_max = 4;  // of one request: sign in, step up, a nonce
constexpr int64_t kSessionEnd_ms = 2'000;
constexpr int64_t kStanding_ms = 60 * 60'000;  // one connection of the standing stream
constexpr std::string_view kSessionHeader = "mcp-session-id";

enum class Shape : uint8_t { kNone, kJson, kEvents, kOther };

Shape shape_of(const HttpResponse& head) {
  const std::string type =
      lower_ascii(trim(head.header("content-type").substr(0, head.header("content-type").find(';'))));
  if (type == "text/event-stream") return Shape::kEvents;
  if (type == "application/json") return Shape::kJson;
  return type.empty() ? Shape::kNone : Shape::kOther;
}

SseLimits sse_limits(const ClientLimits& limits) {
  return {.event_bytes_max = limits.message_bytes_max,
          .stream_bytes_max = limits.stream_bytes_max,
          .events_max = limits.events_max,
          .id_bytes_max = limits.event_id_bytes_max};
}

Error broken(std::string why) { return {Code::kVendorRejected, "The MCP server " + std::move(why) + "."}; }

}  // namespace

// What has come for one call, over all its connections.
struct HttpTransport::Reading {
  Reading(const ClientLimits& the_limits, jsonrpc::Id the_id)
      : limits(the_limits), id(std::move(the_id)), events(sse_limits(the_limits)) {}
  const ClientLimits& limits;
  jsonrpc::Id id;
  SseReader events;
  MessageTaker take = {};
  std::function<void(const Json&)> reply = {};
  std::function<void()> begun = {};  // on each connection's head
  HttpResponse head = {};
  Shape shape = Shape::kNone;
  std::string body = {};
  std::optional<jsonrpc::Message> answer = {};
  std::optional<Error> problem = {};
  size_t messages = 0;

  [[nodiscard]] bool success() const { return head.status >= 200 && head.status < 300; }
  bool begin(const HttpResponse& told) {
    head = told;
    shape = shape_of(told);
    body.clear();
    events.reconnected();
    if (begun) begun();
    return true;
  }
  bool data(std::string_view piece) {
    if (success() && shape == Shape::kEvents) {
      auto fed = events.feed(piece, [this](const SseEvent& event) { return message(event); });
      if (!fed.ok()) problem = fed.error();
      return !problem && !answer;
    }
    const size_t most = success() ? limits.message_bytes_max : limits.error_body_bytes_max;
    if (body.size() + piece.size() > most) {
      problem = broken("answers with more than " + std::to_string(most) + " bytes");
      return false;
    }
    body.append(piece);
    return true;
  }
  bool message(const SseEvent& event) {
    if (event.name != "message") return true;
    ++messages;
    auto json = parse_json(event.data, {.bytes_max = limits.message_bytes_max});
    if (!json.ok()) problem = broken("sent an event that is no JSON: " + json.error().message);
    if (problem) return false;
    auto sorted = sort_messages(std::move(*json), id, take, reply);
    if (!sorted.ok()) problem = sorted.error();
    else if (*sorted) answer = std::move(*sorted);
    return !problem && !answer;
  }
};

std::string HttpTransport::session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

void HttpTransport::forget_session() {
  const std::lock_guard lock(mutex_);
  session_.clear();
}

HttpRequest HttpTransport::request(std::string method, const HeaderList& headers, int64_t deadline_ms,
                                   std::stop_token stop) const {
  HttpRequest request{.method = std::move(method), .url = options_.url, .headers = headers};
  const bool reads = request.method == "GET";
  if (request.method == "POST") request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Accept", reads ? "text/event-stream" : "application/json, text/event-stream");
  if (auto id = session(); !id.empty()) request.headers.emplace_back("Mcp-Session-Id", std::move(id));
  request.timeout_ms = std::max<int64_t>(1, deadline_ms - monotonic_ms());
  request.connect_timeout_ms = std::min(options_.limits.connect_timeout_ms, request.timeout_ms);
  request.idle_timeout_ms = std::min(options_.limits.idle_timeout_ms, request.timeout_ms);
  request.response_bytes_max = std::max(options_.limits.stream_bytes_max, options_.limits.message_bytes_max) + 1;
  request.trusted_address = options_.trusted_address;
  request.stop = std::move(stop);
  return request;
}

// One request with its tries after 401 and 403. What came is in `reading`; an error when nothing usable did.
Result<void> HttpTransport::send(HttpRequest request, Reading& reading) {
  request.on_head = [&reading](const HttpResponse& head) { return reading.begin(head); };
  request.on_data = [&reading](std::string_view piece) { return reading.data(piece); };
  for (int tries = 1;; ++tries) {
    HttpRequest signed_request = request;
    if (options_.authorizer != nullptr) TRY(options_.authorizer->sign(signed_request));
    reading.head = {};
    auto sent = http_.send(signed_request);
    if (reading.problem) return *reading.problem;
    if (reading.answer) return {};
    if (!sent.ok()) return sent.error();
    const bool refused = reading.head.status == 401 || reading.head.status == 403;
    if (!refused || options_.authorizer == nullptr || tries >= kAuthorizedTries_max) return {};
    if (!TRY(options_.authorizer->refused(signed_request, reading.head, request.stop))) return {};
  }
}

Result<void> HttpTransport::keep_session(const Exchange& call, const Reading& reading) {
  if (call.method != "initialize" || !reading.success()) return {};
  const auto id = reading.head.header(kSessionHeader);
  const bool visible = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!visible || id.size() > options_.limits.session_id_bytes_max) return broken("gives a session id that is none");
  const std::lock_guard lock(mutex_);
  session_ = id;
  return {};
}

Result<Received> HttpTransport::exchange(const Exchange& call) {
  Reading reading(options_.limits, call.id);
  reading.take = call.take;
  // An answer to the server's own question goes out beside the stream that brought it.
  reading.reply = [&](const Json& message) {
    if (auto sent = notify(message, call.headers); !sent.ok()) reading.problem = sent.error();
  };
  HttpRequest post = request("POST", call.headers, call.deadline_ms, call.stop);
  post.body = to_text(call.message);
  auto sent = send(std::move(post), reading);
  const bool streamed = reading.success() && reading.shape == Shape::kEvents;
  const bool resumable = call.resumable && streamed && !reading.answer && !reading.problem &&
                         !reading.events.last_event_id().empty() && !call.stop.stop_requested();
  if (resumable) sent = resume(call, reading);
  if (!sent.ok()) return sent.error();
  TRY(keep_session(call, reading));
  return finish(reading);
}

// The rest of a stream that was closed before the answer: waits as told, then asks for what came after the last event.
Result<void> HttpTransport::resume(const Exchange& call, Reading& reading) {
  size_t messages = reading.messages;
  for (int tries = 0; tries < options_.limits.reconnects_max;) {
    const int64_t pause_ms =
        std::min(reading.events.retry_ms().value_or(options_.limits.retry_ms), options_.limits.retry_ms_max);
    if (monotonic_ms() + pause_ms >= call.deadline_ms) break;
    if (!wait_ms(call.stop, pause_ms)) return Error{Code::kCancelled, "The call was stopped."};
    HttpRequest get = request("GET", call.headers, call.deadline_ms, call.stop);
    get.headers.emplace_back("Last-Event-ID", reading.events.last_event_id());
    auto sent = send(std::move(get), reading);
    if (reading.answer) return {};
    if (reading.problem) return *reading.problem;
    if (!sent.ok() && sent.error().code == Code::kCancelled) return sent.error();
    if (sent.ok() && (!reading.success() || reading.shape != Shape::kEvents)) break;
    tries = reading.messages > messages ? 0 : tries + 1;
    messages = reading.messages;
  }
  return Error{Code::kOutcomeUnknown, "The MCP server closed its stream before the answer and did not go on with it."};
}

Result<Received> HttpTransport::finish(Reading& reading) {
  Received received{.status = reading.head.status};
  if (reading.answer) {
    received.message = std::move(reading.answer);
    return received;
  }
  if (received.status >= 300 && received.status < 400) {
    return broken("answers with a redirect, which is not followed; configure its final address");
  }
  if (!reading.success()) {
    // An error for a request that could not be read has no id.
    auto json = reading.shape == Shape::kJson ? parse_json(reading.body) : Result<Json>(Json(nullptr));
    if (json.ok() && json->is_object() && json->contains("error") && (*json)["error"].is_object()) {
      jsonrpc::Message error;
      error.kind = jsonrpc::Kind::kResponse;
      error.id = reading.id;
      error.error = std::move((*json)["error"]);
      received.message = std::move(error);
    }
    return received;
  }
  if (reading.shape == Shape::kEvents) {
    return Error{Code::kOutcomeUnknown, "The MCP server ended its stream before the answer."};
  }
  if (reading.body.empty()) return received;
  if (reading.shape != Shape::kJson)
    return broken("answers with something that is neither JSON nor a stream of events");
  auto json = parse_json(reading.body, {.bytes_max = options_.limits.message_bytes_max});
  if (!json.ok()) return broken("answers with broken JSON: " + json.error().message);
  auto sorted = TRY(sort_messages(std::move(*json), reading.id, reading.take, reading.reply));
  if (!sorted) return broken("answers another question than it was asked");
  received.message = std::move(sorted);
  return received;
}

Result<void> HttpTransport::notify(const Json& message, const HeaderList& headers) {
  Reading reading(options_.limits, jsonrpc::Id{});
  HttpRequest post = request("POST", headers, monotonic_ms() + options_.limits.connect_timeout_ms + kSessionEnd_ms, {});
  post.body = to_text(message);
  {
    const std::lock_guard lock(mutex_);
    session_headers_ = headers;
  }
  TRY(send(std::move(post), reading));
  if (reading.success()) return {};
  return broken("did not take a message: HTTP " + std::to_string(reading.head.status));
}

void HttpTransport::listen(MessageTaker take, HeaderList headers) {
  if (!has_session() || standing_.joinable()) return;
  std::promise<void> open;
  auto opened = open.get_future();
  standing_ = std::jthread([this, take = std::move(take), headers = std::move(headers), open = std::move(open)](
                               std::stop_token stop) mutable { stand(stop, take, headers, std::move(open)); });
  // What a server asks or tells beside its answers goes to this stream, and nowhere while there is none: the first call
  // comes after it.
  opened.wait_for(std::chrono::milliseconds(options_.limits.standing_wait_ms));
}

void HttpTransport::stand(const std::stop_token& stop, const MessageTaker& take, const HeaderList& headers,
                          std::promise<void> open) {
  Reading reading(options_.limits, jsonrpc::Id{std::string("standing stream")});
  reading.take = take;
  reading.reply = [&](const Json& message) {
    if (auto sent = notify(message, headers); !sent.ok()) reading.problem = sent.error();
  };
  bool is_open = false;
  reading.begun = [&] {
    if (!std::exchange(is_open, true)) open.set_value();
  };
  size_t messages = 0;
  for (int tries = 0; tries < options_.limits.reconnects_max && !stop.stop_requested();) {
    HttpRequest get = request("GET", headers, monotonic_ms() + kStanding_ms, stop);
    get.idle_timeout_ms = get.timeout_ms;  // silence is normal here
    if (auto id = reading.events.last_event_id(); !id.empty()) get.headers.emplace_back("Last-Event-ID", id);
    auto sent = send(std::move(get), reading);
    const bool offered = reading.success() && reading.shape == Shape::kEvents;
    if (reading.problem || (sent.ok() && !offered)) return;  // 405: this server has no standing stream
    tries = reading.messages > messages ? 0 : tries + 1;
    messages = reading.messages;
    const int64_t pause_ms =
        std::min(reading.events.retry_ms().value_or(options_.limits.retry_ms), options_.limits.retry_ms_max);
    if (!wait_ms(stop, pause_ms)) return;
  }
}

void HttpTransport::close() {
  if (standing_.joinable()) {
    standing_.request_stop();
    standing_.join();
  }
  if (!has_session()) return;
  HeaderList headers;
  {
    const std::lock_guard lock(mutex_);
    headers = session_headers_;
  }
  Reading reading(options_.limits, jsonrpc::Id{});
  // A server that is gone or knows no DELETE ends the session by itself.
  [[maybe_unused]] auto ended = send(request("DELETE", headers, monotonic_ms() + kSessionEnd_ms, {}), reading);
  forget_session();
}

}  // namespace spreaders::mcp
