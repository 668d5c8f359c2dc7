// Streamable HTTP (MCP 2025-11-25 and 2026-07-28, basic/transports): each message is a POST; the answer is JSON or a
// stream of events. A stream of the legacy era that ends too early is taken up again by GET with Last-Event-ID, after
// the time the server asked for (SEP-1699). Redirects are not followed: a server's answer never decides where the next
// request, and its token, goes.
//
//   auto transport = std::make_unique<HttpTransport>(http, {.url = "https://tools.example/mcp", .authorizer = &oauth});
#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/http_client.hpp"
#include "mcp-server/client/authorizer.hpp"
#include "mcp-server/client/limits.hpp"
#include "mcp-server/client/transport.hpp"

namespace spreaders::mcp {

struct HttpTransportOptions {
  std::string url;
  bool trusted_address = false;  // the operator named this address: it may be loopback or private
  Authorizer* authorizer = nullptr;
  ClientLimits limits = {};
};

class HttpTransport final : public ClientTransport {
 public:
  HttpTransport(HttpClient& http, HttpTransportOptions options) : http_(http), options_(std::move(options)) {}
  ~HttpTransport() override { close(); }
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  Result<Received> exchange(const Exchange& call) override;
  Result<void> notify(const Json& message, const HeaderList& headers) override;
  void listen(MessageTaker take, HeaderList headers) override;
  [[nodiscard]] bool is_http() const override { return true; }
  [[nodiscard]] bool has_session() const override { return !session().empty(); }
  void forget_session() override;
  void close() override;

 private:
  struct Reading;
  HttpRequest request(std::string method, const HeaderList& headers, int64_t deadline_ms, std::stop_token stop) const;
  Result<void> send(HttpRequest request, Reading& reading);
  Result<void> keep_session(const Exchange& call, const Reading& reading);
  Result<void> resume(const Exchange& call, Reading& reading);
  Result<Received> finish(Reading& reading);
  // The standing stream for what belongs to no call, until stopped. Keeps `open` once its first answer begins.
  void stand(const std::stop_token& stop, const MessageTaker& take, const HeaderList& headers, std::promise<void> open);
  [[nodiscard]] std::string session() const;

  HttpClient& http_;
  const HttpTransportOptions options_;
  mutable std::mutex mutex_;
  std::string session_;
  HeaderList session_headers_;  // what the session's requests carry, for its end
  std::jthread standing_;
};

}  // namespace spreaders::mcp
