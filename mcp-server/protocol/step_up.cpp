#include "mcp-server/protocol/step_up.hpp"

#include <nlohmann/json.hpp>

namespace spreaders::mcp {

std::vector<std::string> lacking_scopes(std::span<const std::string_view> needed, const CallContext& context) {
  if (!context.selection.may_step_up || context.principal.may_all(needed)) return {};
  Principal widest = context.principal;
  widest.scopes.assign(needed.begin(), needed.end());
  if (!widest.may_all(needed)) return {};
  return widest.scopes;
}

RpcError step_up(std::vector<std::string> scopes) {
  std::string words;
  for (const auto& scope : scopes) words += (words.empty() ? "" : ", ") + scope;
  return {.code = jsonrpc::kInvalidRequest,
          .message = "This needs a token with the scopes " + words + ". Nothing was done.",
          .data = {{"requiredScopes", scopes}},
          .http_status = 403,
          .scopes = std::move(scopes)};
}

}  // namespace spreaders::mcp
