// The HTTP server of every door: MCP, tracking, ingest, webhooks, approval pages register routes on one instance.
// One event-loop thread reads and writes sockets (GNU libmicrohttpd, epoll); handlers run on a bounded worker pool and
// may block; open streams cost no thread. HTTP/1.1, no TLS (a reverse proxy ends TLS).
//
//   HttpServer server({.port = 0});
//   server.route("GET", "/o", [](const HttpServerRequest& request) { return HttpServerResponse{.body = pixel}; });
//   server.route_exchange("GET", "/ticks", [&](HttpExchangePtr exchange) {
//     auto stream = exchange->stream({.headers = {{"content-type", "text/event-stream"}}});
//     hub.add(stream);                       // any thread may push() later; the handler returns at once
//   });
//   TRY(server.start());                     // server.port() is the bound port
//   ... server.stop();                       // graceful: no new connections, answers finished, streams closed
//
// A route matches its path and everything below it ("/mcp" serves /mcp and /mcp/compact, not /mcpx); the longest match
// wins. No route: 404. Path known, method not: 405 with Allow. GET routes serve HEAD too; TRACE and CONNECT are
// refused. Refused before any handler runs: body over the limit, also chunked (413), headers over the limit (431 or
// cut), a query whose parameters do not fit beside them (414 or cut), both Transfer-Encoding and Content-Length or two
// different Content-Lengths, no Host or two, a header name that is no token, a space in the target (400), a
// Transfer-Encoding other than chunked (501), queue full (503 + Retry-After). RFC 9110, RFC 9112; server-sent events:
// WHATWG HTML 9.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace spreaders {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpServerRequest {
  std::string method;   // upper case
  std::string path;     // percent-decoded, starts with '/', without the query
  HttpHeaders query;    // decoded, in order
  HttpHeaders headers;  // names in lower case, values trimmed; repeated names stay separate entries
  std::string body;
  std::string remote_address;  // "127.0.0.1", "::1"
  // nullptr when absent; the first one when repeated.
  [[nodiscard]] const std::string* header(std::string_view lower_name) const;
  [[nodiscard]] const std::string* query_value(std::string_view name) const;
};

struct HttpServerResponse {
  int status = 200;
  HttpHeaders headers = {};
  std::string body = {};
  // Sent instead of `body` when set, without a copy. Shared by all responses that carry the same cached text.
  std::shared_ptr<const std::string> shared_body = nullptr;
};

// An open response. Any thread may push; nothing blocks. Shared by the producer and the event loop.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // False once the client is gone, close() was called, or the reader is so slow that the buffer limit cut it off.
  virtual bool push(std::string_view text) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual bool closed() const = 0;
};
using HttpStreamPtr = std::shared_ptr<HttpStream>;

struct HttpStreamStart {
  int status = 200;
  HttpHeaders headers = {};
  bool keep_alive_comments = true;  // ": keep-alive" lines while nothing else is written
};

// One request waiting for its answer. The handler may answer at once, or keep the pointer and answer from another
// thread later; an exchange that is dropped without an answer becomes a 500.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  [[nodiscard]] virtual const HttpServerRequest& request() const = 0;
  // The first of respond() and stream() counts; later ones do nothing (stream() then answers a closed stream).
  virtual void respond(HttpServerResponse response) = 0;
  virtual HttpStreamPtr stream(HttpStreamStart start) = 0;
  [[nodiscard]] virtual bool answered() const = 0;
  // The client has gone. Noticed while waiting only if on_closed() was called or a stream is open. One that has closed
  // half of its socket looks the same, and counts as gone; it still gets an answer that is ready, or one that nobody
  // called on_closed() for.
  [[nodiscard]] virtual bool closed() const = 0;
  // Called once, soon after the client went away before the answer was complete. Must be short. Also called at once
  // if that already happened.
  virtual void on_closed(std::function<void()> callback) = 0;
};
using HttpExchangePtr = std::shared_ptr<HttpExchange>;

using HttpHandler = std::function<HttpServerResponse(const HttpServerRequest&)>;
using HttpExchangeHandler = std::function<void(HttpExchangePtr)>;

struct HttpRouteOptions {
  size_t body_bytes_max = 0;  // 0 = the server's
  size_t concurrent_max = 0;  // handlers of this route at once, the rest gets 503; 0 = no limit of its own
};

// A route as a value, for those who hand several on.
struct HttpRoute {
  std::string method;
  std::string path;
  HttpExchangeHandler handler;
  HttpRouteOptions options = {};
};

struct HttpServerOptions {
  // An address is an IPv4 address or an IPv6 /64, what one customer of a provider has.
  std::string address = "127.0.0.1";  // numeric; "::1", "0.0.0.0" too
  uint16_t port = 0;                  // 0 = any free one
  size_t worker_threads = 8;
  size_t queue_max = 512;  // requests waiting for a worker; one address has three quarters, addresses take turns
  // start() raises the soft limit of open files for so many, and takes fewer where the hard one is too low.
  size_t connections_max = 8192;
  size_t connections_per_address_max = 4096;
  size_t streams_max = 4096;
  size_t streams_per_address_max = 3072;
  // Bytes in memory for clients that take their time: bodies that have not ended or whose request is in work, answers
  // and stream text that was not read. Beyond it bodies and answers become a 503 and streams are cut. An address alone
  // with one large answer gets it whatever its size.
  size_t held_bytes_max = 256 * 1024 * 1024;
  size_t held_bytes_per_address_max = 64 * 1024 * 1024;
  size_t body_bytes_max = 4 * 1024 * 1024;
  size_t header_bytes_max = 32 * 1024;           // of one request, request line included; also the read buffer
  size_t headers_max = 100;                      // lines
  size_t stream_buffer_bytes_max = 1024 * 1024;  // unread text of one stream; a slower reader is cut off
  int64_t header_timeout_ms = 10'000;            // from accept to the end of the first header block
  int64_t body_timeout_ms = 60'000;              // from there to the end of the body
  int64_t overrun_hold_ms = 2'000;               // before a client is cut whose body does not end at its limit
  int64_t response_timeout_ms = 120'000;         // for the client to read a whole answer
  int64_t idle_timeout_ms = 75'000;              // between requests of one connection
  int64_t keep_alive_comment_ms = 15'000;
  int64_t drain_timeout_ms = 10'000;  // stop(): how long running handlers may finish
};

class HttpServer {
 public:
  explicit HttpServer(HttpServerOptions options);
  ~HttpServer();  // stop()
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Routes are added before start(). Method "*" takes every method that is not refused.
  void route(std::string method, std::string path, HttpHandler handler, HttpRouteOptions options = {});
  void route_exchange(std::string method, std::string path, HttpExchangeHandler handler, HttpRouteOptions options = {});

  Result<void> start();
  [[nodiscard]] uint16_t port() const;
  // Accepts nothing more, closes streams, waits for handlers (at most drain_timeout_ms, then their exchanges are cut;
  // a handler that never returns still holds its thread and stop() waits for it).
  void stop();

  struct Stats {
    uint64_t requests = 0;
    uint64_t refused = 0;  // 503, 413, 4xx before any handler
    uint64_t slow_readers_cut = 0;
    size_t connections = 0;
    size_t streams = 0;
    size_t held_bytes = 0;
  };
  [[nodiscard]] Stats stats() const;

 private:
  class Daemon;
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace spreaders
