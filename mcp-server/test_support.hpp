// What the tests of this directory share: a raw HTTP client that can also misbehave, a fake ToolRunner, an outlet that
// remembers.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "core/time.hpp"
#include "core/tool.hpp"
#include "mcp-server/protocol/outlet.hpp"
#include "mcp-server/protocol/server.hpp"

namespace spreaders::testing {

constexpr int64_t kDeadline_ms = 10'000;

// One connection to 127.0.0.1. Reads give up after kDeadline_ms.
class RawClient {
 public:
  // `from`: a loopback address of the client.
  explicit RawClient(uint16_t port, int receive_buffer = 0, const char* from = "127.0.0.1")
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    // The port is chosen at connect(), which may take one of a connection that has just ended: there are not many.
    int late = 1;
    ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // Nothing more will be sent; answers are still read.
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  // Closes so that the other side hears of an error.
  void reset() {
    linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  // False when the other side has closed.
  bool send(std::string_view text) {
    while (!text.empty()) {
      ssize_t count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }
  // More bytes into the buffer; false at the end of the connection or after `timeout_ms`.
  bool more(int64_t timeout_ms = kDeadline_ms) {
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    const int64_t until_ms = monotonic_ms() + timeout_ms;
    int found = 0;
    do {  // a signal interrupts it
      found = ::poll(&ready, 1, static_cast<int>(std::max<int64_t>(until_ms - monotonic_ms(), 0)));
    } while (found < 0 && errno == EINTR);
    if (found <= 0) return false;
    char block[16 * 1024];
    ssize_t count = ::recv(fd_, block, sizeof block, 0);
    if (count <= 0) {
      ended_ = true;
      return false;
    }
    buffer_.append(block, static_cast<size_t>(count));
    return true;
  }
  bool read_until(std::string_view text) {
    while (buffer_.find(text) == std::string::npos) {
      if (!more()) return false;
    }
    return true;
  }
  // The peer closes within the deadline.
  bool read_to_end(int64_t timeout_ms = kDeadline_ms) {
    int64_t until_ms = monotonic_ms() + timeout_ms;
    while (!ended_ && monotonic_ms() < until_ms) more(until_ms - monotonic_ms());
    return ended_;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  std::string& buffer() { return buffer_; }

  struct Answer {
    int status = 0;
    std::string head;  // lower case names as sent
    std::string body;
    [[nodiscard]] std::string header(std::string_view name) const {
      std::string lower;
      for (char c : head) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
      size_t at = lower.find("\r\n" + std::string(name) + ": ");
      if (at == std::string::npos) return {};
      size_t from = at + name.size() + 4;
      return head.substr(from, head.find("\r\n", from) - from);
    }
  };
  // The next answer with a Content-Length or in chunks. Streams have to end for this.
  Answer answer(bool head_only = false) {
    Answer found;
    if (!read_until("\r\n\r\n")) return found;
    size_t end = buffer_.find("\r\n\r\n");
    found.head = buffer_.substr(0, end + 2);
    found.status = std::atoi(found.head.c_str() + found.head.find(' '));
    buffer_.erase(0, end + 4);
    if (head_only || found.status == 204 || found.status == 304) return found;
    if (found.header("transfer-encoding") == "chunked") {
      for (;;) {
        if (!read_until("\r\n")) return found;
        size_t size = std::strtoull(buffer_.c_str(), nullptr, 16);
        buffer_.erase(0, buffer_.find("\r\n") + 2);
        while (buffer_.size() < size + 2 && more()) {
        }
        found.body += buffer_.substr(0, size);
        buffer_.erase(0, size + 2);
        if (size == 0) return found;
      }
    }
    size_t size = std::strtoull(found.header("content-length").c_str(), nullptr, 10);
    while (buffer_.size() < size && more()) {
    }
    found.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return found;
  }
  Answer ask(std::string_view request) {
    send(request);
    return answer();
  }

 private:
  int fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

inline std::string http_request(std::string_view method, std::string_view target, std::string_view body = {},
                                const std::vector<std::pair<std::string, std::string>>& headers = {}) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

// Waits for a condition that another thread makes true.
inline bool eventually(const std::function<bool()>& condition) {
  int64_t until_ms = monotonic_ms() + kDeadline_ms;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (!condition()) {
    if (monotonic_ms() > until_ms) return false;
    never.wait_for(lock, std::chrono::milliseconds(2));
  }
  return true;
}

// Remembers what a request was answered.
class RecordingOutlet final : public mcp::Outlet {
 public:
  bool send(std::string_view text) override {
    std::lock_guard lock(mutex_);
    sent_.push_back(Json::parse(text));
    return true;
  }
  void finish(std::string text, int http_status) override {
    std::lock_guard lock(mutex_);
    finished_.push_back(Json::parse(text));
    status = http_status;
  }
  void detach(int64_t) override {}
  std::vector<Json> sent() {
    std::lock_guard lock(mutex_);
    return sent_;
  }
  // The one answer; null when there is none yet.
  Json answer() {
    std::lock_guard lock(mutex_);
    return finished_.size() == 1 ? finished_.front() : Json(nullptr);
  }
  [[nodiscard]] bool can_stream() const override { return streams; }
  bool streams = true;
  int status = 0;

 private:
  std::mutex mutex_;
  std::vector<Json> sent_;
  std::vector<Json> finished_;
};

inline mcp::Message request_of(const char* method, Json params, int id = 1) {
  return std::get<mcp::Message>(
      jsonrpc::parse({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}));
}

inline mcp::RequestInfo modern_info(Json capabilities = Json::object()) {
  mcp::RequestInfo info;
  info.client = {
      .era = mcp::Era::kModern, .revision = std::string(mcp::kModernRevision), .capabilities = std::move(capabilities)};
  info.principal = {.id = "usr_1", .workspace = "wsp_1", .scopes = {"*"}, .door = "test"};
  return info;
}

// The answer to one request; null while there is none.
inline Json ask(mcp::McpServer& server, mcp::Message message, mcp::RequestInfo info,
                std::shared_ptr<RecordingOutlet> outlet = std::make_shared<RecordingOutlet>()) {
  server.request(std::move(message), std::move(info), outlet);
  return outlet->answer();
}

struct EchoArgs {
  std::string message;
  SPR_FIELDS(EchoArgs, SPR_FIELD(message, "Any text", .max_size = 1000));
};
struct EchoAnswer {
  std::string message;
  SPR_FIELDS(EchoAnswer, SPR_FIELD(message, "The same text"));
};
Result<EchoAnswer> echo(ToolContext&, const EchoArgs& args);
inline Result<EchoAnswer> echo(ToolContext&, const EchoArgs& args) { return EchoAnswer{args.message}; }

inline const ToolSpec& echo_spec() {
  static const ToolSpec spec{.name = "test.echo",
                             .title = "Echo",
                             .description = "Gives back its message.",
                             .effect = Effect::kRead,
                             .repeat = Repeat::kSafe,
                             .scopes = {"test:read"},
                             .body = handler<&echo>()};
  return spec;
}
inline const ToolSpec& publish_spec() {
  static const ToolSpec spec{.name = "test.publish",
                             .title = "Publish",
                             .description = "Needs an approval.",
                             .effect = Effect::kPublish,
                             .repeat = Repeat::kNeedsKey,
                             .scopes = {"test:write"},
                             .body = handler<&echo>()};
  return spec;
}

// test.echo answers; test.publish needs the approval "apr_1"; what `on_call` answers goes first.
class FakeRunner final : public ToolRunner {
 public:
  [[nodiscard]] ToolList list() const override {
    static const ToolSpec* const all[] = {&echo_spec(), &publish_spec()};
    return all;
  }
  [[nodiscard]] const ToolSpec* find(std::string_view name) const override {
    for (const auto* spec : list()) {
      if (name == spec->name.value || name == wire_name(spec->name.value)) return spec;
    }
    return nullptr;
  }
  Result<Json> call(const ToolCall& call) override {
    {
      std::lock_guard lock(mutex);
      calls.push_back({call.name, call.approval, call.idempotency_key});
    }
    if (on_call) return on_call(call);
    if (find(call.name) == &publish_spec() && call.approval != "apr_1") {
      return Error{Code::kApprovalRequired, "A person has to approve this"};
    }
    if (!call.arguments.contains("message")) {
      return Error{.code = Code::kInvalidArgument,
                   .message = "The arguments are wrong",
                   .issues = {{"/message", "is required"}}};
    }
    return Json{{"message", call.arguments["message"]}};
  }
  Result<void> admit(storage::Tx&, const ToolCall&) override { return {}; }
  struct Seen {
    std::string name;
    std::string approval;
    std::string idempotency_key;
  };
  std::mutex mutex;
  std::vector<Seen> calls;
  std::function<Result<Json>(const ToolCall&)> on_call;
};

}  // namespace spreaders::testing
