// Internal to transport/http: answers of MCP requests as HTTP. An answer is plain JSON until something has to be said
// before it (progress, logs, questions); then it becomes a stream of server-sent events.
#pragma once

#include <atomic>
#include <mutex>

#include "mcp-server/auth/protected_resource.hpp"
#include "mcp-server/protocol/outlet.hpp"
#include "mcp-server/transport/http/sessions.hpp"

namespace spreaders::mcp {

HttpServerResponse json_response(int status, std::string body);

// What an answer to one request carries besides itself.
struct AnswerFrame {
  HttpHeaders headers = {};                                     // CORS
  bool streams = false;                                         // the client accepts text/event-stream
  bool only_streams = false;                                    // and nothing else
  std::shared_ptr<const ProtectedResource> resource = nullptr;  // for 403; shared by all answers of an endpoint
  std::string path = {};                                        // of the request
};

// 2026-07-28, and requests without a session.
class StatelessOutlet final : public Outlet {
 public:
  StatelessOutlet(HttpExchangePtr exchange, AnswerFrame frame)
      : exchange_(std::move(exchange)), frame_(std::move(frame)) {}
  ~StatelessOutlet() override;
  bool send(std::string_view message_text) override;
  void finish(std::string response_text, int http_status) override;
  void finish_lacking(std::string response_text, const std::vector<std::string>& scopes) override;
  [[nodiscard]] bool can_stream() const override { return frame_.streams; }

 private:
  void open_locked();

  std::mutex mutex_;
  HttpExchangePtr exchange_;
  AnswerFrame frame_;
  HttpStreamPtr stream_;
};

// A request of a legacy session: its events are kept, and the call outlives its connection.
class SessionOutlet final : public Outlet {
 public:
  SessionOutlet(HttpExchangePtr exchange, AnswerFrame frame, HttpSessionPtr session)
      : exchange_(std::move(exchange)), frame_(std::move(frame)), session_(std::move(session)) {}
  ~SessionOutlet() override;
  bool send(std::string_view message_text) override;
  void finish(std::string response_text, int http_status) override;
  void finish_lacking(std::string response_text, const std::vector<std::string>& scopes) override;
  [[nodiscard]] bool can_stream() const override { return frame_.streams; }
  void detach(int64_t retry_ms) override;

 private:
  void open_locked();

  std::mutex mutex_;
  HttpExchangePtr exchange_;
  AnswerFrame frame_;
  HttpSessionPtr session_;
  EventStreamPtr stream_;
  bool finished_ = false;
};

}  // namespace spreaders::mcp
