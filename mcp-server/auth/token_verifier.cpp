#include "mcp-server/auth/token_verifier.hpp"

#include <algorithm>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

constexpr std::string_view kScheme = "bearer";

// RFC 6750 2.1: b64token.
bool is_token(std::string_view text) {
  auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

Error refused(std::string message) { return Error{Code::kUnauthenticated, std::move(message)}; }

}  // namespace

Result<std::optional<std::string>> bearer_token(const HttpServerRequest& request) {
  if (request.query_value("access_token") != nullptr)
    return refused("a token in the address is not accepted: send it in the Authorization header");
  auto is_authorization = [](const auto& header) { return header.first == "authorization"; };
  auto count = std::count_if(request.headers.begin(), request.headers.end(), is_authorization);
  if (count == 0) return std::optional<std::string>();
  if (count > 1) return refused("there is more than one Authorization header");
  std::string_view value = *request.header("authorization");
  size_t space = std::min(value.find(' '), value.size());
  std::string_view token = trim(value.substr(space));
  if (lower_ascii(value.substr(0, space)) != kScheme) return refused("only the scheme Bearer is accepted");
  if (token.size() > kTokenBytes_max) return refused("the token is too long");
  if (!is_token(token)) return refused("this is no bearer token");
  return std::optional<std::string>(token);
}

Result<Caller> verify_bearer(const std::string& token, const std::vector<TokenVerifier*>& verifiers) {
  for (auto* verifier : verifiers) {
    if (verifier->recognises(token)) return verifier->verify(token);
  }
  return refused("this is no token of a kind that is accepted here");
}

}  // namespace spreaders::mcp
