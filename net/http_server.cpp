#include "net/http_server.hpp"

#include <fcntl.h>
#include <httplib.h>
#include <sys/socket.h>
#include <thread>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "core/time.hpp"

namespace spreaders::net {
namespace {

constexpr int kBacklog = 1024;  // the library compiles in 5, which makes 1,000 connections take 35 s
constexpr int64_t kStartTimeout_ms = 5000;
constexpr size_t kDrainBytesMax = 1024 * 1024;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  size_t start = 1;
  while (start <= path.size()) {
    const size_t end = std::min(path.find('/', start), path.size());
    segments.emplace_back(path.substr(start, end - start));
    start = end + 1;
  }
  return segments;
}

bool is_capture(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

struct CompiledRoute {
  std::string method;
  std::vector<std::string> segments;
  std::function<Response(const Request&)> handler;

  [[nodiscard]] bool matches(const std::vector<std::string>& path, std::vector<std::string>& captures) const {
    if (path.size() != segments.size()) return false;
    captures.clear();
    for (size_t i = 0; i < path.size(); ++i) {
      if (is_capture(segments[i]) && !path[i].empty()) captures.push_back(path[i]);
      else if (segments[i] != path[i]) return false;
    }
    return true;
  }
};

Request to_request(const httplib::Request& from) {
  Request request;
  request.method = from.method == "HEAD" ? "GET" : from.method;
  request.path = from.path;
  if (const size_t mark = from.target.find('?'); mark != std::string::npos) {
    request.query = parse_form(std::string_view(from.target).substr(mark + 1));
  }
  for (const auto& [name, value] : from.headers) request.headers.emplace_back(lower_ascii(name), value);
  return request;
}

void fill(const Response& from, httplib::Response& to) {
  to.status = from.status;
  for (const auto& [name, value] : from.headers) {
    // One place against header injection: the library writes what it is given.
    if ((name + value).find_first_of("\r\n") == std::string::npos) to.set_header(name, value);
  }
  to.set_content(from.body, from.content_type);
}

// The peer may have bytes in flight that nobody read, so this connection must not carry another request.
void refuse(httplib::Response& response, int status, std::string_view text) {
  fill(text_response(status, std::string(text) + "\n"), response);
  response.set_header("Connection", "close");
}

// What must not reach a handler whatever the route. True when the answer is already written.
bool refused_early(const httplib::Request& request, httplib::Response& response) {
  const bool has_length = request.has_header("Content-Length");
  const bool has_encoding = request.has_header("Transfer-Encoding");
  if ((has_length && has_encoding) || request.get_header_value_count("Content-Length") > 1) {
    refuse(response, 400, "The length of the body is stated twice.");
    return true;
  }
  const bool bodiless = request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
  if (bodiless && (has_encoding || (has_length && request.get_header_value("Content-Length") != "0"))) {
    refuse(response, 400, "This method takes no body.");
    return true;
  }
  if (!is_loopback_authority(request.get_header_value("Host"))) {
    refuse(response, 421, "This listener answers to loopback names only.");
    return true;
  }
  const std::string origin = request.get_header_value("Origin");
  if (!origin.empty()) {
    const size_t mark = origin.find("://");
    if (mark == std::string::npos || !is_loopback_authority(std::string_view(origin).substr(mark + 3))) {
      refuse(response, 403, "Requests from other sites are refused.");
      return true;
    }
  }
  if (request.is_multipart_form_data()) {
    refuse(response, 415, "Multipart forms are not accepted here.");
    return true;
  }
  return false;
}

}  // namespace

struct HttpServer::State {
  httplib::Server server;
  std::vector<CompiledRoute> routes;
  HttpServerOptions options;
  int port = 0;
  int listen_fd = -1;
  std::thread thread;
  std::atomic<bool> ended = false;

