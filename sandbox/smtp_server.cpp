#include "sandbox/smtp_server.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.hpp"
#include "sandbox/smtp_session.hpp"

namespace spreaders::sandbox {
namespace {

constexpr int kBacklog = 1024;
constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kOutputBytesMax = 256 * 1024;  // a client that does not read its replies is not read from either
constexpr int kEventsMax = 128;
constexpr int kSweepInterval_ms = 1000;
constexpr size_t kBouncesMax = 100'000;

// Closes what it holds.
struct Descriptor {
  int fd = -1;
  Descriptor() = default;
  explicit Descriptor(int number) : fd(number) {}
  Descriptor(Descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

struct Connection {
  Descriptor socket;
  SmtpSession session;
  int64_t active_ms = 0;  // monotonic
  int64_t resume_ms = 0;  // 0 = not paused
  uint32_t interest = EPOLLIN;
  bool peer_ended = false;
};

}  // namespace

struct SmtpServer::State {
  SmtpOptions options;
  SmtpHost host;
  Descriptor listener;
  Descriptor epoll;
  Descriptor wake;
  int port = 0;
  std::thread thread;
  std::atomic<bool> stopping = false;
  std::unordered_map<int, std::unique_ptr<Connection>> connections;
  size_t paused = 0;  // connections with a late reply; the rounds look for them only when there are some
  int64_t swept_ms = 0;

  mutable std::mutex mutex;  // guards what follows
  std::optional<SmtpFaults> new_faults;
  SmtpCounts counts;
  std::deque<Bounce> bounces;

  State(MailStore& store, Clock& clock, SmtpOptions given)
      : options(std::move(given)),
        host{.store = store, .clock = clock, .options = options, .faults = options.faults, .rng = Rng(options.seed)} {}

