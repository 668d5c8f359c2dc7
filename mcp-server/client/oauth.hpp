// OAuth 2.1 for MCP clients (MCP 2026-07-28 basic/authorization): finds the authorization server, introduces itself
// (registered beforehand, a client ID metadata document, or dynamic registration), gets tokens and keeps them fresh. As
// an Authorizer it does all that when a server answers 401 or 403, and never sends a token anywhere but to that server.
//
//   OAuth oauth(http, clock, {.server_url = url, .redirect_uri = ours, .sign_in = open_browser});
//   HttpTransportOptions{.url = url, .authorizer = &oauth}
//
// What it has learnt (identities, tokens) is in memory; on_tokens hands it to whoever keeps it.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "mcp-server/client/authorizer.hpp"
#include "mcp-server/client/oauth_keys.hpp"
#include "mcp-server/client/oauth_metadata.hpp"

namespace spreaders::mcp {

// Who we are to one authorization server; never shown to another (SEP-2352).
struct OAuthIdentity {
  std::string issuer = {};  // empty: whichever the server names first
  std::string client_id = {};
  Secret client_secret = {};
  Secret private_key_pem = {};   // for private_key_jwt
  std::string auth_method = {};  // none, client_secret_basic, client_secret_post, private_key_jwt; empty: what fits
};

struct OAuthTokens {
  std::string issuer = {};
  Secret access_token = {};
  Secret refresh_token = {};
  std::string type = "Bearer";  // or DPoP
  std::optional<Instant> expires = {};
  std::set<std::string> scopes = {};
};

// How a token is got.
enum class OAuthGrant : uint8_t {
  kAuthorizationCode,  // a person signs in
  kClientCredentials,  // as ourselves (SEP-1046)
  kJwtBearer,          // with the assertion of our own platform (RFC 7523, SEP-1933)
  kEnterprise,         // with an assertion that the company's sign-in gives for this server (SEP-990)
};

struct EnterpriseSignIn {
  std::string token_endpoint = {};
  std::string client_id = {};
  Secret id_token = {};
};

struct OAuthOptions {
  std::string server_url;
  OAuthGrant grant = OAuthGrant::kAuthorizationCode;
  std::string client_name = "Spreaders";
  std::string redirect_uri = {};
  std::string client_document = {};  // https URL of our client ID metadata document
  std::optional<OAuthIdentity> identity = {};
  Secret assertion = {};  // kJwtBearer
  EnterpriseSignIn enterprise = {};
  // Shows the address to the person and waits until the browser comes back; the whole address it came back to.
  std::function<Result<std::string>(const std::string& url, std::stop_token stop)> sign_in = {};
  std::function<void(const OAuthTokens&)> on_tokens = {};
  std::vector<std::string> trusted_origins = {};  // see OAuthReach; the server's own is among them when it is trusted
  bool any_address = false;
};

class OAuth final : public Authorizer {
 public:
  OAuth(HttpClient& http, Clock& clock, OAuthOptions options);
  Result<void> sign(HttpRequest& request) override;
  Result<bool> refused(const HttpRequest& request, const HttpResponse& head, std::stop_token stop) override;
  void use_tokens(OAuthTokens tokens);

 private:
  struct Flow {
    OAuthReach reach;
    ResourceFacts resource;
    AuthorizationServer server;
    OAuthIdentity identity;
    std::set<std::string> scopes;
  };
  using Form = std::vector<std::pair<std::string, std::string>>;

  Result<Flow> discover(const Challenge& challenge, std::stop_token stop) const;
  void choose_scopes(const Challenge& challenge, bool step_up, Flow& flow) const;
  Result<void> authorize(const Challenge& challenge, bool step_up, std::stop_token stop);
  Result<void> identify(Flow& flow);
  Result<OAuthIdentity> register_client(const Flow& flow) const;
  Result<OAuthTokens> get_tokens(const Flow& flow);
  Result<OAuthTokens> code_grant(const Flow& flow, const std::stop_token& stop);
  Result<OAuthTokens> enterprise_grant(const Flow& flow);
  // oauth_tokens.cpp
  Result<OAuthTokens> request_tokens(const Flow& flow, Form form);
  Result<void> authenticate(const Flow& flow, Form& form, HttpRequest& request) const;
  Result<OAuthTokens> read_tokens(const Flow& flow, const Json& answer) const;
  Result<void> refresh(const std::stop_token& stop);
  Result<std::string> proof(const std::string& method, const std::string& url, const std::string& nonce,
                            const Secret* token);
  void keep(OAuthTokens tokens);

  HttpClient& http_;
  Clock& clock_;
  const OAuthOptions options_;
  std::mutex flow_mutex_;  // one flow at a time; taken before mutex_
  std::mutex mutex_;       // guards what follows
  OAuthTokens tokens_;
  std::optional<Flow> last_flow_;                    // of the tokens at hand, for refreshing
  std::map<std::string, OAuthIdentity> identities_;  // by issuer
  std::set<std::string> asked_scopes_;
  std::optional<SigningKey> dpop_key_;
  std::string resource_nonce_, token_nonce_;
  int step_ups_ = 0;
};

}  // namespace spreaders::mcp
