// The headers of the modern era's HTTP requests: Mcp-Method, Mcp-Name, and Mcp-Param-* for parameters that a tool's
// schema marks with x-mcp-header (MCP 2026-07-28, basic/transports, custom headers from tool parameters).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace spreaders::mcp {

struct HeaderParam {
  std::vector<std::string> path;  // of properties, from the arguments down
  std::string header;             // Mcp-Param-Region
};

// kInvalidArgument when a mark breaks the rules: such a tool must not be used.
Result<std::vector<HeaderParam>> header_params(const Json& input_schema);
// As it is when HTTP can carry it, else =?base64?...?=.
std::string encode_header_value(std::string_view value);
// The headers of one call; parameters that are left out or null have none.
std::vector<std::pair<std::string, std::string>> param_headers(const std::vector<HeaderParam>& params,
                                                               const Json& arguments);

}  // namespace spreaders::mcp