  Result<void> open();
  void run();
  void accept_all(int64_t now_ms);
  void read(Connection& connection, int64_t now_ms);
  void settle(Connection& connection);
  void resume_due(int64_t now_ms, std::vector<int>& touched);
  void sweep(int64_t now_ms);
  [[nodiscard]] int wait_ms(int64_t now_ms) const;
  void publish();
};

namespace {

Error system_error(std::string_view what) {
  return Error{Code::kUnavailable, "The sandbox cannot " + std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Result<void> SmtpServer::State::open() {
  listener = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  epoll = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  wake = Descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (listener.fd < 0 || epoll.fd < 0 || wake.fd < 0) return system_error("open a socket");
  const int on = 1;
  ::setsockopt(listener.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(options.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.fd, kBacklog) != 0) {
    return system_error("listen on port " + std::to_string(options.port));
  }
  socklen_t size = sizeof address;
  ::getsockname(listener.fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  for (const int fd : {listener.fd, wake.fd}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(epoll.fd, EPOLL_CTL_ADD, fd, &event) != 0) return system_error("watch a socket");
  }
  return {};
}

// One round: read everything that is ready, write the journal once, then reply. That order is the promise that every
// 250 stands for a mail in the journal, and it makes the journal cheap under load.
void SmtpServer::State::run() {
  std::array<epoll_event, kEventsMax> events;
  std::vector<int> touched;
  while (!stopping) {
    const int ready = ::epoll_wait(epoll.fd, events.data(), kEventsMax, wait_ms(monotonic_ms()));
    if (ready < 0 && errno != EINTR) {
      log_error("the SMTP sandbox stopped", {{"reason", std::strerror(errno)}});
      return;
    }
    const int64_t now_ms = monotonic_ms();
    touched.clear();
    {
      const std::lock_guard lock(mutex);
      if (new_faults) host.faults = *std::exchange(new_faults, std::nullopt);
    }
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener.fd) accept_all(now_ms);
      const auto found = connections.find(fd);
      if (found == connections.end()) continue;
      if ((events[static_cast<size_t>(i)].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(*found->second, now_ms);
      touched.push_back(fd);
    }
    resume_due(now_ms, touched);
    const bool journaled = host.store.flush_journal();
    publish();
    for (const int fd : touched) {
      const auto found = connections.find(fd);
      if (found == connections.end()) continue;
      if (!journaled && found->second->session.finished_mail()) connections.erase(found);
      else settle(*found->second);
    }
    if (now_ms - swept_ms >= kSweepInterval_ms) sweep(now_ms);
  }
}

int SmtpServer::State::wait_ms(int64_t now_ms) const {
  int64_t wait = kSweepInterval_ms;
  if (paused == 0) return static_cast<int>(wait);
  for (const auto& [fd, connection] : connections) {
    if (connection->resume_ms != 0) wait = std::min(wait, std::max<int64_t>(0, connection->resume_ms - now_ms));
  }
  return static_cast<int>(wait);
}

void SmtpServer::State::accept_all(int64_t now_ms) {
  while (true) {
    Descriptor socket(::accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.fd < 0) return;
    const int on = 1;
    ::setsockopt(socket.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++host.counts.connections;
    if (connections.size() >= options.connections_max) {
      constexpr std::string_view kBusy = "421 4.3.2 Too many connections\r\n";
      ::send(socket.fd, kBusy.data(), kBusy.size(), MSG_NOSIGNAL);
      continue;
    }
    const int fd = socket.fd;
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(epoll.fd, EPOLL_CTL_ADD, fd, &event) != 0) continue;
    auto connection = std::make_unique<Connection>(
        Connection{.socket = std::move(socket), .session = SmtpSession(host), .active_ms = now_ms});
    settle(*(connections[fd] = std::move(connection)));
  }
}

void SmtpServer::State::read(Connection& connection, int64_t now_ms) {
  thread_local std::array<char, kReadBytes> buffer;
  const ssize_t size = ::recv(connection.socket.fd, buffer.data(), buffer.size(), 0);
  if (size > 0) {
    connection.active_ms = now_ms;
    connection.session.receive({buffer.data(), static_cast<size_t>(size)});
    if (connection.session.pause_ms() > 0 && connection.resume_ms == 0) {
      connection.resume_ms = now_ms + connection.session.pause_ms();
      ++paused;
    }
  } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
    connection.peer_ended = true;
  }
}

void SmtpServer::State::resume_due(int64_t now_ms, std::vector<int>& touched) {
  if (paused == 0) return;
  paused = 0;
  for (const auto& [fd, connection] : connections) {
    if (connection->resume_ms > now_ms) ++paused;
    if (connection->resume_ms == 0 || connection->resume_ms > now_ms) continue;
    connection->session.resume();
    const int64_t pause_ms = connection->session.pause_ms();
    connection->resume_ms = pause_ms > 0 ? now_ms + pause_ms : 0;
    if (pause_ms > 0) ++paused;
    connection->active_ms = now_ms;
    touched.push_back(fd);
  }
}

// Sends what there is, closes what is over and tells epoll what to wait for.
void SmtpServer::State::settle(Connection& connection) {
  std::string& output = connection.session.output;
  bool broken = connection.peer_ended;
  if (!output.empty() && !broken) {
    const ssize_t sent = ::send(connection.socket.fd, output.data(), output.size(), MSG_NOSIGNAL);
    if (sent > 0) output.erase(0, static_cast<size_t>(sent));
    else broken = errno != EAGAIN && errno != EINTR;
  }
  const int fd = connection.socket.fd;
  if (broken || (connection.session.closing() && output.empty())) {
    connections.erase(fd);
    return;
  }
  uint32_t interest = output.empty() ? 0U : static_cast<uint32_t>(EPOLLOUT);
  const bool may_read = output.size() < kOutputBytesMax && connection.resume_ms == 0 && !connection.session.closing();
  if (may_read) interest |= EPOLLIN;
  if (interest == connection.interest) return;
  connection.interest = interest;
  epoll_event event{.events = interest, .data = {.fd = fd}};
  ::epoll_ctl(epoll.fd, EPOLL_CTL_MOD, fd, &event);
}

void SmtpServer::State::sweep(int64_t now_ms) {
  swept_ms = now_ms;
  std::erase_if(connections, [&](const auto& entry) {
    return entry.second->resume_ms == 0 && now_ms - entry.second->active_ms > options.idle_timeout_ms;
  });
}

void SmtpServer::State::publish() {
  const std::lock_guard lock(mutex);
  counts = host.counts;
  for (Bounce& bounce : host.bounces) {
    if (bounces.size() >= kBouncesMax) bounces.pop_front();
    bounces.push_back(std::move(bounce));
  }
  host.bounces.clear();
}

SmtpServer::SmtpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
SmtpServer::~SmtpServer() { stop(); }
int SmtpServer::port() const { return state_->port; }

Result<std::unique_ptr<SmtpServer>> SmtpServer::start(MailStore& store, Clock& clock, SmtpOptions options) {
  auto state = std::make_unique<State>(store, clock, std::move(options));
  TRY(state->open());
  state->thread = std::thread([raw = state.get()] { raw->run(); });
  return std::unique_ptr<SmtpServer>(new SmtpServer(std::move(state)));
}

void SmtpServer::set_faults(const SmtpFaults& faults) {
  const std::lock_guard lock(state_->mutex);
  state_->new_faults = faults;
}

SmtpCounts SmtpServer::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

std::vector<Bounce> SmtpServer::take_bounces() {
  const std::lock_guard lock(state_->mutex);
  std::vector<Bounce> taken(std::make_move_iterator(state_->bounces.begin()),
                            std::make_move_iterator(state_->bounces.end()));
  state_->bounces.clear();
  return taken;
}

void SmtpServer::stop() {
  if (!state_->thread.joinable()) return;
  state_->stopping = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(state_->wake.fd, &one, sizeof one);
  state_->thread.join();
  state_->connections.clear();
  state_->listener = Descriptor();
}

}  // namespace spreaders::sandbox
