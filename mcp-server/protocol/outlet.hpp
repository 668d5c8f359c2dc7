// Where the answer to one request goes, whatever the transport. Shared by the transport and by calls that wait for the
// client's input.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp-server/jsonrpc/message.hpp"

namespace spreaders::mcp {

class Outlet {
 public:
  virtual ~Outlet() = default;
  // Before finish(): a notification or, in the legacy era, a request to the client. False when nobody can read it.
  virtual bool send(std::string_view message_text) = 0;
  // The response, once. `http_status` is for errors that HTTP has to show.
  virtual void finish(std::string response_text, int http_status) = 0;
  // The response to a call that needs more scopes than the caller holds.
  virtual void finish_lacking(std::string response_text, const std::vector<std::string>& /*scopes*/) {
    finish(std::move(response_text), 200);
  }
  // False when send() can never arrive: the client does not accept a stream.
  [[nodiscard]] virtual bool can_stream() const { return true; }
  // SEP-1699: ends the connection but not the call.
  virtual void detach(int64_t /*retry_ms*/) {}
};
using OutletPtr = std::shared_ptr<Outlet>;

}  // namespace spreaders::mcp
