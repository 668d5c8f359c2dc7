// Internal to transport/http: answers of MCP requests as HTTP. An answer is plain JSON until something has to be said
// before it (progress, logs, questions); then it becomes a stream of server-sent events.
#pragma once

#include <atomic>
#include <mutex>

#include "mcp-server/protocol/outlet.hpp"
#include "mcp-server/transport/http/sessions.hpp"

namespace spreaders::mcp {

HttpServerResponse json_response(int status, std::string body);

// 2026-07-28, and requests without a session.
class StatelessOutlet final : public Outlet {
 public:
  // `streams`: the client accepts text/event-stream. `only_streams`: it accepts nothing else.
  StatelessOutlet(HttpExchangePtr exchange, HttpHeaders headers, bool streams, bool only_streams)
      : exchange_(std::move(exchange)), headers_(std::move(headers)), streams_(streams), only_streams_(only_streams) {}
  ~StatelessOutlet() override;
  bool send(std::string_view message_text) override;
  void finish(std::string response_text, int http_status) override;
  [[nodiscard]] bool can_stream() const override { return streams_; }

 private:
  void open_locked();

  std::mutex mutex_;
  HttpExchangePtr exchange_;
  HttpHeaders headers_;
  HttpStreamPtr stream_;
  const bool streams_;
  const bool only_streams_;
};

// A request of a legacy session: its events are kept, and the call outlives its connection.
class SessionOutlet final : public Outlet {
 public:
  SessionOutlet(HttpExchangePtr exchange, HttpHeaders headers, HttpSessionPtr session, bool streams, bool only_streams)
      : exchange_(std::move(exchange)),
        headers_(std::move(headers)),
        session_(std::move(session)),
        streams_(streams),
        only_streams_(only_streams) {}
  ~SessionOutlet() override;
  bool send(std::string_view message_text) override;
  void finish(std::string response_text, int http_status) override;
  [[nodiscard]] bool can_stream() const override { return streams_; }
  void detach(int64_t retry_ms) override;

 private:
  void open_locked();

  std::mutex mutex_;
  HttpExchangePtr exchange_;
  HttpHeaders headers_;
  HttpSessionPtr session_;
  EventStreamPtr stream_;
  bool finished_ = false;
  const bool streams_;
  const bool only_streams_;
};

}  // namespace spreaders::mcp
