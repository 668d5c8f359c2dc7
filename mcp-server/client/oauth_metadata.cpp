#include "mcp-server/client/oauth_metadata.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "mcp-server/client/authorizer.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kDocumentBytes_max = 256 * 1024;
constexpr size_t kListItems_max = 200;
constexpr size_t kTextBytes_max = 4 * 1024;
constexpr size_t kServers_max = 10;
constexpr std::string_view kResourcePath = "/.well-known/oauth-protected-resource";
constexpr std::string_view kServerPath = "/.well-known/oauth-authorization-server";
constexpr std::string_view kOpenidPath = "/.well-known/openid-configuration";

bool is_token_char(char c) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kSigns.find(c) != std::string_view::npos;
}

// Reads a header from left to right.
struct Scanner {
  std::string_view rest;
  void blanks() { rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size())); }
  bool take(char c) {
    blanks();
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::string token() {
    blanks();
    size_t size = 0;
    while (size < rest.size() && is_token_char(rest[size])) ++size;
    std::string text(rest.substr(0, size));
    rest.remove_prefix(size);
    return text;
  }
  std::optional<std::string> value() {
    if (!take('"')) {
      std::string text = token();
      if (text.empty()) return std::nullopt;
      return text;
    }
    std::string text;
    while (!rest.empty()) {
      char c = rest.front();
      rest.remove_prefix(1);
      if (c == '"') return text;
      if (c == '\\' && !rest.empty()) {
        c = rest.front();
        rest.remove_prefix(1);
      }
      text.push_back(c);
    }
    return std::nullopt;  // the quote never ends
  }
};

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  const auto& text = found->get_ref<const std::string&>();
  return text.size() <= kTextBytes_max ? text : std::string();
}

std::vector<std::string> texts_of(const Json& object, const char* name) {
  std::vector<std::string> texts;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return texts;
  for (const auto& each : *found) {
    if (texts.size() >= kListItems_max) break;
    if (each.is_string() && each.get_ref<const std::string&>().size() <= kTextBytes_max) texts.push_back(each);
  }
  return texts;
}

bool flag_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

// The path of a URL without its query and without a slash at the end.
std::string path_of(std::string_view url) {
  const size_t authority = url.find("://");
  if (authority == std::string_view::npos) return {};
  const size_t slash = url.find_first_of("/?#", authority + 3);
  if (slash == std::string_view::npos || url[slash] != '/') return {};
  std::string path(url.substr(slash, url.find_first_of("?#", slash) - slash));
  while (path.ends_with('/')) path.pop_back();
  return path;
}

// kNotFound when nothing usable is there.
Result<Json> fetch_document(const OAuthReach& reach, const std::string& url) {
  TRY(reach.check(url));
  auto answer = TRY(reach.send({.url = url, .headers = {{"Accept", "application/json"}}}));
  if (answer.status != 200) return not_found("There is no document at the address.");
  auto json = parse_json(answer.body, {.bytes_max = kDocumentBytes_max});
  if (!json.ok() || !json->is_object()) return not_found("The document at the address is no JSON object.");
  return json;
}

// Is `resource` the server itself, or a part of its address that it lies under?
bool covers(const std::string& resource, const std::string& server_url) {
  if (resource.find('#') != std::string::npos || origin_of(resource).empty()) return false;
  if (origin_of(resource) != origin_of(server_url)) return false;
  const std::string whole = path_of(server_url);
  const std::string part = path_of(resource);
  return whole == part || (whole.starts_with(part) && whole[part.size()] == '/');
}

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  if (header.size() > kChallengeBytes_max) return challenges;
  Scanner scan{header};
  for (;;) {
    while (scan.take(',')) {
    }
    const std::string word = scan.token();
    if (word.empty()) return challenges;
    scan.blanks();
    // A name with "=" goes on with the challenge before it; a word without one begins the next.
    if (!challenges.empty() && scan.take('=')) {
      auto value = scan.value();
      if (!value) return challenges;
      challenges.back().params.emplace(lower_ascii(word), std::move(*value));
      continue;
    }
    challenges.push_back({word, {}});
  }
}

Challenge oauth_challenge(const HttpResponse& head) {
  for (const auto& [name, value] : head.headers) {
    if (name != "www-authenticate") continue;
    for (auto& challenge : parse_challenges(value)) {
      const std::string scheme = lower_ascii(challenge.scheme);
      if (scheme == "bearer" || scheme == "dpop") return std::move(challenge);
    }
  }
  return {};
}

bool OAuthReach::trusts(std::string_view url) const {
  const std::string origin = origin_of(url);
  return !origin.empty() &&
         (any_address || std::find(trusted_origins.begin(), trusted_origins.end(), origin) != trusted_origins.end());
}

