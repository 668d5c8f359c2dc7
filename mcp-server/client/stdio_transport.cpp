#include "mcp-server/client/stdio_transport.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/time.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kReadBlock_bytes = 64 * 1024;
constexpr size_t kOthersWaiting_max = 256;  // messages that a call has not looked at yet

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

// What posix_spawn wants, freed at the end.
struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

Result<std::unique_ptr<StdioTransport>> StdioTransport::start(StdioTransportOptions options) {
  if (options.command.empty() || options.command.front().empty()) return invalid("An MCP server's command is empty.");
  auto transport = std::unique_ptr<StdioTransport>(new StdioTransport(std::move(options)));
  TRY(transport->spawn());
  transport->reader_ = std::thread([raw = transport.get()] { raw->read_all(); });
  return transport;
}

Result<void> StdioTransport::spawn() {
  // A socket as standard input: a write to a child that is gone is then an error and no signal.
  int input[2] = {-1, -1}, output[2] = {-1, -1}, errors[2] = {-1, -1};
  const bool made = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) == 0 &&
                    ::pipe2(output, O_CLOEXEC) == 0 && ::pipe2(errors, O_CLOEXEC) == 0;
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  to_child_ = input[0];
  from_child_ = output[0];
  errors_ = errors[0];
  int problem = made && wake_ >= 0 ? 0 : errno;
  if (problem == 0) {
    SpawnSettings settings;
    posix_spawn_file_actions_adddup2(&settings.actions, input[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&settings.actions, output[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&settings.actions, errors[1], STDERR_FILENO);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setflags(&settings.attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&settings.attributes, 0);  // so that what it starts can be ended with it
    posix_spawnattr_setsigmask(&settings.attributes, &none);
    posix_spawnattr_setsigdefault(&settings.attributes, &all);
    std::vector<std::string> command = options_.command, environment;
    for (const auto& [name, value] : options_.environment) environment.push_back(name + "=" + value);
    problem = ::posix_spawnp(&pid_, command.front().c_str(), &settings.actions, &settings.attributes,
                             pointers(command).data(), pointers(environment).data());
    if (problem != 0) pid_ = -1;
  }
  close_fd(input[1]);
  close_fd(output[1]);
  close_fd(errors[1]);
  if (problem != 0) {
    return Error{Code::kUnavailable,
                 "The MCP server's command could not be started: " + std::string(std::strerror(problem)) + "."};
  }
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));  // glibc declares its wrapper for C only
  for (int fd : {to_child_, from_child_, errors_}) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return {};
}

StdioTransport::~StdioTransport() {
  close();
  for (int* fd : {&from_child_, &errors_, &wake_, &pid_fd_}) close_fd(*fd);
}

Result<Received> StdioTransport::exchange(const Exchange& call) {
  Waiting mine;
  {
    const std::lock_guard lock(mutex_);
    if (broken_) return gone_locked();
    waiting_[call.id] = &mine;
  }
  auto written = write_line(call.message, call.deadline_ms);
  auto received = written.ok() ? wait(call, mine) : Result<Received>(written.error());
  const std::lock_guard lock(mutex_);
  waiting_.erase(call.id);
  return received;
}

Result<Received> StdioTransport::wait(const Exchange& call, Waiting& mine) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (mine.answer) return Received{.message = std::move(mine.answer)};
    if (!mine.others.empty()) {
      auto message = std::move(mine.others.front());
      mine.others.pop_front();
      lock.unlock();
      const auto reply = call.take ? call.take(message) : std::nullopt;
      if (reply) TRY(write_line(*reply, call.deadline_ms));
      lock.lock();
      continue;
    }
    if (broken_) return gone_locked();
    if (call.stop.stop_requested()) return Error{Code::kCancelled, "The call was stopped."};
    const int64_t left_ms = call.deadline_ms - monotonic_ms();
    if (left_ms <= 0) return Error{Code::kOutcomeUnknown, "The MCP server did not answer in time."};
    changed_.wait_for(lock, call.stop, std::chrono::milliseconds(left_ms),
                      [&] { return broken_ || mine.answer || !mine.others.empty(); });
  }
}

Result<void> StdioTransport::notify(const Json& message, const HeaderList&) {
  return write_line(message, monotonic_ms() + options_.limits.connect_timeout_ms);
}

void StdioTransport::listen(MessageTaker take, HeaderList) {
  const std::lock_guard lock(mutex_);
  idle_taker_ = std::move(take);
}

Result<void> StdioTransport::write_line(const Json& message, int64_t deadline_ms) {
  const std::string line = to_text(message) + "\n";
  const std::lock_guard lock(write_mutex_);
  {
    const std::lock_guard state(mutex_);
    if (broken_) return gone_locked();
  }
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t count = to_child_ >= 0 ? ::send(to_child_, rest.data(), rest.size(), MSG_NOSIGNAL) : -1;
    if (count > 0) {
      rest.remove_prefix(static_cast<size_t>(count));
    } else if (to_child_ >= 0 && (errno == EAGAIN || errno == EINTR)) {
      pollfd ready{.fd = to_child_, .events = POLLOUT, .revents = 0};
      const int64_t left_ms = deadline_ms - monotonic_ms();
      if (left_ms > 0 && ::poll(&ready, 1, static_cast<int>(left_ms)) != 0) continue;
      fail("does not read what it is sent");  // half a line is out: nothing after it could be understood
      return Error{Code::kOutcomeUnknown, "The MCP server does not read what it is sent."};
    } else {
      fail("closed its input");
      return Error{Code::kUnavailable, "The MCP server has ended."};
    }
  }
  return {};
}

