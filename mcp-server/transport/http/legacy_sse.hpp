// Internal to transport/http: HTTP+SSE of revision 2024-11-05. One stream carries all answers; its first event names
// the address to which the client posts its messages.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "mcp-server/protocol/server.hpp"
#include "mcp-server/transport/http/server.hpp"

namespace spreaders::mcp {

class LegacySse {
 public:
  LegacySse(McpServer& server, std::string messages_path) : server_(server), messages_path_(std::move(messages_path)) {}
  void open(const HttpExchangePtr& exchange, const Principal& principal, const HttpHeaders& more);
  void message(const HttpExchangePtr& exchange, const Principal& principal, Selection selection,
               const JsonLimits& limits);
  void end_all();

 private:
  struct Client {
    PeerPtr peer;
    HttpStreamPtr stream;
  };
  McpServer& server_;
  const std::string messages_path_;
  std::mutex mutex_;
  std::unordered_map<std::string, Client> clients_;
};

}  // namespace spreaders::mcp
