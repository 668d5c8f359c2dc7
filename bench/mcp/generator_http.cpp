#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/mcp/generator.hpp"

namespace mcp_bench {

namespace {

constexpr int kConnectionsOfAnAddress = 2000;
constexpr double kOpenSeconds_max = 60;
constexpr int kSettle_ms = 2000;  // after the first answer, before memory and processor time count as idle
constexpr size_t kReadBlock_bytes = 256 * 1024;

std::string post(const Options& options, const std::string& headers, const std::string& body) {
  return "POST " + options.path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
         "\r\nContent-Type: application/json\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// `source` is the last part of the address in 127.0.0.0/24 that we come from; -1 when nobody listens.
int connect_from(int source, uint16_t port) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) stop_with("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<uint32_t>(source - 1));
  int on = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (source != 1 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) stop_with("bind");
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    if (errno != ECONNREFUSED) stop_with("connect");
    ::close(fd);
    return -1;
  }
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int connect_or_stop(int source, uint16_t port) {
  int fd = connect_from(source, port);
  if (fd < 0) stop_with("nobody listens on the port");
  return fd;
}

void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t count = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0) stop_with("send");
    text.remove_prefix(static_cast<size_t>(count));
  }
}

// A whole HTTP answer at the front of `text`: where it ends, 0 while it is incomplete. Length or chunked.
size_t answer_end(std::string_view text) {
  size_t head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::string lower(text.substr(0, head + 2));
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (size_t at = lower.find("\r\ncontent-length:"); at != std::string::npos) {
    size_t end = head + 4 + std::strtoull(lower.c_str() + at + 17, nullptr, 10);
    return text.size() >= end ? end : 0;
  }
  if (lower.find("\r\ntransfer-encoding: chunked") == std::string::npos)
    stop_with("an answer without a length: " + lower);
  for (size_t at = head + 4;;) {
    size_t line = text.find("\r\n", at);
    if (line == std::string_view::npos) return 0;
    size_t size = std::strtoull(std::string(text.substr(at, line - at)).c_str(), nullptr, 16);
    at = line + 2 + size + 2;
    if (text.size() < at) return 0;
    if (size == 0) return at;
  }
}

void check_answer(std::string_view answer, const Options& options) {
  bool fine = answer.starts_with("HTTP/1.1 200") && answer.find(options.expect) != std::string_view::npos &&
              answer.find("\"isError\":true") == std::string_view::npos;
  if (!fine) stop_with("a wrong answer: " + std::string(answer.substr(0, 1500)));
}

struct Connection {
  int fd = -1;
  std::string request;
  std::string received;
  size_t length = 0;  // of the whole answer, once the head is here; 0 before
  double sent = 0;
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options) {
    // Within a session the requests under way have different ids: "id":1 of the file becomes the connection's number.
    size_t id_at = options.body.find("\"id\":1,");
    if (id_at == std::string::npos) stop_with("the body has no \"id\":1,");
    poll_ = ::epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < options.connections; ++i) {
      auto connection = std::make_unique<Connection>();
      connection->fd = connect_or_stop(1, options.port);
      std::string body = options.body;
      connection->request = post(options, options.headers, body.replace(id_at + 5, 1, std::to_string(i + 1)));
      epoll_event event{.events = EPOLLIN, .data = {.ptr = connection.get()}};
      if (::epoll_ctl(poll_, EPOLL_CTL_ADD, connection->fd, &event) != 0) stop_with("epoll_ctl");
      connections_.push_back(std::move(connection));
    }
  }
  ~Load() {
    for (auto& connection : connections_) ::close(connection->fd);
    ::close(poll_);
  }

  // The answers of the first part warm the server up and are not counted.
  void run(double warm_seconds, double seconds) {
    for (auto& connection : connections_) ask(*connection);
    turn(warm_seconds);
    times_ms.clear();
    cpu_before_ = cpu_seconds(options_.pid);
    own_before_ = cpu_seconds(::getpid());
    double start = now_s();
    turn(seconds);
    wall_s = (now_s() - start);
    cpu_s = cpu_seconds(options_.pid) - cpu_before_;
    own_cpu_s = cpu_seconds(::getpid()) - own_before_;
  }

  std::vector<float> times_ms;
  double wall_s = 0, cpu_s = 0, own_cpu_s = 0;
  size_t answer_bytes = 0;

 private:
  void ask(Connection& connection) {
    connection.sent = now_s();
    send_all(connection.fd, connection.request);
  }

  void turn(double seconds) {
    double start = now_s();
    std::vector<epoll_event> events(256);
    while ((now_s() - start) < seconds) {
      int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 1000);
      if (count < 0 && errno != EINTR) stop_with("epoll_wait");
      if (count == 0) stop_with("no answer for a second");
      for (int i = 0; i < count; ++i) read(*static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr));
    }
  }

  void read(Connection& connection) {
    size_t before = connection.received.size();
    size_t wanted = connection.length > before ? connection.length - before : 0;
    connection.received.resize(before + std::max(wanted, before == 0 ? size_t{4096} : kReadBlock_bytes));
    ssize_t count = ::recv(connection.fd, connection.received.data() + before, connection.received.size() - before, 0);
    if (count <= 0) stop_with("the server closed a connection");
    connection.received.resize(before + static_cast<size_t>(count));
    if (connection.length == 0) {
      connection.length = answer_end(connection.received);
      if (connection.length == 0) connection.length = announced(connection.received);
    }
    if (connection.length == 0 || connection.received.size() < connection.length) return;
    if (connection.received.size() > connection.length) stop_with("more than one answer");
    times_ms.push_back(static_cast<float>((now_s() - connection.sent) * 1e3));
    check_answer(connection.received, options_);
    answer_bytes = connection.received.size();
    connection.received.clear();
    connection.length = 0;
    ask(connection);
  }

  // Saves looking at the head again with every piece of a long answer. 0 when the answer is chunked or has no head yet.
  static size_t announced(std::string_view text) {
    size_t head = text.find("\r\n\r\n");
    if (head == std::string_view::npos) return 0;
    std::string lower(text.substr(0, head + 2));
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    size_t at = lower.find("\r\ncontent-length:");
    return at == std::string::npos ? 0 : head + 4 + std::strtoull(lower.c_str() + at + 17, nullptr, 10);
  }

  const Options& options_;
  int poll_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  double cpu_before_ = 0, own_before_ = 0;
};

