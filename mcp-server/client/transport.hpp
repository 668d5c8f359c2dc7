// The port between a client and its way to a server: Streamable HTTP (http_transport) or a command's standard streams
// (stdio_transport). Calls may run at the same time from many threads.
//
// Json members are whole values here: include <nlohmann/json.hpp> before this header.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "mcp-server/jsonrpc/message.hpp"

namespace spreaders::mcp {

using HeaderList = std::vector<std::pair<std::string, std::string>>;
// Takes a notification or request of the server. What it returns is sent back.
using MessageTaker = std::function<std::optional<Json>(const jsonrpc::Message&)>;

struct Exchange {
  jsonrpc::Id id;
  std::string method;
  Json message;             // the whole request
  HeaderList headers;       // of HTTP; other transports have no use for them
  int64_t deadline_ms = 0;  // on the monotonic clock
  std::stop_token stop;
  bool resumable = false;  // a stream that ends too early may be taken up again (legacy era)
  MessageTaker take;       // called on this call's thread, while it waits
};

struct Received {
  int status = 200;                              // of HTTP
  std::optional<jsonrpc::Message> message = {};  // a response; none: an HTTP status without one
};

class ClientTransport {
 public:
  virtual ~ClientTransport() = default;
  // kUnavailable: nothing reached the server. kOutcomeUnknown: it may have arrived. kCancelled: `stop`.
  // kVendorRejected: the server broke the protocol or a limit. A JSON-RPC error and an HTTP status are answers, not
  // errors.
  virtual Result<Received> exchange(const Exchange& call) = 0;
  virtual Result<void> notify(const Json& message, const HeaderList& headers) = 0;
  // Hears what comes outside of calls, until close(). HTTP: opens the standing stream of a session.
  virtual void listen(MessageTaker take, HeaderList headers) = 0;
  [[nodiscard]] virtual bool is_http() const = 0;
  // Is there a session that a 404 may have ended?
  [[nodiscard]] virtual bool has_session() const = 0;
  virtual void forget_session() = 0;
  // Ends the session and the connection. Nothing may be called afterwards.
  virtual void close() = 0;
};

// The response in a JSON value that came for `id`; others go to `take`, whose answers go to `reply`. Arrays (batches of
// 2025-03-26) are taken apart. kVendorRejected when it is no JSON-RPC.
Result<std::optional<jsonrpc::Message>> sort_messages(Json json, const jsonrpc::Id& id, const MessageTaker& take,
                                                      const std::function<void(const Json&)>& reply);

}  // namespace spreaders::mcp
