// Access tokens as JWT (RFC 9068, RFC 7519, RFC 8725), checked for this server as their audience (RFC 8707).
//
//   JwtVerifier verifier({.issuer = "https://login.example.org", .is_audience = ours, .caller_of = map}, keys, clock);
//   auto caller = verifier.verify(token);
//
// Checked, in this order: form and size; header (`typ`, `alg` in the list, no `crit`); signature by a key of the
// issuer; `iss`, `aud`, `exp`, `nbf`, `iat`, `sub`. Everything that is wrong is kUnauthenticated and says what, without
// a word of the token. Keys or key addresses inside a token (jwk, jku, x5c, x5u) are never looked at.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "mcp-server/auth/key_source.hpp"
#include "mcp-server/auth/token_verifier.hpp"

namespace spreaders::mcp {

constexpr int64_t kLeeway_s = 60;
constexpr size_t kSubjectBytes_max = 255;  // OpenID Connect 2: sub
constexpr size_t kTokenScopes_max = 200;

struct AccessToken {
  std::string subject;
  std::string client_id;  // empty where the issuer does not tell
  std::vector<std::string> scopes;
  Json claims;
};

struct JwtVerifierOptions {
  std::string issuer;                                          // compared as it is, to the letter
  std::function<bool(std::string_view audience)> is_audience;  // one entry of `aud` has to be
  // The claim with the scopes, as words in a text or as an array of texts.
  std::string scope_claim = "scope";
  // RFC 9068 asks for typ "at+jwt". Many issuers write "JWT"; `aud` alone then tells an access token from another one.
  bool any_type = false;
  std::function<Result<Caller>(const AccessToken&)> caller_of;
};

class JwtVerifier final : public TokenVerifier {
 public:
  JwtVerifier(JwtVerifierOptions options, KeySource& keys, Clock& clock);
  [[nodiscard]] bool recognises(std::string_view token) const override;
  Result<Caller> verify(const std::string& token) override;
  // The same without asking whom the token stands for.
  Result<AccessToken> read(const std::string& token);

 private:
  Result<void> check_signature(std::string_view signed_text, const Json& header, std::string_view signature);
  Result<AccessToken> check_claims(Json claims);

  const JwtVerifierOptions options_;
  KeySource& keys_;
  Clock& clock_;
};

}  // namespace spreaders::mcp
