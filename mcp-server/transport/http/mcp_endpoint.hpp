// MCP over HTTP: one path for both eras (Streamable HTTP), and beside it the older HTTP+SSE pair and a plain JSON-RPC
// door for curl.
//
//   McpEndpoint endpoint(server, {.authenticate = check_token});
//   endpoint.add_routes(http);    // POST GET DELETE OPTIONS /mcp, GET /sse, POST /messages, POST /rpc, metadata
//   ... http.stop() after endpoint.close()
//
// /rpc takes one request without session, headers or _meta: tools/list and tools/call only, answered as JSON:
//   curl -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' http://127.0.0.1:8080/rpc
// It passes the same authentication, Origin rules and tools as /mcp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mcp-server/auth/protected_resource.hpp"
#include "mcp-server/auth/token_verifier.hpp"
#include "mcp-server/protocol/server.hpp"
#include "mcp-server/transport/http/origin.hpp"
#include "mcp-server/transport/http/server.hpp"
#include "mcp-server/transport/http/sessions.hpp"

namespace spreaders::mcp {

struct McpEndpointOptions {
  std::string path = "/mcp";
  // Empty paths are not served.
  std::string sse_path = "/sse";
  std::string messages_path = "/messages";
  std::string rpc_path = "/rpc";
  OriginPolicy origin = {};
  // Who is calling. kUnauthenticated becomes 401, kPermissionDenied 403, kRateLimited 429, kUnavailable 503. Without it
  // everybody who can connect is `anonymous`: for servers on loopback only. Bearer tokens: auth/token_verifier.hpp.
  std::function<Result<Caller>(const HttpServerRequest&)> authenticate = {};
  Principal anonymous = {};
  // Served below /.well-known/oauth-protected-resource and named in 401 and 403 (RFC 9728); nothing of it without.
  // Shared with answers that are still on their way.
  std::shared_ptr<const ProtectedResource> resource = nullptr;
  // tools/list shows only what the caller's scopes allow, and is then marked as for them alone.
  bool lists_by_scope = false;
  JsonLimits json = {};
  SessionLimits sessions = {};
  size_t batch_max = 64;      // messages of one 2025-03-26 batch
  size_t concurrent_max = 0;  // requests in handlers at once; 0 = as many as the HTTP server has workers
};

class McpEndpoint {
 public:
  McpEndpoint(McpServer& server, McpEndpointOptions options);
  ~McpEndpoint();
  McpEndpoint(const McpEndpoint&) = delete;
  McpEndpoint& operator=(const McpEndpoint&) = delete;

  void add_routes(HttpServer& http);
  // The same for a server of another make: it gives each exchange to the route of its method and path. Valid while the
  // endpoint lives.
  [[nodiscard]] std::vector<HttpRoute> routes();
  // Ends sessions and listen streams; before HttpServer::stop().
  void close();
  [[nodiscard]] size_t session_count();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spreaders::mcp
