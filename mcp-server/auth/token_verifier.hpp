// Who a bearer token stands for. Two implementations: JwtVerifier (access tokens of an authorization server) and the
// API keys of the program that uses this library.
//
//   auto token = TRY(bearer_token(request));
//   if (token) return verify_bearer(*token, {&keys, &tokens});
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/tool.hpp"
#include "mcp-server/transport/http/server.hpp"

namespace spreaders::mcp {

constexpr size_t kTokenBytes_max = 16 * 1024;

struct Caller {
  Principal principal = {};
  // Whether their client can ask an authorization server for more scopes: a call that needs them is answered 403
  // insufficient_scope then, and not with a result that says so.
  bool may_step_up = false;
};

class TokenVerifier {
 public:
  virtual ~TokenVerifier() = default;
  // By its form alone. The first verifier that recognises a token decides about it.
  [[nodiscard]] virtual bool recognises(std::string_view token) const = 0;
  // kUnauthenticated: not valid (any more). kPermissionDenied: valid, but not for this. kUnavailable: cannot be told
  // at present. Messages never contain the token or parts of it.
  virtual Result<Caller> verify(const std::string& token) = 0;
};

// The token of `Authorization: Bearer`; nothing when the request has none. kUnauthenticated: a token in the query
// (it would end up in logs and histories), another scheme, two headers, or something that cannot be a token.
Result<std::optional<std::string>> bearer_token(const HttpServerRequest& request);

Result<Caller> verify_bearer(const std::string& token, const std::vector<TokenVerifier*>& verifiers);

}  // namespace spreaders::mcp