Result<void> OAuthReach::check(std::string_view url) const {
  const std::string origin = origin_of(url);
  if (origin.starts_with("https://") || trusts(url)) return {};
  return Error{Code::kPermissionDenied, "Sign-in addresses have to be https."};
}

Result<HttpResponse> OAuthReach::send(HttpRequest request) const {
  request.trusted_address = trusts(request.url);
  request.timeout_ms = timeout_ms;
  request.connect_timeout_ms = timeout_ms;
  request.response_bytes_max = kDocumentBytes_max;
  request.stop = stop;
  return http->send(request);
}

Result<ResourceFacts> find_resource(const OAuthReach& reach, const std::string& server_url,
                                    const std::string& metadata_url) {
  std::vector<std::string> places;
  const std::string origin = origin_of(server_url);
  const std::string path = path_of(server_url);
  if (!metadata_url.empty()) {
    places.push_back(metadata_url);
  } else {
    if (!path.empty()) places.push_back(origin + std::string(kResourcePath) + path);
    places.push_back(origin + std::string(kResourcePath));
  }
  for (const auto& place : places) {
    auto document = fetch_document(reach, place);
    if (!document.ok() && document.error().code == Code::kNotFound) continue;
    if (!document.ok()) return document.error();
    ResourceFacts facts{.resource = text_of(*document, "resource"),
                        .authorization_servers = texts_of(*document, "authorization_servers"),
                        .scopes = texts_of(*document, "scopes_supported")};
    if (!covers(facts.resource, server_url)) {
      return Error{Code::kPermissionDenied, "The MCP server's metadata speak of another resource than the server."};
    }
    if (facts.authorization_servers.size() > kServers_max) facts.authorization_servers.resize(kServers_max);
    if (facts.authorization_servers.empty()) return not_found("The MCP server names no authorization server.");
    return facts;
  }
  return not_found("The MCP server has no metadata about its authorization.");
}

Result<AuthorizationServer> find_authorization_server(const OAuthReach& reach, const std::string& issuer) {
  const std::string origin = origin_of(issuer);
  const std::string path = path_of(issuer);
  if (origin.empty()) return Error{Code::kPermissionDenied, "The authorization server's name is no address."};
  std::vector<std::string> places{origin + std::string(kServerPath) + path, origin + std::string(kOpenidPath) + path};
  if (!path.empty()) places.push_back(origin + path + std::string(kOpenidPath));
  for (const auto& place : places) {
    auto document = fetch_document(reach, place);
    if (!document.ok() && document.error().code == Code::kNotFound) continue;
    if (!document.ok()) return document.error();
    AuthorizationServer server{.issuer = text_of(*document, "issuer"),
                               .authorization_endpoint = text_of(*document, "authorization_endpoint"),
                               .token_endpoint = text_of(*document, "token_endpoint"),
                               .registration_endpoint = text_of(*document, "registration_endpoint"),
                               .scopes = texts_of(*document, "scopes_supported"),
                               .auth_methods = texts_of(*document, "token_endpoint_auth_methods_supported"),
                               .challenge_methods = texts_of(*document, "code_challenge_methods_supported"),
                               .dpop_algorithms = texts_of(*document, "dpop_signing_alg_values_supported"),
                               .says_iss = flag_of(*document, "authorization_response_iss_parameter_supported"),
                               .takes_client_documents = flag_of(*document, "client_id_metadata_document_supported")};
    // RFC 8414 3.3: to the letter, or another server could speak in this one's name.
    if (server.issuer != issuer) {
      return Error{Code::kPermissionDenied, "The authorization server's metadata name another issuer."};
    }
    if (server.token_endpoint.empty()) return not_found("The authorization server names no token endpoint.");
    return server;
  }
  return not_found("The authorization server has no metadata.");
}

AuthorizationServer assumed_server(const std::string& server_url) {
  const std::string origin = origin_of(server_url);
  return {.issuer = origin,
          .authorization_endpoint = origin + "/authorize",
          .token_endpoint = origin + "/token",
          .registration_endpoint = origin + "/register",
          .scopes = {},
          .auth_methods = {},
          .challenge_methods = {"S256"},
          .dpop_algorithms = {},
          .assumed = true};
}

std::string form_text(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    text += (text.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
  }
  return text;
}

std::map<std::string, std::string> query_of(std::string_view url) {
  std::map<std::string, std::string> pairs;
  const size_t question = url.find('?');
  if (question == std::string_view::npos) return pairs;
  std::string_view rest = url.substr(question + 1);
  rest = rest.substr(0, rest.find('#'));
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    pairs.emplace(percent_decode(pair.substr(0, equals), true),
                  percent_decode(pair.substr(std::min(equals + 1, pair.size())), true));
  }
  return pairs;
}

}  // namespace spreaders::mcp
