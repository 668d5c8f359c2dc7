// Where to get a token for an MCP server: its challenge (RFC 6750), the resource's metadata (RFC 9728) and those of the
// authorization server (RFC 8414, OpenID Connect Discovery 1.0), as MCP 2026-07-28 basic/authorization orders them.
//
// All of it is untrusted: addresses that no operator named are reached through the SSRF guard and by https only, and
// documents count only when they speak of what was asked for (resource, issuer).
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/http_client.hpp"
#include "core/json.hpp"

namespace spreaders::mcp {

struct Challenge {
  std::string scheme;                         // as sent: Bearer, DPoP
  std::map<std::string, std::string> params;  // names in lower case
  [[nodiscard]] std::string param(const std::string& name) const {
    auto found = params.find(name);
    return found == params.end() ? std::string() : found->second;
  }
};
constexpr size_t kChallengeBytes_max = 8 * 1024;
// All challenges of one WWW-Authenticate header (RFC 9110 11.6.1); what cannot be read ends the list.
std::vector<Challenge> parse_challenges(std::string_view header);
// The first Bearer or DPoP challenge of an answer; empty when there is none.
Challenge oauth_challenge(const HttpResponse& head);

struct ResourceFacts {
  std::string resource;  // sent exactly so (RFC 8707); empty for servers without metadata
  std::vector<std::string> authorization_servers;
  std::vector<std::string> scopes;
};

struct AuthorizationServer {
  std::string issuer;
  std::string authorization_endpoint, token_endpoint, registration_endpoint;
  std::vector<std::string> scopes, auth_methods, challenge_methods, dpop_algorithms;
  bool says_iss = false;                // RFC 9207
  bool takes_client_documents = false;  // client ID metadata documents
  bool assumed = false;                 // no metadata: the endpoints of MCP 2025-03-26
};

// How documents and tokens are fetched.
struct OAuthReach {
  HttpClient* http;
  // Origins that the operator named: may be loopback or private, and plain http.
  std::vector<std::string> trusted_origins;
  bool any_address = false;  // for tests on loopback: all origins count as named
  int64_t timeout_ms = 15'000;
  std::stop_token stop = {};

  [[nodiscard]] bool trusts(std::string_view url) const;
  // kPermissionDenied for what may not be called: another scheme than https, unless the origin is trusted.
  Result<void> check(std::string_view url) const;
  // Any status is a success, as with HttpClient.
  Result<HttpResponse> send(HttpRequest request) const;
};

// `metadata_url` from the challenge, or empty. kNotFound: the server has no metadata. kPermissionDenied: they speak of
// another resource.
Result<ResourceFacts> find_resource(const OAuthReach& reach, const std::string& server_url,
                                    const std::string& metadata_url);
// kNotFound: no metadata. kPermissionDenied: they name another issuer, or no PKCE with S256.
Result<AuthorizationServer> find_authorization_server(const OAuthReach& reach, const std::string& issuer);
// The endpoints that MCP 2025-03-26 assumes at the server's own origin.
AuthorizationServer assumed_server(const std::string& server_url);

// Names and values as application/x-www-form-urlencoded, for bodies and queries.
std::string form_text(const std::vector<std::pair<std::string, std::string>>& pairs);
std::map<std::string, std::string> query_of(std::string_view url);

}  // namespace spreaders::mcp