int source_of(int i) { return 2 + i / kConnectionsOfAnAddress; }

// Opens the streams and waits until each has its 200 and its first event.
std::vector<int> open_streams(const Options& options) {
  std::string request = post(options, options.stream_headers, options.stream_body);
  std::vector<int> fds;
  for (int i = 0; i < options.streams; ++i) {
    fds.push_back(connect_or_stop(source_of(i), options.port));
    send_all(fds.back(), request);
  }
  timeval patience{.tv_sec = 10, .tv_usec = 0};
  for (int fd : fds) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string text;
    while (text.find("data:") == std::string::npos) {
      char block[4096];
      ssize_t count = ::recv(fd, block, sizeof block, 0);
      if (count <= 0) stop_with("a stream did not begin: " + text);
      text.append(block, static_cast<size_t>(count));
    }
    if (!text.starts_with("HTTP/1.1 200")) stop_with("a stream was refused: " + text);
  }
  return fds;
}

bool is_open(int fd) {
  char byte = 0;
  ssize_t count = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

}  // namespace

int run_http(const Options& options) {
  double resident_before_mb = resident_mb(options.pid);
  std::vector<int> streams = open_streams(options);
  std::vector<int> idle;
  for (int i = 0; i < options.idle; ++i) idle.push_back(connect_or_stop(source_of(i), options.port));
  Load load(options);
  load.run(std::min(1.0, options.seconds / 4), options.seconds);
  double resident_after_mb = resident_mb(options.pid);
  auto open_streams_now = std::count_if(streams.begin(), streams.end(), is_open);
  auto open_idle_now = std::count_if(idle.begin(), idle.end(), is_open);
  auto& times = load.times_ms;
  if (times.empty()) stop_with("no answers");
  std::sort(times.begin(), times.end());
  auto n = static_cast<double>(times.size());
  std::printf(
      "{\"connections\":%d,\"requests\":%zu,\"per_s\":%.0f,\"cpu_us\":%.2f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%"
      ".2f,"
      "\"answer_bytes\":%zu,\"cores\":%.2f,\"generator_cores\":%.2f,\"streams\":%ld,\"idle\":%ld,"
      "\"resident_before_mb\":%.1f,\"resident_mb\":%.1f}\n",
      options.connections, times.size(), n / load.wall_s, load.cpu_s / n * 1e6, percentile(times, 0.5),
      percentile(times, 0.99), static_cast<double>(times.back()), load.answer_bytes, load.cpu_s / load.wall_s,
      load.own_cpu_s / load.wall_s, static_cast<long>(open_streams_now), static_cast<long>(open_idle_now),
      resident_before_mb, resident_after_mb);
  bool lost = open_streams_now != options.streams || open_idle_now != options.idle;
  if (lost) stop_with("the server closed streams or idle connections");
  return 0;
}

// From fork to the first whole answer of a call over HTTP, then the memory of the idle server after a second.
int run_start(const Options& options) {
  double start = now_s();
  pid_t child = ::fork();
  if (child < 0) stop_with("fork");
  if (child == 0) {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::execvp(options.program[0], options.program);
    ::_exit(127);
  }
  double accepted_s = 0, answered_s = 0;
  while (answered_s == 0) {
    if ((now_s() - start) > kOpenSeconds_max || ::waitpid(child, nullptr, WNOHANG) == child)
      stop_with("it did not start");
    int fd = connect_from(1, options.port);
    if (fd < 0) {
      ::poll(nullptr, 0, 1);
      continue;
    }
    accepted_s = (now_s() - start);
    send_all(fd, post(options, options.headers, options.body));
    std::string text;
    while (answer_end(text) == 0) {
      char block[65536];
      ssize_t count = ::recv(fd, block, sizeof block, 0);
      if (count <= 0) stop_with("no first answer");
      text.append(block, static_cast<size_t>(count));
    }
    check_answer(text, options);
    answered_s = (now_s() - start);
    ::close(fd);
  }
  double first_mb = resident_mb(child);
  ::poll(nullptr, 0, kSettle_ms);
  double idle_mb = resident_mb(child);
  double before = cpu_seconds(child);
  ::poll(nullptr, 0, kSettle_ms);
  double idle_cpu = (cpu_seconds(child) - before) / (kSettle_ms / 1e3);
  ::kill(child, SIGTERM);
  double asked = now_s();
  ::waitpid(child, nullptr, 0);
  std::printf(
      "{\"listening_ms\":%.1f,\"first_answer_ms\":%.1f,\"first_mb\":%.1f,\"idle_mb\":%.1f,\"idle_cpu_percent\":%.2f,"
      "\"end_ms\":%.1f}\n",
      accepted_s * 1e3, answered_s * 1e3, first_mb, idle_mb, idle_cpu * 100, (now_s() - asked) * 1e3);
  return 0;
}

}  // namespace mcp_bench
