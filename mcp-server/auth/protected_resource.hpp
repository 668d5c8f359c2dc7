// What a client has to know to get a token for this server (OAuth 2.0 Protected Resource Metadata, RFC 9728), and the
// WWW-Authenticate headers that lead it there (RFC 6750, MCP authorization).
//
//   ProtectedResource resource{.base_url = "https://mcp.example.org", .authorization_servers = {issuer}, .scopes =
//   ...}; resource.metadata_url("/mcp")    https://mcp.example.org/.well-known/oauth-protected-resource/mcp
//   resource.is_ours("https://mcp.example.org/mcp")    the audience that tokens have to name (RFC 8707)
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace spreaders::mcp {

constexpr std::string_view kWellKnownResource = "/.well-known/oauth-protected-resource";

struct ProtectedResource {
  std::string base_url;                            // scheme://host[:port][/path], nothing after it
  std::string main_door = "/mcp";                  // the canonical address is base_url + main_door
  std::vector<std::string> authorization_servers;  // issuer identifiers
  // What a client asks for at first: as little as makes it useful. More is asked for when a call needs it.
  std::vector<std::string> scopes = {};
  std::string name = {};
  std::string documentation_url = {};
  // Which paths below base_url are addresses of their own, beside main_door: "/mcp/compact", "/sse".
  std::function<bool(std::string_view path)> is_door = {};

  [[nodiscard]] std::string canonical() const { return base_url + main_door; }
  // `path` of a door, main_door's otherwise.
  [[nodiscard]] std::string metadata_url(std::string_view path) const;
  // The document for a path of the request to kWellKnownResource; nullopt when there is no such door. `request_path`
  // may carry the path of base_url or not, as the proxy in front left it.
  [[nodiscard]] std::optional<Json> metadata(std::string_view request_path) const;
  // Whether this resource identifier is the canonical one or that of another door; a slash at its end is allowed.
  [[nodiscard]] bool is_ours(std::string_view uri) const;

 private:
  [[nodiscard]] bool opens(std::string_view path) const;
};

// Bearer resource_metadata="…", scope="…", error="…", error_description="…"; what is empty is left out. `resource` may
// be nullptr: a server without an authorization server.
struct Challenge {
  std::string_view error = {};        // invalid_token, insufficient_scope
  std::string_view description = {};  // characters that the header cannot carry are left out
  std::vector<std::string> scopes = {};
};
std::string www_authenticate(const ProtectedResource* resource, std::string_view path, const Challenge& challenge);

}  // namespace spreaders::mcp
