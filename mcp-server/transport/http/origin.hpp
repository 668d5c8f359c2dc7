// Against DNS rebinding: a page of another site must not reach a server on this machine through the visitor's browser.
// MCP 2026-07-28, basic/transports: servers MUST validate Origin.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp-server/transport/http/server.hpp"

namespace spreaders {

struct OriginPolicy {
  // Host names, without port, under which this server is known besides localhost, 127.0.0.1 and [::1]. "*" = any,
  // for servers that are not on loopback and check who is calling.
  std::vector<std::string> hosts = {};
  // Whole origins of web pages that may call, for example https://inspector.example.org.
  std::vector<std::string> origins = {};
};

// "example.org:8080" -> "example.org", "[::1]:80" -> "[::1]"; empty when malformed.
std::string host_name(std::string_view authority);
bool host_allowed(std::string_view authority, const OriginPolicy& policy);
bool origin_allowed(std::string_view origin, const OriginPolicy& policy);
// Why the request is refused with 403; empty when it is not.
std::string origin_problem(const HttpServerRequest& request, const OriginPolicy& policy);

}  // namespace spreaders