void StdioTransport::read_all() {
  std::string buffer;
  for (;;) {
    pollfd ready[] = {{.fd = from_child_, .events = POLLIN, .revents = 0},
                      {.fd = errors_, .events = POLLIN, .revents = 0},
                      {.fd = wake_, .events = POLLIN, .revents = 0}};
    if (::poll(ready, 3, -1) < 0 && errno != EINTR) return fail("cannot be read");
    if (ready[2].revents != 0) return;
    if (ready[1].revents != 0) read_errors();
    if (ready[0].revents != 0 && !read_lines(buffer)) return;
  }
}

void StdioTransport::read_errors() {
  char block[4096];
  const ssize_t count = ::read(errors_, block, sizeof block);
  if (count > 0) {
    const std::lock_guard lock(mutex_);
    last_errors_.append(block, static_cast<size_t>(count));
    if (last_errors_.size() > options_.limits.stderr_bytes_kept) {
      last_errors_.erase(0, last_errors_.size() - options_.limits.stderr_bytes_kept);
    }
  } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
    close_fd(errors_);
  }
}

// False at the end of the output, also one that we put to it.
bool StdioTransport::read_lines(std::string& buffer) {
  std::string block(kReadBlock_bytes, '\0');
  const ssize_t count = ::read(from_child_, block.data(), block.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (count <= 0) {
    fail("has ended");
    return false;
  }
  std::string_view rest(block.data(), static_cast<size_t>(count));
  for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    buffer.append(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    if (buffer.size() <= options_.limits.message_bytes_max) take_line(buffer);
    else break;
    buffer.clear();
  }
  if (buffer.size() <= options_.limits.message_bytes_max) buffer.append(rest);
  if (buffer.size() > options_.limits.message_bytes_max) {
    fail("wrote a line over " + std::to_string(options_.limits.message_bytes_max) + " bytes");
  }
  const std::lock_guard lock(mutex_);
  return !broken_;
}

void StdioTransport::take_line(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  auto json = parse_json(line, {.bytes_max = options_.limits.message_bytes_max});
  if (!json.ok()) {  // a greeting, a stray print: forgiven a few times
    if (++stray_lines_ > options_.limits.stray_lines_max) fail("wrote lines that are no JSON");
    return;
  }
  Json messages = json->is_array() ? std::move(*json) : Json::array({std::move(*json)});
  for (auto& each : messages) {
    auto parsed = jsonrpc::parse(std::move(each));
    if (std::holds_alternative<jsonrpc::Refused>(parsed)) return fail("wrote a line that is no MCP message");
    take_message(std::move(std::get<jsonrpc::Message>(parsed)));
  }
}

void StdioTransport::take_message(jsonrpc::Message message) {
  MessageTaker idle;
  {
    const std::lock_guard lock(mutex_);
    if (message.kind == jsonrpc::Kind::kResponse) {
      const auto asked = waiting_.find(*message.id);
      if (asked != waiting_.end() && !asked->second->answer) asked->second->answer = std::move(message);
      changed_.notify_all();
      return;
    }
    // Progress names its call; what names none goes to the call that waits longest.
    auto owner = waiting_.begin();
    const auto token = message.params.find("progressToken");
    if (token != message.params.end() && token->is_number_integer()) {
      owner = waiting_.find(jsonrpc::Id{token->get<int64_t>()});
    }
    if (owner != waiting_.end()) {
      if (owner->second->others.size() < kOthersWaiting_max) owner->second->others.push_back(std::move(message));
      changed_.notify_all();
      return;
    }
    idle = idle_taker_;
  }
  const auto reply = idle ? idle(message) : std::nullopt;
  if (reply) [[maybe_unused]]
    auto sent = write_line(*reply, monotonic_ms() + options_.limits.connect_timeout_ms);
}

std::string StdioTransport::last_errors() const {
  const std::lock_guard lock(mutex_);
  return last_errors_;
}

void StdioTransport::fail(std::string why) {
  const std::lock_guard lock(mutex_);
  if (!broken_) why_broken_ = std::move(why);
  broken_ = true;
  changed_.notify_all();
}

Error StdioTransport::gone_locked() const {
  const bool protocol = why_broken_.starts_with("wrote");
  return {protocol ? Code::kVendorRejected : Code::kUnavailable, "The MCP server " + why_broken_ + "."};
}

void StdioTransport::close() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
  }
  fail("was closed");
  if (pid_ > 0) end_process();
  {
    const std::lock_guard lock(write_mutex_);
    close_fd(to_child_);
  }
  const uint64_t one = 1;
  if (wake_ >= 0) [[maybe_unused]]
    auto written = ::write(wake_, &one, sizeof one);
  if (reader_.joinable()) reader_.join();
}

void StdioTransport::end_process() {
  {
    const std::lock_guard lock(write_mutex_);
    close_fd(to_child_);
  }
  auto ended = [&] {
    pollfd gone{.fd = pid_fd_, .events = POLLIN, .revents = 0};
    return pid_fd_ >= 0 && ::poll(&gone, 1, static_cast<int>(options_.limits.exit_timeout_ms)) == 1;
  };
  if (!ended()) {
    ::kill(-pid_, SIGTERM);
    if (!ended()) ::kill(-pid_, SIGKILL);
  }
  // The process is not yet waited for, so its number, and that of its group, is still its own.
  ::kill(-pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace spreaders::mcp
