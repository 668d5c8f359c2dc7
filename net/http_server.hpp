// A small HTTP/1.1 server for loopback listeners: the operations port and the sandbox. It wraps cpp-httplib and keeps
// it hardened; the exposed door is another server (ARCHITECTURE.md D4), because this one spends a thread a connection.
//
//   std::vector<net::Route> routes;
//   routes.push_back({"GET", "/mail/{n}", [&](const net::Request& request) {
//     return net::text_response(200, "mail " + request.captures[0]);
//   }});
//   auto server = TRY(net::HttpServer::start(std::move(routes), {}));
//   server->port();    // the port that was free
//
// Patterns match the percent-decoded path segment by segment; {name} takes one non-empty segment, and captures hold
// them in order. HEAD is answered from GET. Handlers run on many threads at once and must not throw; a handler that
// does is answered with 500.
// Refused before a handler sees it: bodies over the limit (413, counted as they come, so chunked and compressed ones
// too), multipart forms (415), bodies on GET and HEAD, Transfer-Encoding beside Content-Length (400, RFC 9112 6.3), a
// Host or Origin that is not loopback (421, 403: DNS rebinding and foreign pages), unknown paths (404) and methods
// (405).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace spreaders::net {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The value of the first pair with that name, or nothing.
std::string_view find_value(const Pairs& pairs, std::string_view name);

struct Request {
  std::string method = {};
  std::string path = {};                   // percent-decoded, without the query
  std::vector<std::string> captures = {};  // what {name} matched, in order
  Pairs query = {};                        // decoded
  Pairs headers = {};                      // names in lower case
  std::string body = {};
  [[nodiscard]] std::string_view header(std::string_view lower_name) const { return find_value(headers, lower_name); }
  [[nodiscard]] std::string_view parameter(std::string_view name) const { return find_value(query, name); }
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  Pairs headers = {};
};

Response text_response(int status, std::string text);
Response html_response(int status, std::string html);
Response json_response(int status, std::string json);

struct Route {
  std::string method;   // GET POST PUT PATCH DELETE
  std::string pattern;  // "/", "/mail/{n}/html"
  std::function<Response(const Request&)> handler;
};

struct HttpServerOptions {
  int port = 0;  // 0 = any free one; always bound to 127.0.0.1
  size_t body_bytes_max = 1024 * 1024;
  size_t threads = 16;  // = connections served at once; more wait in the backlog
  size_t keep_alive_requests_max = 1'000'000;
  int keep_alive_timeout_s = 2;
  int read_timeout_s = 5;
  int write_timeout_s = 10;
};

// Decodes application/x-www-form-urlencoded text: form bodies and query strings. At most 1,000 pairs are kept.
Pairs parse_form(std::string_view text);
std::string to_form(const Pairs& pairs);

// True for 127.0.0.0/8, [::1] and localhost, with or without a port: the authority of a URL or a Host header.
bool is_loopback_authority(std::string_view authority);

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> start(std::vector<Route> routes, const HttpServerOptions& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] int port() const;
  // Stops accepting, lets running handlers end and joins every thread, which takes up to the keep-alive time when a
  // client still holds a connection. Safe to call twice.
  void stop();

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace spreaders::net
