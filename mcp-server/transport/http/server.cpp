#include "mcp-server/transport/http/server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "core/time.hpp"
#include "mcp-server/transport/http/exchange.hpp"
#include "mcp-server/transport/worker_pool.hpp"

namespace spreaders {

using http_internal::Address;
using http_internal::Connection;
using http_internal::Exchange;
using http_internal::Hub;
using http_internal::Route;

namespace {

constexpr int kBacklog = 1024;
// libmicrohttpd cannot answer in the middle of a body, so a little more than the limit is read and thrown away to send
// a proper 413; beyond this nothing more is read and the connection is cut.
constexpr size_t kOverrunBytes_max = 1024 * 1024;
constexpr size_t kOtherFiles = 512;  // what the rest of the program opens
// What libmicrohttpd needs beside the text: for a query parameter, and to read on.
constexpr size_t kParameter_bytes = 64;
constexpr size_t kReadAhead_bytes = 1024;

const std::string* find(const HttpHeaders& list, std::string_view name) {
  for (const auto& [key, value] : list) {
    if (key == name) return &value;
  }
  return nullptr;
}

HttpServerResponse plain(int status, std::string body, HttpHeaders headers = {}) {
  headers.emplace_back("content-type", "text/plain; charset=utf-8");
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

// RFC 9110 5.6.2
bool is_token(std::string_view text) {
  auto part = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), part);
}

// libmicrohttpd keeps a record of each query parameter beside the headers, and where one does not fit in
// `header_bytes_max` any more it neither answers nor closes.
bool query_fits(std::string_view target, size_t header_bytes_max) {
  size_t query = target.find('?');
  if (query == std::string_view::npos) return true;
  auto parameters = static_cast<size_t>(std::count(target.begin() + query, target.end(), '&')) + 1;
  size_t used = std::max(header_bytes_max / 2, target.size() + header_bytes_max / 8 + kReadAhead_bytes);
  return used < header_bytes_max && parameters * kParameter_bytes < header_bytes_max - used;
}

// What two readers could understand in two ways, so that the next request is not sought behind it either. A
// Content-Length that is no number is refused by libmicrohttpd itself.
std::optional<HttpServerResponse> framing_problem(const HttpServerRequest& request, std::string_view version) {
  auto refuse = [](int status, const char* why) { return plain(status, why, {{"connection", "close"}}); };
  const std::string* length = request.header("content-length");
  size_t hosts = 0;
  size_t codings = 0;
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return refuse(400, "a header has no name\n");
    if (name == "content-length" && value != *length) return refuse(400, "two different Content-Length headers\n");
    if (name == "transfer-encoding" && (lower_ascii(value) != "chunked" || ++codings > 1))
      return refuse(501, "the only known Transfer-Encoding is chunked\n");
    if (name == "host") ++hosts;
  }
  if (hosts > 1) return refuse(400, "more than one Host header\n");
  if (hosts == 0 && version != "HTTP/1.0") return refuse(400, "a Host header is needed\n");
  if (codings > 0 && length != nullptr) return refuse(400, "both Content-Length and Transfer-Encoding\n");
  if (codings > 0 && version == "HTTP/1.0") return refuse(400, "HTTP/1.0 knows no Transfer-Encoding\n");
  return std::nullopt;
}

bool covers(std::string_view route, std::string_view path) {
  if (!path.starts_with(route)) return false;
  return path.size() == route.size() || route.ends_with('/') || path[route.size()] == '/';
}

Result<int> listen_on(const std::string& address, uint16_t port) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    size = sizeof *v4;
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    size = sizeof *v6;
  } else {
    return invalid("\"" + address + "\" is not a numeric IP address to listen on");
  }
  int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1;
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0 || ::listen(fd, kBacklog) != 0) {
    std::string why = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return Error{Code::kUnavailable, "Cannot listen on " + address + " port " + std::to_string(port) + ": " + why};
  }
  return fd;
}

uint16_t port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

std::string address_text(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address == nullptr) return text;
  if (address->sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  }
  return text;
}

// The part of an address that one client has: all of IPv4, the first 64 bits of IPv6.
std::string client_of(const sockaddr* address) {
  if (address != nullptr && address->sa_family == AF_INET6) {
    sockaddr_in6 network = *reinterpret_cast<const sockaddr_in6*>(address);
    if (!IN6_IS_ADDR_V4MAPPED(&network.sin6_addr)) std::memset(network.sin6_addr.s6_addr + 8, 0, 8);
    return address_text(reinterpret_cast<sockaddr*>(&network));
  }
  return address_text(address);
}

