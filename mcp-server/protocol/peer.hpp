// What the server remembers about one connected client while it is connected: a legacy HTTP session, the one client of
// a stdio process, an HTTP+SSE stream. Modern HTTP requests have no peer. Shared by the transport, the requests that
// run for it and the server's broadcast list; safe from any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

#include "mcp-server/protocol/outlet.hpp"
#include "mcp-server/protocol/types.hpp"

namespace spreaders::mcp {

constexpr size_t kRunningPerPeer_max = 256;
constexpr size_t kAskedPerPeer_max = 64;  // server requests without an answer yet
constexpr size_t kSubscriptionsPerPeer_max = 1000;

// One round of questions to the client. `done` runs once, on the thread that brought the last answer.
struct Round {
  std::mutex mutex;
  size_t missing = 0;
  Json responses;  // key -> result
  Json failure;    // the first JSON-RPC error the client gave
  std::function<void(Json responses, Json failure)> done;
};

class Peer {
 public:
  explicit Peer(Principal principal) : principal_(std::move(principal)) {}

  [[nodiscard]] const Principal& principal() const { return principal_; }
  [[nodiscard]] ClientState client() const;
  void set_client(ClientState client);
  void set_log_level(Severity level);

  // Requests in work, for notifications/cancelled. False: the id is in use, or too many run.
  bool begin(const Id& id, const std::stop_source& stop);
  void end(const Id& id);
  bool cancel(const Id& id);

  // Questions to the client. The answer's id is ours: "ask-1", "ask-2", ...
  std::optional<Id> ask(std::shared_ptr<Round> round, std::string key);
  // False when we asked no such thing.
  bool settle(Message response);

  // Where messages go that belong to no request (GET stream, stdout); nullptr = nowhere, they are dropped.
  void set_standing(OutletPtr outlet);
  bool push(std::string_view message_text);

  bool subscribe(const std::string& uri);
  void unsubscribe(const std::string& uri);
  [[nodiscard]] bool subscribed(const std::string& uri) const;
  [[nodiscard]] std::set<std::string> subscriptions() const;

  // The session is over: running calls are told to stop, questions are dropped.
  void close();

 private:
  struct Asked {
    std::shared_ptr<Round> round;
    std::string key;
  };
  const Principal principal_;
  mutable std::mutex mutex_;
  ClientState client_;
  std::map<Id, std::stop_source> running_;
  std::map<Id, Asked> asked_;
  uint64_t next_ask_ = 1;
  OutletPtr standing_;
  std::set<std::string> subscriptions_;
  bool closed_ = false;
};
using PeerPtr = std::shared_ptr<Peer>;

}  // namespace spreaders::mcp
