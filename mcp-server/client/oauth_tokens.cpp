// Requests to the token endpoint: who we are, proofs of possession, and reading the answer.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "mcp-server/client/oauth.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kTokenBytes_max = 16 * 1024;
constexpr int64_t kExpiryMargin_us = 30 * kSecond_us;
constexpr int64_t kLifeMax_s = 10LL * 365 * 24 * 3600;
constexpr int64_t kAssertionLife_s = 300;

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// What both sides can do; RFC 8414 says client_secret_basic where a server says nothing.
std::string auth_method(const OAuthIdentity& identity, const AuthorizationServer& server) {
  if (!identity.auth_method.empty()) return identity.auth_method;
  const auto& offered = server.auth_methods;
  if (!identity.private_key_pem.empty()) return "private_key_jwt";
  if (identity.client_secret.empty()) return "none";
  if (offered.empty() || has(offered, "client_secret_basic")) return "client_secret_basic";
  return has(offered, "client_secret_post") ? "client_secret_post" : "none";
}

bool is_visible(const std::string& text) {
  return !text.empty() && text.size() <= kTokenBytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::string word_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The error code of RFC 6749 5.2, when it is one.
std::string error_word(const Json& answer) {
  const std::string word = answer.is_object() ? word_of(answer, "error") : "";
  const bool plain = word.size() <= 64 &&
                     std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return plain && !word.empty() ? word : "no reason given";
}

}  // namespace

// A proof that we hold the key (RFC 9449 4.2). Called with mutex_ held or by the only flow.
Result<std::string> OAuth::proof(const std::string& method, const std::string& url, const std::string& nonce,
                                 const Secret* token) {
  if (!dpop_key_) return internal("There is no key for a proof of possession.");
  Json claims{{"jti", base64url(secure_bytes(18))},
              {"htm", method},
              {"htu", url.substr(0, url.find_first_of("?#"))},
              {"iat", clock_.now().us / kSecond_us}};
  if (token != nullptr) claims["ath"] = base64url(sha256(token->reveal()));
  if (!nonce.empty()) claims["nonce"] = nonce;
  return dpop_key_->sign({{"typ", "dpop+jwt"}, {"jwk", dpop_key_->public_jwk()}}, claims);
}

Result<void> OAuth::authenticate(const Flow& flow, Form& form, HttpRequest& request) const {
  const auto& identity = flow.identity;
  const std::string method = auth_method(identity, flow.server);
  if (method == "client_secret_basic") {
    const std::string pair = percent_encode(identity.client_id) + ":" + percent_encode(identity.client_secret.reveal());
    request.secret_headers.emplace_back("Authorization", Secret("Basic " + base64(pair)));
    return {};
  }
  form.emplace_back("client_id", identity.client_id);
  if (method == "client_secret_post") {
    form.emplace_back("client_secret", identity.client_secret.reveal());
  } else if (method == "private_key_jwt") {
    const auto key = TRY(SigningKey::from_pem(identity.private_key_pem));
    const int64_t now_s = clock_.now().us / kSecond_us;
    Json claims{{"iss", identity.client_id},       {"sub", identity.client_id},
                {"aud", flow.server.issuer},       {"iat", now_s},
                {"exp", now_s + kAssertionLife_s}, {"jti", base64url(secure_bytes(18))}};
    form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.emplace_back("client_assertion", TRY(key.sign({{"typ", "JWT"}}, claims)));
  } else if (method != "none") {
    return Error{Code::kUnsupported,
                 "The authorization server wants a way to identify clients that is not known here."};
  }
  return {};
}

Result<OAuthTokens> OAuth::request_tokens(const Flow& flow, Form form) {
  if (!flow.resource.resource.empty()) form.emplace_back("resource", flow.resource.resource);
  HttpRequest request{
      .method = "POST",
      .url = flow.server.token_endpoint,
      .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}}};
  TRY(authenticate(flow, form, request));
  request.body = form_text(form);
  const bool proves = has(flow.server.dpop_algorithms, "ES256") && dpop_key_;
  for (int tries = 0;; ++tries) {
    HttpRequest sent = request;
    if (proves) {
      auto made = TRY(proof("POST", sent.url, token_nonce_, nullptr));
      sent.secret_headers.emplace_back("DPoP", Secret(std::move(made)));
    }
    auto answer = flow.reach.send(sent);
    Secret::wipe(sent.body);
    if (!answer.ok()) return answer.error();
    auto json = parse_json(answer->body);
    Secret::wipe(answer->body);
    const Json empty = Json::object();
    const Json& said = json.ok() && json->is_object() ? *json : empty;
    const auto nonce = answer->header("dpop-nonce");
    if (!nonce.empty()) token_nonce_ = nonce;
    if (answer->status != 200 && tries == 0 && proves && error_word(said) == "use_dpop_nonce" && !nonce.empty())
      continue;
    if (answer->status != 200) {
      return Error{Code::kPermissionDenied, "The authorization server gave no token: " + error_word(said) + "."};
    }
    return read_tokens(flow, said);
  }
}

Result<OAuthTokens> OAuth::read_tokens(const Flow& flow, const Json& answer) const {
  OAuthTokens tokens{.issuer = flow.server.issuer,
                     .access_token = Secret(word_of(answer, "access_token")),
                     .refresh_token = Secret(word_of(answer, "refresh_token"))};
  if (!is_visible(tokens.access_token.reveal())) {
    return Error{Code::kVendorRejected, "The authorization server's answer has no usable token."};
  }
  if (!tokens.refresh_token.empty() && !is_visible(tokens.refresh_token.reveal())) tokens.refresh_token = Secret();
  const std::string type = lower_ascii(word_of(answer, "token_type"));
  const bool proves = has(flow.server.dpop_algorithms, "ES256") && dpop_key_;
  if (type != (proves ? "dpop" : "bearer")) {
    return Error{Code::kVendorRejected, proves
                                            ? "The authorization server gave a token that is not bound to our key."
                                            : "The authorization server gave a kind of token that is not known here."};
  }
  tokens.type = proves ? "DPoP" : "Bearer";
  const auto life = answer.find("expires_in");
  if (life != answer.end() && life->is_number_integer()) {
    const int64_t life_s = std::clamp<int64_t>(life->get<int64_t>(), 0, kLifeMax_s);
    tokens.expires = clock_.now() + (life_s * kSecond_us - std::min(kExpiryMargin_us, life_s * kSecond_us / 2));
  }
  tokens.scopes = flow.scopes;
  return tokens;
}

// kReconnectNeeded and the like: the refresh token is worth nothing any more.
Result<void> OAuth::refresh(const std::stop_token& stop) {
  std::optional<Flow> flow;
  Secret old;
  {
    const std::lock_guard lock(mutex_);
    flow = last_flow_;
    old = tokens_.refresh_token;
  }
  if (!flow || old.empty()) return Error{Code::kReconnectNeeded, "There is nothing to refresh."};
  flow->reach.stop = stop;
  auto tokens = request_tokens(*flow, {{"grant_type", "refresh_token"}, {"refresh_token", old.reveal()}});
  if (!tokens.ok()) {
    const std::lock_guard lock(mutex_);
    if (tokens.error().code == Code::kPermissionDenied) tokens_.refresh_token = Secret();
    return tokens.error();
  }
  if (tokens->refresh_token.empty()) tokens->refresh_token = old;
  keep(std::move(*tokens));
  return {};
}

}  // namespace spreaders::mcp