Connection* socket_of(MHD_Connection* connection) {
  return static_cast<Connection*>(
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context);
}

// A connection is a file; many systems let a process begin with 1,024, and it may raise that.
void fit_open_files(HttpServerOptions& options) {
  rlimit files{};
  rlim_t wanted = options.connections_max + kOtherFiles;
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted) return;
  files.rlim_cur = std::min(wanted, files.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur >= wanted) return;
  size_t fits = files.rlim_cur > 2 * kOtherFiles ? files.rlim_cur - kOtherFiles : files.rlim_cur / 2;
  options.connections_per_address_max = std::min(options.connections_per_address_max, std::max<size_t>(fits / 2, 1));
  options.connections_max = fits;
  log_warn("the limit of open files allows few connections",
           {{"files", std::to_string(files.rlim_cur)}, {"connections", std::to_string(fits)}});
}

}  // namespace

const std::string* HttpServerRequest::header(std::string_view lower_name) const { return find(headers, lower_name); }
const std::string* HttpServerRequest::query_value(std::string_view name) const { return find(query, name); }

class HttpServer::Daemon {
 public:
  explicit Daemon(HttpServerOptions options) : hub_(std::make_shared<Hub>()) { hub_->options = std::move(options); }
  ~Daemon() { stop(); }

  void add(Route route) { routes_.push_back(std::move(route)); }
  Result<void> start();
  void stop();
  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] const Hub& hub() const { return *hub_; }
  [[nodiscard]] Stats stats() const;

 private:
  using Box = std::shared_ptr<Exchange>;  // *con_cls holds one on the heap: libmicrohttpd and the worker share it

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                               const char* version, const char* data, size_t* size, void** state);
  static void on_completed(void* self, MHD_Connection* connection, void** state, MHD_RequestTerminationCode code);
  static void on_connection(void* self, MHD_Connection* connection, void** socket_state,
                            MHD_ConnectionNotificationCode);
  static void* on_target(void* self, const char* target, MHD_Connection* connection);
  static size_t no_unescape(void*, MHD_Connection*, char* text) { return std::strlen(text); }

  MHD_Result begin(MHD_Connection* connection, const char* path, const char* method, const char* version, void** state);
  MHD_Result take_body(Exchange& exchange, const char* data, size_t* size);
  MHD_Result dispatch(const Box& exchange);
  MHD_Result refuse(Exchange& exchange, HttpServerResponse response);
  std::optional<HttpServerResponse> problem_with(Exchange& exchange, MHD_Connection* connection,
                                                 std::string_view version);
  void housekeeping();

  std::shared_ptr<Hub> hub_;  // shared with exchanges that outlive us in a producer's hands
  std::vector<Route> routes_;
  std::unique_ptr<WorkerPool> workers_;
  MHD_Daemon* mhd_ = nullptr;
  uint16_t port_ = 0;
};

Result<void> HttpServer::Daemon::start() {
  fit_open_files(hub_->options);
  const auto& options = hub_->options;
  CHECK(mhd_ == nullptr, "start() is called once");
  // The longest path first, so that the first match is the best one.
  std::stable_sort(routes_.begin(), routes_.end(),
                   [](const Route& a, const Route& b) { return a.path.size() > b.path.size(); });
  int fd = TRY(listen_on(options.address, options.port));
  port_ = port_of(fd);
  auto watching = hub_->watch.start([this] { housekeeping(); });
  if (!watching) {
    ::close(fd);
    return watching.error();
  }
  workers_ = std::make_unique<WorkerPool>(
      WorkerPoolOptions{.threads = options.worker_threads, .queue_max = options.queue_max});
  mhd_ =
      MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &on_request, this,
                       MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, &on_completed, this,
                       MHD_OPTION_NOTIFY_CONNECTION, &on_connection, this, MHD_OPTION_UNESCAPE_CALLBACK, &no_unescape,
                       nullptr, MHD_OPTION_CONNECTION_LIMIT, static_cast<unsigned>(options.connections_max),
                       MHD_OPTION_PER_IP_CONNECTION_LIMIT, static_cast<unsigned>(options.connections_per_address_max),
                       MHD_OPTION_CONNECTION_MEMORY_LIMIT, options.header_bytes_max, MHD_OPTION_CONNECTION_TIMEOUT,
                       static_cast<unsigned>(options.idle_timeout_ms / 1000 + 1), MHD_OPTION_URI_LOG_CALLBACK,
                       &on_target, this, MHD_OPTION_END);
  if (mhd_ == nullptr) {
    ::close(fd);
    hub_->watch.stop();
    workers_->stop();
    return internal("The HTTP server could not start", std::strerror(errno));
  }
  return {};
}