  void answer(const httplib::Request& from, const httplib::ContentReader* reader, httplib::Response& to) {
    Request request = to_request(from);
    if (reader != nullptr) {
      bool too_big = false;
      // Called with every piece after de-chunking and decompression: the library's own limit sees Content-Length only.
      size_t received = 0;
      const bool whole = (*reader)([&](const char* data, size_t size) {
        received += size;
        if (received <= options.body_bytes_max) request.body.append(data, size);
        else too_big = true;
        // A little more is read and dropped: closing with unread bytes would reset the connection before the 413 is
        // seen.
        return received <= options.body_bytes_max + kDrainBytesMax;
      });
      if (too_big)
        return refuse(to, 413, "The body is larger than " + std::to_string(options.body_bytes_max) + " bytes.");
      if (!whole) return refuse(to, 400, "The body did not arrive whole.");
    }
    const std::vector<std::string> path = split_path(request.path);
    bool other_method = false;
    for (const CompiledRoute& route : routes) {
      if (!route.matches(path, request.captures)) continue;
      if (route.method == request.method) return fill(route.handler(request), to);
      other_method = true;
    }
    fill(other_method ? text_response(405, "This path does not take " + request.method + ".\n")
                      : text_response(404, "Nothing is here.\n"),
         to);
  }
};

namespace {

template <class Answer>
void set_handlers(httplib::Server& server, Answer answer) {
  const auto plain = [answer](const httplib::Request& request, httplib::Response& response) {
    answer(request, nullptr, response);
  };
  const auto with_body = [answer](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& reader) { answer(request, &reader, response); };
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    return refused_early(request, response) ? httplib::Server::HandlerResponse::Handled
                                            : httplib::Server::HandlerResponse::Unhandled;
  });
  server.Get(".*", plain).Options(".*", plain);
  server.Post(".*", with_body).Put(".*", with_body).Patch(".*", with_body);
  server.Delete(".*", plain).Delete(".*", with_body);
  server.set_exception_handler([](const httplib::Request& request, httplib::Response& response, std::exception_ptr) {
    log_error("an HTTP handler threw", {{"method", request.method}, {"path", request.path}});
    refuse(response, 500, "Internal error.");
  });
}

}  // namespace

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() { stop(); }
int HttpServer::port() const { return state_->port; }

Result<std::unique_ptr<HttpServer>> HttpServer::start(std::vector<Route> routes, const HttpServerOptions& options) {
  auto owned = std::make_unique<State>();
  State& state = *owned;
  state.options = options;
  for (Route& route : routes) {
    if (!route.pattern.starts_with('/')) return invalid("The route pattern '" + route.pattern + "' must begin with /");
    state.routes.push_back({std::move(route.method), split_path(route.pattern), std::move(route.handler)});
  }
  httplib::Server& server = state.server;
  set_handlers(server, [&state](const httplib::Request& request, const httplib::ContentReader* reader,
                                httplib::Response& response) { state.answer(request, reader, response); });
  server.new_task_queue = [threads = options.threads] { return new httplib::ThreadPool(threads); };
  server.set_tcp_nodelay(true);  // without it every kept-alive POST waits 44 ms for a delayed ACK
  server.set_keep_alive_max_count(options.keep_alive_requests_max);
  server.set_keep_alive_timeout(options.keep_alive_timeout_s);
  server.set_read_timeout(options.read_timeout_s);
  server.set_write_timeout(options.write_timeout_s);
  server.set_payload_max_length(options.body_bytes_max + kDrainBytesMax);  // answer() counts and says 413 in words
  // SO_REUSEADDR only: with the library's SO_REUSEPORT two processes would silently share the port.
  server.set_socket_options([&state](socket_t fd) {
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    state.listen_fd = fd;
  });
  if (options.port == 0) state.port = server.bind_to_any_port("127.0.0.1");
  else state.port = server.bind_to_port("127.0.0.1", options.port) ? options.port : -1;
  if (state.port <= 0) {
    return Error{Code::kUnavailable, "Port " + std::to_string(options.port) + " of 127.0.0.1 cannot be bound."};
  }
  ::listen(state.listen_fd, kBacklog);
  state.thread = std::thread([&state] {
    state.server.listen_after_bind();
    state.ended = true;
  });
  const int64_t deadline_ms = monotonic_ms() + kStartTimeout_ms;
  // stop() before the loop runs would be lost, so nobody gets the server earlier.
  while (!server.is_running() && !state.ended && monotonic_ms() < deadline_ms) std::this_thread::yield();
  std::unique_ptr<HttpServer> result(new HttpServer(std::move(owned)));
  if (state.ended) return Error{Code::kUnavailable, "The HTTP listener could not start."};
  return result;
}

void HttpServer::stop() {
  state_->server.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace spreaders::net
