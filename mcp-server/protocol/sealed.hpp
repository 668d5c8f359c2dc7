// Texts that travel through clients and come back unchanged or not at all: request states of unfinished calls and
// legacy session ids. Format: base64url(payload JSON) "." base64url(HMAC-SHA-256). The key never leaves the server;
// replicas that share it accept each other's texts, and so does the same server after a restart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/time.hpp"

namespace spreaders::mcp {

constexpr size_t kSealedBytes_max = 16 * 1024;

// `purpose` separates the uses: a session id is never accepted as a state.
std::string seal(std::string_view key, std::string_view purpose, const Json& payload);
std::optional<Json> unseal(std::string_view key, std::string_view purpose, std::string_view text);

// The state of an unfinished request, bound to who made it and to what it was.
struct StateBinding {
  std::string principal;       // workspace and id
  std::string request_digest;  // method and parameters without answers, state and _meta
};
std::string seal_state(std::string_view key, std::string_view state, const StateBinding& binding, Instant expires);
std::optional<std::string> unseal_state(std::string_view key, std::string_view text, const StateBinding& binding,
                                        Instant now);

// What survives of a legacy session in its id. Visible ASCII, as Mcp-Session-Id must be.
struct SessionSeal {
  std::string revision;
  std::string principal;
  Json capabilities;
  int64_t created_s = 0;
  std::string nonce;  // makes the id unguessable and unique
};
std::string seal_session(std::string_view key, const SessionSeal& session);
std::optional<SessionSeal> unseal_session(std::string_view key, std::string_view id);

}  // namespace spreaders::mcp