void HttpServer::Daemon::stop() {
  if (mhd_ == nullptr) return;
  hub_->draining = true;
  MHD_socket listener = MHD_quiesce_daemon(mhd_);
  // From here on new connections are refused instead of waiting in the backlog.
  if (listener != MHD_INVALID_SOCKET) ::shutdown(listener, SHUT_RDWR);
  workers_->wait_idle(hub_->options.drain_timeout_ms);
  {
    // Streams end in order; exchanges whose handler is still busy after the drain time are cut, which also tells their
    // on_closed callbacks.
    std::vector<Box> open;
    std::unique_lock lock(hub_->mutex);
    for (auto* exchange : hub_->open) open.push_back(exchange->shared_from_this());
    lock.unlock();
    for (auto& exchange : open) exchange->answered() ? exchange->drain() : exchange->cut();
    lock.lock();
    constexpr auto kLastBytes = std::chrono::milliseconds(500);
    hub_->changed.wait_for(lock, kLastBytes, [this] { return hub_->open.empty(); });
    open.assign({});
    hub_->closing = true;
    for (auto* exchange : hub_->open) open.push_back(exchange->shared_from_this());
    lock.unlock();
    for (auto& exchange : open) exchange->cut();
  }
  workers_->stop();
  MHD_stop_daemon(mhd_);
  if (listener != MHD_INVALID_SOCKET) ::close(listener);
  hub_->watch.stop();
  mhd_ = nullptr;
}

HttpServer::Stats HttpServer::Daemon::stats() const {
  std::lock_guard lock(hub_->mutex);
  return {.requests = hub_->requests,
          .refused = hub_->refused,
          .slow_readers_cut = hub_->slow_readers_cut,
          .connections = hub_->connections.size(),
          .streams = hub_->streams,
          .held_bytes = hub_->held_bytes};
}

void HttpServer::Daemon::housekeeping() {
  int64_t now_ms = monotonic_ms();
  std::vector<Box> open;
  {
    std::lock_guard lock(hub_->mutex);
    std::erase_if(hub_->addresses, [](const auto& each) { return each.second.expired(); });
    for (auto* connection : hub_->connections) {
      int64_t deadline_ms = connection->deadline_ms;
      if (deadline_ms != 0 && now_ms > deadline_ms) ::shutdown(connection->fd, SHUT_RDWR);
    }
    if (hub_->streams > 0) {
      for (auto* exchange : hub_->open) open.push_back(exchange->shared_from_this());
    }
  }
  for (auto& exchange : open) exchange->comment_if_idle(now_ms);
}

void HttpServer::Daemon::on_connection(void* self, MHD_Connection* connection, void** socket_state,
                                       MHD_ConnectionNotificationCode code) {
  auto& hub = *static_cast<Daemon*>(self)->hub_;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    auto* socket = new Connection;
    socket->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    socket->deadline_ms = monotonic_ms() + hub.options.header_timeout_ms;
    socket->watch_token = hub.watch.add(socket->fd);
    *socket_state = socket;
    auto* client = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    std::lock_guard lock(hub.mutex);
    auto& known = hub.addresses[client_of(client)];
    socket->address = known.lock();
    if (!socket->address) known = socket->address = std::make_shared<Address>();
    hub.connections.insert(socket);
  } else {
    auto* socket = static_cast<Connection*>(*socket_state);
    *socket_state = nullptr;
    hub.watch.forget(socket->watch_token);
    std::lock_guard lock(hub.mutex);
    hub.connections.erase(socket);
    delete socket;
  }
}

// The first line of a request has come.
void* HttpServer::Daemon::on_target(void* self, const char* target, MHD_Connection* connection) {
  auto* socket = socket_of(connection);
  std::string_view text = target == nullptr ? "" : target;
  socket->target_problem = std::nullopt;
  if (text.find(' ') != std::string_view::npos) socket->target_problem = plain(400, "a space in the target\n");
  if (!query_fits(text, static_cast<Daemon*>(self)->hub_->options.header_bytes_max)) {
    socket->target_problem = plain(414, "the query is too long\n");
    socket->deadline_ms = monotonic_ms();  // until begin(), which it may never reach
  }
  return nullptr;
}

