// Who is let in at the MCP doors: API keys, access tokens of a configured authorization server, and on this machine,
// while there is no such server, everybody.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "mcp-server/auth/jwt_verifier.hpp"
#include "mcp-server/main_app.hpp"
#include "mcp-server/main_parts.hpp"
#include "services/accounts/accounts.hpp"

namespace spreaders::app {

using storage::Scope;
using storage::Tx;

namespace {

class ApiKeys final : public mcp::TokenVerifier {
 public:
  explicit ApiKeys(storage::Storage& storage) : storage_(storage) {}
  [[nodiscard]] bool recognises(std::string_view token) const override {
    return token.starts_with(services::kKeyPrefix);
  }
  Result<mcp::Caller> verify(const std::string& token) override {
    auto holder = TRY(storage_.read(Scope::system(), [&](Tx& tx) { return services::find_by_key(tx, token, "http"); }));
    if (holder.kind == services::KeyKind::kWriteKey)
      return Error{Code::kPermissionDenied, "a write key sends events and calls no tools"};
    return mcp::Caller{.principal = std::move(holder.principal)};
  }

 private:
  storage::Storage& storage_;
};

// A token is held by a program that a model speaks through, so whoever it stands for, it never approves.
Result<mcp::Caller> caller_of(App& app, const mcp::AccessToken& token) {
  std::string workspace = app.workspace();
  const std::string& claim = app.config().auth.workspace_claim;
  if (!claim.empty()) {
    auto named = token.claims.find(claim);
    workspace = named != token.claims.end() && named->is_string() ? named->get<std::string>() : std::string();
    auto row = TRY(app.storage().read(Scope::system(), [&](Tx& tx) {
      return tx.query_one("SELECT workspace_id FROM workspace WHERE workspace_id = $1 AND workspace_id <> ''",
                          {workspace});
    }));
    if (!row) return Error{Code::kPermissionDenied, "the token names no workspace of this server (" + claim + ")"};
  }
  // The prefix keeps subjects, which somebody else chooses, apart from our own ids.
  return mcp::Caller{.principal = {.id = "sub:" + token.subject,
                                   .workspace = std::move(workspace),
                                   .scopes = token.scopes,
                                   .kind = Principal::Kind::kModel,
                                   .door = "http"},
                     .may_step_up = true};
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (size_t from = 0; from < text.size();) {
    size_t end = std::min(text.find(' ', from), text.size());
    if (end > from) words.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return words;
}

// What a client asks for at first.
std::vector<std::string> first_scopes(App& app) {
  const auto& configured = app.config().auth.scopes;
  if (!configured.empty()) return words_of(configured);
  std::set<std::string> scopes;
  for (const auto* spec : app.tools().list()) {
    for (auto scope : spec->scopes.list()) {
      if (scope.ends_with(":read")) scopes.emplace(scope);
    }
  }
  return {scopes.begin(), scopes.end()};
}

std::shared_ptr<const mcp::ProtectedResource> protected_resource(App& app) {
  const Config& config = app.config();
  auto resource = std::make_shared<mcp::ProtectedResource>();
  resource->base_url = config.http.public_url;
  while (resource->base_url.ends_with('/')) resource->base_url.pop_back();
  resource->authorization_servers = {config.auth.issuer};
  resource->scopes = first_scopes(app);
  resource->name = "Spreaders";
  resource->is_door = [&app](std::string_view path) {
    if (path == "/sse") return true;
    mcp::Selection selection;
    return path.starts_with("/mcp/") && mcp::read_selection_path(path.substr(4), app.tools().list(), selection).ok();
  };
  return resource;
}

// What checks tokens. Shared by the copies of the function that the endpoint calls.
struct Gate {
  Gate(App& app, std::shared_ptr<const mcp::ProtectedResource> resource) : keys(app.storage()) {
    const AuthConfig& auth = app.config().auth;
    verifiers = {&keys};
    if (auth.issuer.empty()) return;
    // Their times are the real ones, whatever the clock of the sandbox says.
    Clock& clock = system_clock();
    source.emplace(mcp::KeySourceOptions{.url = auth.jwks_url, .file = auth.jwks_file}, app.http_client(), clock);
    tokens.emplace(mcp::JwtVerifierOptions{.issuer = auth.issuer,
                                           .is_audience =
                                               [resource = std::move(resource), other = auth.audience](auto audience) {
                                                 return (!other.empty() && audience == other) ||
                                                        resource->is_ours(audience);
                                               },
                                           .scope_claim = auth.scope_claim,
                                           .any_type = auth.any_token_type,
                                           .caller_of = [&app](const auto& token) { return caller_of(app, token); }},
                   *source, clock);
    verifiers.push_back(&*tokens);
  }

  ApiKeys keys;
  std::optional<mcp::KeySource> source;
  std::optional<mcp::JwtVerifier> tokens;
  std::vector<mcp::TokenVerifier*> verifiers;
};

}  // namespace

bool needs_token(const Config& config) { return !serves_this_machine_only(config.http) || !config.auth.issuer.empty(); }

Result<void> require_some_key(App& app) {
  auto keys = TRY(app.storage().read(Scope::of(app.workspace()),
                                     [&](Tx& tx) { return services::list_api_keys(tx, app.workspace()); }));
  for (const auto& key : keys) {
    if (!key.revoked_at && key.kind != services::KeyKind::kWriteKey) return {};
  }
  return Error{Code::kNotConfigured,
               "the address " + app.config().http.address +
                   " can be reached from other machines, and there is no API key yet that would keep strangers out: "
                   "make one with `spreaders key create`, or listen on 127.0.0.1"};
}

mcp::McpEndpointOptions endpoint_options(App& app) {
  mcp::McpEndpointOptions options;
  options.anonymous = app.model("http");
  options.origin = origin_policy(app.config().http);
  options.lists_by_scope = true;
  bool with_server = !app.config().auth.issuer.empty();
  if (with_server) options.resource = protected_resource(app);
  auto gate = std::make_shared<Gate>(app, options.resource);
  options.authenticate = [&app, gate, open = !needs_token(app.config()),
                          with_server](const HttpServerRequest& request) -> Result<mcp::Caller> {
    auto token = TRY(mcp::bearer_token(request));
    if (token) return mcp::verify_bearer(*token, gate->verifiers);
    if (open) return mcp::Caller{.principal = app.model("http")};
    return Error{Code::kUnauthenticated, with_server ? "sign in, or send an API key as `Authorization: Bearer spk_...`"
                                                     : "send an API key as `Authorization: Bearer spk_...`"};
  };
  return options;
}

}  // namespace spreaders::app
