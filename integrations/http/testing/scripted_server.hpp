// A tiny HTTP/1.1 server on loopback for tests: every request goes to a function which says what bytes to write back
// and whether to cut the connection. It keeps what it has seen. For tests only.
//
//   ScriptedServer server([](const Seen& seen) { return Reply::json(200, R"({"ok":true})"); });
//   http.send({.url = server.url("/v1/things"), .trusted_address = true});
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "core/bytes.hpp"

namespace spreaders::testing {

struct Seen {
  std::string line;  // POST /v1/messages HTTP/1.1
  std::string head;  // all header lines, as they came
  std::string body;
  int connection = 0;  // 0 for the first one accepted
  int number = 0;      // of the request, over all connections
  [[nodiscard]] std::string header(const std::string& lower_name) const {
    size_t from = 0;
    while (from < head.size()) {
      const size_t end = head.find("\r\n", from);
      const std::string one = head.substr(from, end - from);
      const size_t colon = one.find(':');
      if (colon != std::string::npos && lower_ascii(one.substr(0, colon)) == lower_name) {
        return std::string(trim(one.substr(colon + 1)));
      }
      if (end == std::string::npos) break;
      from = end + 2;
    }
    return {};
  }
};

struct Reply {
  std::string bytes = {};  // the whole answer as on the wire
  bool close = false;      // close the connection after writing
  bool hold = false;       // write, then keep still until the test ends
  static Reply with(int status, std::string body, const std::string& type, const std::string& more = {}) {
    return {"HTTP/1.1 " + std::to_string(status) + " X\r\ncontent-type: " + type +
            "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body};
  }
  static Reply json(int status, std::string body, const std::string& more = {}) {
    return with(status, std::move(body), "application/json", more);
  }
  // A stream without a length that ends with the connection.
  static Reply stream(const std::string& body) {
    return {.bytes = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + body,
            .close = true};
  }
};

class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<Reply(const Seen&)> script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_, 128);
    socklen_t length = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    accepter_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    stopping_ = true;
    accepter_.join();
    for (auto& worker : workers_) worker.join();
    close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path = "") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  static bool readable(int socket_fd) {
    pollfd waiting{socket_fd, POLLIN, 0};
    return poll(&waiting, 1, 20) == 1;
  }
  void accept_all() {
    while (!stopping_) {
      if (!readable(listener_)) continue;
      const int peer = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      const int number = connections_++;
      workers_.emplace_back([this, peer, number] { serve(peer, number); });
    }
  }
  void serve(int peer, int connection) {
    std::string input;
    while (!stopping_) {
      const size_t head_end = input.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        Seen seen;
        const size_t line_end = input.find("\r\n");
        seen.line = input.substr(0, line_end);
        seen.head = line_end == head_end ? "" : input.substr(line_end + 2, head_end - line_end - 2);
        const std::string length = seen.header("content-length");
        const size_t body = length.empty() ? 0 : std::stoul(length);
        if (input.size() >= head_end + 4 + body) {
          seen.body = input.substr(head_end + 4, body);
          seen.connection = connection;
          input.erase(0, head_end + 4 + body);
          if (!answer(peer, std::move(seen))) break;
          continue;
        }
      }
      if (!readable(peer)) continue;
      char buffer[16384];
      const ssize_t count = recv(peer, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      input.append(buffer, static_cast<size_t>(count));
    }
    close(peer);
  }
  bool answer(int peer, Seen seen) {
    {
      const std::lock_guard lock(mutex_);
      seen.number = static_cast<int>(seen_.size());
      seen_.push_back(seen);
    }
    const Reply reply = script_(seen);
    size_t written = 0;
    while (written < reply.bytes.size()) {
      const ssize_t count = send(peer, reply.bytes.data() + written, reply.bytes.size() - written, MSG_NOSIGNAL);
      if (count <= 0) return false;
      written += static_cast<size_t>(count);
    }
    while (reply.hold && !stopping_) {
      pollfd nothing{peer, 0, 0};
      poll(&nothing, 1, 20);
    }
    return !reply.close && !reply.hold;
  }

  std::function<Reply(const Seen&)> script_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::thread accepter_;
  std::vector<std::thread> workers_;
};

}  // namespace spreaders::testing