MHD_Result HttpServer::Daemon::on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                                          const char* version, const char* data, size_t* size, void** state) {
  auto* daemon = static_cast<Daemon*>(self);
  if (*state == nullptr) return daemon->begin(connection, path, method, version, state);
  auto& exchange = *static_cast<Box*>(*state);
  if (*size > 0) return daemon->take_body(*exchange, data, size);
  if (!exchange->dispatched) return daemon->dispatch(exchange);
  return exchange->queue_answer();
}

MHD_Result HttpServer::Daemon::begin(MHD_Connection* connection, const char* path, const char* method,
                                     const char* version, void** state) {
  auto* socket = socket_of(connection);
  auto exchange = std::make_shared<Exchange>(hub_, connection, socket);
  {
    std::lock_guard lock(hub_->mutex);
    if (hub_->closing) return MHD_NO;
    hub_->open.insert(exchange.get());
  }
  *state = new Box(exchange);
  hub_->requests += 1;
  socket->deadline_ms = monotonic_ms() + hub_->options.body_timeout_ms;
  exchange->request_.method = method;
  exchange->request_.path = percent_decode(path);
  exchange->request_.remote_address =
      address_text(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
  auto problem = std::exchange(socket->target_problem, std::nullopt);
  if (auto other = problem_with(*exchange, connection, version); !problem) problem = std::move(other);
  if (!problem) return MHD_YES;
  const auto* length = exchange->request_.header("content-length");
  bool body = exchange->request_.header("transfer-encoding") != nullptr || (length != nullptr && *length != "0");
  // An answer before the body is read costs the connection, so it is only given when there is a body.
  if (body) return refuse(*exchange, std::move(*problem));
  exchange->refused = std::move(*problem);
  return MHD_YES;
}

// Reads headers and query into the request and finds its route; an answer when the request is refused at once.
std::optional<HttpServerResponse> HttpServer::Daemon::problem_with(Exchange& exchange, MHD_Connection* connection,
                                                                   std::string_view version) {
  auto& request = exchange.request_;
  MHD_get_connection_values_n(
      connection, MHD_HEADER_KIND,
      [](void* headers, MHD_ValueKind, const char* key, size_t key_size, const char* value, size_t value_size) {
        static_cast<HttpHeaders*>(headers)->emplace_back(lower_ascii({key, key_size}),
                                                         std::string(trim({value ? value : "", value_size})));
        return MHD_YES;
      },
      &request.headers);
  MHD_get_connection_values_n(
      connection, MHD_GET_ARGUMENT_KIND,
      [](void* query, MHD_ValueKind, const char* key, size_t key_size, const char* value, size_t value_size) {
        static_cast<HttpHeaders*>(query)->emplace_back(percent_decode({key, key_size}, true),
                                                       percent_decode({value ? value : "", value_size}, true));
        return MHD_YES;
      },
      &request.query);

  if (request.headers.size() > hub_->options.headers_max) return plain(431, "too many header lines\n");
  if (auto problem = framing_problem(request, version)) return problem;
  if (request.path.find('\0') != std::string::npos) return plain(400, "a NUL in the path\n");
  if (request.method == "TRACE" || request.method == "CONNECT") return plain(405, "method not allowed\n");

  std::string allow;
  for (const auto& route : routes_) {
    if (!covers(route.path, request.path)) continue;
    bool head = request.method == "HEAD" && route.method == "GET";
    if (route.method == "*" || route.method == request.method || head) {
      exchange.route = &route;
      break;
    }
    allow += (allow.empty() ? "" : ", ") + route.method;
  }
  if (exchange.route == nullptr) {
    return allow.empty() ? plain(404, "nothing here\n") : plain(405, "method not allowed\n", {{"allow", allow}});
  }
  size_t body_max = exchange.route->options.body_bytes_max;
  if (body_max == 0) body_max = hub_->options.body_bytes_max;
  const std::string* length = request.header("content-length");
  if (length != nullptr && std::strtoull(length->c_str(), nullptr, 10) > body_max) {
    return plain(413, "the body is over " + std::to_string(body_max) + " bytes\n");
  }
  return std::nullopt;
}

MHD_Result HttpServer::Daemon::refuse(Exchange& exchange, HttpServerResponse response) {
  hub_->refused += 1;
  exchange.dispatched = true;
  exchange.set_immediate(std::move(response));
  return exchange.queue_answer();
}

MHD_Result HttpServer::Daemon::take_body(Exchange& exchange, const char* data, size_t* size) {
  if (exchange.closed()) return MHD_NO;
  if (exchange.dispatched) {  // refused in begin(): libmicrohttpd drops the rest
    *size = 0;
    return MHD_YES;
  }
  size_t body_max = exchange.route->options.body_bytes_max;
  if (body_max == 0) body_max = hub_->options.body_bytes_max;
  exchange.body_bytes += *size;
  exchange.body_too_large = exchange.body_bytes > body_max;
  if (exchange.body_bytes > body_max + kOverrunBytes_max) {
    exchange.dispatched = true;
    *size = 0;
    return exchange.hold_back() ? MHD_YES : MHD_NO;
  }
  bool kept = !exchange.body_too_large && !exchange.body_unheld;
  if (kept && !exchange.hold(*size)) {
    exchange.body_unheld = true;
    kept = false;
  }
  if (!kept) {
    exchange.release(exchange.request_.body.size());
    std::string().swap(exchange.request_.body);
  } else {
    exchange.request_.body.append(data, *size);
  }
  *size = 0;
  return MHD_YES;
}

MHD_Result HttpServer::Daemon::dispatch(const Box& exchange) {
  if (exchange->refused) return refuse(*exchange, std::move(*exchange->refused));
  if (exchange->body_too_large) return refuse(*exchange, plain(413, "the body is too large\n"));
  if (exchange->body_unheld) return refuse(*exchange, plain(503, "too many bodies at once\n", {{"retry-after", "5"}}));
  // A connection that is suspended while it reads is read when it goes on, and an end of input that came meanwhile
  // drops the request before it is answered. After a "not yet" the loop does not read, and calls again in its next
  // round.
  if (!std::exchange(exchange->whole, true)) return MHD_YES;
  const Route& route = *exchange->route;
  size_t concurrent_max = route.options.concurrent_max;
  if (concurrent_max != 0 && route.running->load() >= concurrent_max) {
    return refuse(*exchange, plain(503, "too many requests of this kind at once\n", {{"retry-after", "1"}}));
  }
  exchange->dispatched = true;
  if (!exchange->suspend()) return MHD_NO;
  *route.running += 1;
  auto run = [exchange, running = route.running, &route] {
    // What the handler gets answers 500 when the last holder lets go of it without an answer.
    HttpExchangePtr lent(exchange.get(), [exchange](HttpExchange*) { exchange->respond(plain(500, "no answer\n")); });
    try {
      route.handler(std::move(lent));
    } catch (const std::exception& problem) {
      log_error("a route handler threw", {{"path", exchange->request().path}, {"what", problem.what()}});
      exchange->respond(plain(500, "internal error\n"));
    }
    *running -= 1;
  };
  bool accepted = workers_->submit(std::move(run), exchange->address());
  if (!accepted) {
    *route.running -= 1;
    hub_->refused += 1;
    exchange->respond(plain(503, "the server is busy\n", {{"retry-after", "1"}}));
  }
  return MHD_YES;
}

void HttpServer::Daemon::on_completed(void* self, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
  auto* box = static_cast<Box*>(*state);
  if (box == nullptr) return;
  *state = nullptr;
  (*box)->completed();
  auto& hub = *static_cast<Daemon*>(self)->hub_;
  {
    std::lock_guard lock(hub.mutex);
    hub.open.erase(box->get());
    if (hub.draining) hub.changed.notify_all();
  }
  delete box;
}

HttpServer::HttpServer(HttpServerOptions options) : daemon_(std::make_unique<Daemon>(std::move(options))) {}
HttpServer::~HttpServer() = default;

void HttpServer::route(std::string method, std::string path, HttpHandler handler, HttpRouteOptions options) {
  route_exchange(
      std::move(method), std::move(path),
      [handler = std::move(handler)](const HttpExchangePtr& exchange) {
        exchange->respond(handler(exchange->request()));
      },
      options);
}

void HttpServer::route_exchange(std::string method, std::string path, HttpExchangeHandler handler,
                                HttpRouteOptions options) {
  CHECK(path.starts_with('/'), "a route path starts with /");
  daemon_->add(
      {.method = std::move(method), .path = std::move(path), .handler = std::move(handler), .options = options});
}

Result<void> HttpServer::start() { return daemon_->start(); }
uint16_t HttpServer::port() const { return daemon_->port(); }
void HttpServer::stop() { daemon_->stop(); }
HttpServer::Stats HttpServer::stats() const { return daemon_->stats(); }

}  // namespace spreaders
