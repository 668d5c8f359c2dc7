// Asking the caller's client for a token with more scopes, where what it wants needs them (RFC 6750 3.1; MCP basic/
// authorization 2026-07-28, "Step-Up Authorization Flow"). Over HTTP the answer is 403 insufficient_scope.
//
//   if (auto scopes = lacking_scopes(spec->scopes.list(), context); !scopes.empty()) return step_up(std::move(scopes));
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/tool.hpp"
#include "mcp-server/protocol/providers.hpp"

namespace spreaders::mcp {

// All of `needed` when the caller lacks one of them and their client could ask for it; else none. What only a person
// may do is not to be had with more scopes.
std::vector<std::string> lacking_scopes(std::span<const std::string_view> needed, const CallContext& context);

RpcError step_up(std::vector<std::string> scopes);

}  // namespace spreaders::mcp
