// The request headers of MCP 2026-07-28 that repeat parts of the body for proxies: MCP-Protocol-Version, Mcp-Method,
// Mcp-Name and Mcp-Param-*. A header that is missing or differs from the body is refused with -32020.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mcp-server/protocol/types.hpp"
#include "mcp-server/transport/http/server.hpp"

namespace spreaders::mcp {

// The value behind the sentinel "=?base64?...?=", or the text itself when it has none; nullopt for a broken sentinel.
std::optional<std::string> decode_header_value(std::string_view value);

// `schema`: the input schema of the called tool when it has x-mcp-header parameters, else nullptr.
std::optional<RpcError> check_mcp_headers(const HttpServerRequest& request, const Message& message,
                                          std::string_view revision, const Json* schema);

}  // namespace spreaders::mcp
