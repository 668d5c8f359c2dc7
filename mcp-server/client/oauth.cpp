#include "mcp-server/client/oauth.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/random.hpp"

namespace spreaders::mcp {

namespace {

constexpr int kStepUps_max = 10;  // in the life of one connection
constexpr size_t kScopes_max = 100;
constexpr size_t kNonceBytes_max = 1024;
constexpr size_t kClientIdBytes_max = 2048;

std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> words;
  while (!text.empty() && words.size() < kScopes_max) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_loopback_url(const std::string& url) {
  const std::string origin = origin_of(url);
  for (std::string_view host : {"http://localhost", "http://127.0.0.1", "http://[::1]"}) {
    if (origin == host || origin.starts_with(std::string(host) + ":")) return true;
  }
  return false;
}

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

OAuth::OAuth(HttpClient& http, Clock& clock, OAuthOptions options)
    : http_(http), clock_(clock), options_(std::move(options)) {}

void OAuth::use_tokens(OAuthTokens tokens) {
  const std::lock_guard lock(mutex_);
  asked_scopes_ = tokens.scopes;
  tokens_ = std::move(tokens);
}

Result<void> OAuth::sign(HttpRequest& request) {
  // Tokens go to the server that they were made for, whatever an answer or a redirect says.
  if (origin_of(request.url) != origin_of(options_.server_url)) return {};
  auto is_stale = [this] {
    const std::lock_guard lock(mutex_);
    return !tokens_.refresh_token.empty() && tokens_.expires && *tokens_.expires <= clock_.now() && last_flow_;
  };
  if (is_stale()) {
    const std::lock_guard one_flow(flow_mutex_);
    // When this fails the server's 401 leads to a whole new sign-in.
    if (is_stale()) [[maybe_unused]]
      auto refreshed = refresh(request.stop);
  }
  const std::lock_guard lock(mutex_);
  if (tokens_.access_token.empty()) return {};
  request.secret_headers.emplace_back("Authorization", Secret(tokens_.type + " " + tokens_.access_token.reveal()));
  if (tokens_.type != "DPoP") return {};
  auto made = TRY(proof(request.method, request.url, resource_nonce_, &tokens_.access_token));
  request.secret_headers.emplace_back("DPoP", Secret(std::move(made)));
  return {};
}

Result<bool> OAuth::refused(const HttpRequest& request, const HttpResponse& head, std::stop_token stop) {
  const std::lock_guard one_flow(flow_mutex_);
  const Challenge challenge = oauth_challenge(head);
  const std::string why = challenge.param("error");
  {
    const std::lock_guard lock(mutex_);
    const auto nonce = head.header("dpop-nonce");
    if (!nonce.empty() && nonce.size() <= kNonceBytes_max && nonce != resource_nonce_) {
      resource_nonce_ = nonce;
      if (why == "use_dpop_nonce") return true;
    }
    // Another call has got a new token while this one was on its way.
    const std::string now = tokens_.type + " " + tokens_.access_token.reveal();
    const auto used = std::find_if(request.secret_headers.begin(), request.secret_headers.end(),
                                   [](const auto& header) { return header.first == "Authorization"; });
    const bool was_used = used != request.secret_headers.end() && used->second.reveal() == now;
    if (!tokens_.access_token.empty() && !was_used) return true;
  }
  const bool step_up = head.status == 403;
  if (step_up && why != "insufficient_scope") return false;
  if (step_up) {
    const std::lock_guard lock(mutex_);
    const auto wanted = words_of(challenge.param("scope"));
    const bool is_new = std::any_of(wanted.begin(), wanted.end(),
                                    [this](const std::string& scope) { return !asked_scopes_.contains(scope); });
    // What was asked for already and not given will not be given the next time.
    if (!is_new || ++step_ups_ > kStepUps_max) return false;
  }
  TRY(authorize(challenge, step_up, stop));
  return true;
}

Result<OAuth::Flow> OAuth::discover(const Challenge& challenge, std::stop_token stop) const {
  Flow flow{.reach = {.http = &http_,
                      .trusted_origins = options_.trusted_origins,
                      .any_address = options_.any_address,
                      .stop = std::move(stop)},
            .resource = {},
            .server = {},
            .identity = {},
            .scopes = {}};
  auto resource = find_resource(flow.reach, options_.server_url, challenge.param("resource_metadata"));
  if (!resource.ok() && resource.error().code != Code::kNotFound) return resource.error();
  if (!resource.ok()) {  // a server of 2025-03-26 is its own authorization server
    auto server = find_authorization_server(flow.reach, origin_of(options_.server_url));
    if (!server.ok() && server.error().code != Code::kNotFound) return server.error();
    flow.server = server.ok() ? *server : assumed_server(options_.server_url);
    return flow;
  }
  flow.resource = std::move(*resource);
  std::string issuer = flow.resource.authorization_servers.front();
  if (options_.identity && has(flow.resource.authorization_servers, options_.identity->issuer)) {
    issuer = options_.identity->issuer;
  }
  flow.server = TRY(find_authorization_server(flow.reach, issuer));
  return flow;
}

// What the challenge names, else all that the resource knows, else nothing; on a step-up beside what was had before
// (SEP-2350). offline_access only where the authorization server offers it (SEP-2207).
void OAuth::choose_scopes(const Challenge& challenge, bool step_up, Flow& flow) const {
  flow.scopes = words_of(challenge.param("scope"));
  if (flow.scopes.empty()) flow.scopes = {flow.resource.scopes.begin(), flow.resource.scopes.end()};
  if (step_up) flow.scopes.insert(asked_scopes_.begin(), asked_scopes_.end());
  const bool by_person = options_.grant == OAuthGrant::kAuthorizationCode;
  if (by_person && has(flow.server.scopes, "offline_access")) flow.scopes.insert("offline_access");
}

Result<void> OAuth::authorize(const Challenge& challenge, bool step_up, std::stop_token stop) {
  Flow flow = TRY(discover(challenge, stop));
  TRY(flow.reach.check(flow.server.token_endpoint));
  bool can_refresh = false;
  {
    const std::lock_guard lock(mutex_);
    choose_scopes(challenge, step_up, flow);
    can_refresh = !step_up && !tokens_.refresh_token.empty() && tokens_.issuer == flow.server.issuer && last_flow_;
    if (has(flow.server.dpop_algorithms, "ES256") && !dpop_key_) dpop_key_ = TRY(SigningKey::make());
  }
  if (can_refresh && refresh(stop).ok()) return {};
  TRY(identify(flow));
  auto tokens = options_.grant == OAuthGrant::kAuthorizationCode ? code_grant(flow, stop) : get_tokens(flow);
  if (!tokens.ok()) return tokens.error();
  {
    const std::lock_guard lock(mutex_);
    asked_scopes_ = flow.scopes;
    last_flow_ = flow;
    last_flow_->reach.stop = {};
  }
  keep(std::move(*tokens));
  return {};
}

void OAuth::keep(OAuthTokens tokens) {
  {
    const std::lock_guard lock(mutex_);
    tokens_ = tokens;
  }
  if (options_.on_tokens) options_.on_tokens(tokens);
}

// Who we are to this issuer: known, registered beforehand, by our document, or registered now.
Result<void> OAuth::identify(Flow& flow) {
  {
    const std::lock_guard lock(mutex_);
    if (auto known = identities_.find(flow.server.issuer); known != identities_.end()) {
      flow.identity = known->second;
      return {};
    }
  }
  const bool bound_here =
      options_.identity &&
      (options_.identity->issuer.empty() ? identities_.empty() : options_.identity->issuer == flow.server.issuer);
  if (bound_here) {
    flow.identity = *options_.identity;
  } else if (options_.identity && options_.grant != OAuthGrant::kAuthorizationCode) {
    return Error{Code::kReconnectNeeded,
                 "The MCP server now names another authorization server than the one that "
                 "knows us. Connect it again."};
  } else if (flow.server.takes_client_documents && !options_.client_document.empty()) {
    flow.identity = {.issuer = flow.server.issuer, .client_id = options_.client_document, .auth_method = "none"};
  } else if (!flow.server.registration_endpoint.empty()) {
    flow.identity = TRY(register_client(flow));
  } else {
    return Error{Code::kNotConfigured,
                 "The authorization server wants a client that it knows. Register one there and configure its id."};
  }
  const std::lock_guard lock(mutex_);
  identities_[flow.server.issuer] = flow.identity;
  return {};
}

// RFC 7591, with application_type (SEP-837).
Result<OAuthIdentity> OAuth::register_client(const Flow& flow) const {
  TRY(flow.reach.check(flow.server.registration_endpoint));
  const auto& methods = flow.server.auth_methods;
  std::string method = "none";
  if (!methods.empty() && !has(methods, "none")) {
    method = has(methods, "client_secret_basic") ? "client_secret_basic" : methods.front();
  }
  Json body{{"client_name", options_.client_name},
            {"redirect_uris", Json::array({options_.redirect_uri})},
            {"grant_types", {"authorization_code", "refresh_token"}},
            {"response_types", {"code"}},
            {"token_endpoint_auth_method", method},
            {"application_type", is_loopback_url(options_.redirect_uri) ? "native" : "web"}};
  if (!flow.scopes.empty()) body["scope"] = joined(flow.scopes);
  auto answer = TRY(flow.reach.send({.method = "POST",
                                     .url = flow.server.registration_endpoint,
                                     .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
                                     .body = to_text(body)}));
  auto json = parse_json(answer.body);
  const bool good = (answer.status == 200 || answer.status == 201) && json.ok() && json->is_object();
  if (!good) {
    return Error{Code::kVendorRejected,
                 "The authorization server did not register us: HTTP " + std::to_string(answer.status) + "."};
  }
  auto text = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  OAuthIdentity identity{.issuer = flow.server.issuer,
                         .client_id = text("client_id"),
                         .client_secret = Secret(text("client_secret")),
                         .auth_method = text("token_endpoint_auth_method")};
  if (identity.client_id.empty() || identity.client_id.size() > kClientIdBytes_max) {
    return Error{Code::kVendorRejected, "The authorization server registered us without a usable id."};
  }
  return identity;
}

// Authorization code with PKCE (RFC 7636), the resource (RFC 8707) and the issuer's name in the answer (RFC 9207).
Result<OAuthTokens> OAuth::code_grant(const Flow& flow, const std::stop_token& stop) {
  if (!options_.sign_in) {
    return Error{Code::kReconnectNeeded, "Somebody has to sign in to this MCP server first."};
  }
  TRY(flow.reach.check(flow.server.authorization_endpoint));
  if (!has(flow.server.challenge_methods, "S256")) {
    return Error{Code::kUnsupported, "The authorization server does not offer PKCE with S256."};
  }
  const std::string state = base64url(secure_bytes(24));
  const std::string verifier = base64url(secure_bytes(48));
  Form query{{"response_type", "code"},
             {"client_id", flow.identity.client_id},
             {"redirect_uri", options_.redirect_uri},
             {"state", state},
             {"code_challenge", base64url(sha256(verifier))},
             {"code_challenge_method", "S256"}};
  if (!flow.scopes.empty()) query.emplace_back("scope", joined(flow.scopes));
  if (!flow.resource.resource.empty()) query.emplace_back("resource", flow.resource.resource);
  const auto& endpoint = flow.server.authorization_endpoint;
  const std::string url = endpoint + (endpoint.find('?') == std::string::npos ? "?" : "&") + form_text(query);
  const std::string back = TRY(options_.sign_in(url, stop));
  if (back.substr(0, back.find_first_of("?#")) != options_.redirect_uri) {
    return Error{Code::kPermissionDenied, "The sign-in came back to another address than ours."};
  }
  auto answer = query_of(back);
  if (!constant_time_equal(answer["state"], state)) {
    return Error{Code::kPermissionDenied, "The sign-in's answer belongs to another sign-in."};
  }
  const bool names_issuer = answer.contains("iss");
  if (names_issuer ? answer["iss"] != flow.server.issuer : flow.server.says_iss) {
    return Error{Code::kPermissionDenied, "The sign-in's answer comes from another authorization server."};
  }
  if (answer.contains("error")) return Error{Code::kPermissionDenied, "The sign-in was refused."};
  if (answer["code"].empty()) return Error{Code::kVendorRejected, "The sign-in gave no code."};
  Form form{{"grant_type", "authorization_code"},
            {"code", answer["code"]},
            {"redirect_uri", options_.redirect_uri},
            {"code_verifier", verifier}};
  return request_tokens(flow, std::move(form));
}

Result<OAuthTokens> OAuth::get_tokens(const Flow& flow) {
  Form form;
  if (options_.grant == OAuthGrant::kEnterprise) return enterprise_grant(flow);
  if (options_.grant == OAuthGrant::kJwtBearer) {
    form = {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", options_.assertion.reveal()}};
  } else {
    form = {{"grant_type", "client_credentials"}};
  }
  if (!flow.scopes.empty()) form.emplace_back("scope", joined(flow.scopes));
  return request_tokens(flow, std::move(form));
}

// The company's sign-in exchanges its id token for an assertion that is good for this server only (RFC 8693, ID-JAG).
Result<OAuthTokens> OAuth::enterprise_grant(const Flow& flow) {
  const auto& company = options_.enterprise;
  TRY(flow.reach.check(company.token_endpoint));
  Form exchange{{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                {"requested_token_type", "urn:ietf:params:oauth:token-type:id-jag"},
                {"subject_token", company.id_token.reveal()},
                {"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"},
                {"audience", flow.server.issuer},
                {"resource", flow.resource.resource},
                {"client_id", company.client_id}};
  if (!flow.scopes.empty()) exchange.emplace_back("scope", joined(flow.scopes));
  auto answer = TRY(flow.reach.send(
      {.method = "POST",
       .url = company.token_endpoint,
       .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
       .body = form_text(exchange)}));
  auto json = parse_json(answer.body);
  const bool good = answer.status == 200 && json.ok() && json->is_object() && json->contains("access_token") &&
                    (*json)["access_token"].is_string();
  if (!good) {
    return Error{Code::kPermissionDenied, "The company's sign-in gave no assertion for this server: HTTP " +
                                              std::to_string(answer.status) + "."};
  }
  Form form{{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
            {"assertion", (*json)["access_token"].get<std::string>()}};
  if (!flow.scopes.empty()) form.emplace_back("scope", joined(flow.scopes));
  return request_tokens(flow, std::move(form));
}

}  // namespace spreaders::mcp
