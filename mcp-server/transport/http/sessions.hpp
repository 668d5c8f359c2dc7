// Legacy HTTP sessions (MCP 2025-03-26 to 2025-11-25). An id is a sealed description of its session, so a server that
// was restarted, or another replica with the same key, makes the session again when its id comes in; only log level,
// subscriptions and kept events are lost then. Ids are bound to who initialized them and never authenticate anybody.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "mcp-server/protocol/peer.hpp"
#include "mcp-server/protocol/server.hpp"
#include "mcp-server/transport/http/event_stream.hpp"

namespace spreaders::mcp {

struct HttpSession {
  HttpSession(std::string id_, Principal principal, ClientState client, bool prime, int64_t created_s_)
      : id(std::move(id_)), created_s(created_s_), peer(std::make_shared<Peer>(std::move(principal))), streams(prime) {
    peer->set_client(std::move(client));
  }
  const std::string id;
  const int64_t created_s;
  const PeerPtr peer;
  EventStreams streams;
};
using HttpSessionPtr = std::shared_ptr<HttpSession>;  // shared by the table and the requests of the session

struct SessionLimits {
  size_t sessions_max = 10'000;  // the least recently used goes first
  int64_t session_age_s_max = 7 * 24 * 3600;
  size_t deleted_max = 100'000;  // ids that were deleted and must stay so
};

class SessionTable {
 public:
  SessionTable(McpServer& server, SessionLimits limits) : server_(server), limits_(limits) {}
  HttpSessionPtr create(const ClientState& client, const Principal& principal);
  // nullptr: unknown, expired, deleted or somebody else's (404 in every case).
  HttpSessionPtr find(const std::string& id, const Principal& principal);
  bool remove(const std::string& id, const Principal& principal);
  void end_all();
  [[nodiscard]] size_t size();

 private:
  struct Entry {
    HttpSessionPtr session;
    std::list<std::string>::iterator used;
  };
  HttpSessionPtr insert_locked(const std::string& id, const Principal& principal, ClientState client,
                               int64_t created_s);

  McpServer& server_;
  const SessionLimits limits_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> sessions_;
  std::list<std::string> used_;                       // most recent first
  std::unordered_map<std::string, int64_t> deleted_;  // id -> when it would have expired
};

}  // namespace spreaders::mcp
