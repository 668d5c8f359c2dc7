// OAuth against a server that is resource and authorization server in one, and lies when it is told to. The official
// suite (conformance_client) covers the good ways; here are the bad ones, refreshing, and where tokens go.
#include "mcp-server/client/oauth.hpp"

#include <gtest/gtest.h>

#include "core/bytes.hpp"
#include "integrations/http/curl_client.hpp"
#include "integrations/http/testing/scripted_server.hpp"
#include "mcp-server/client/client.hpp"
#include "mcp-server/client/http_transport.hpp"

namespace spreaders::mcp {
namespace {

using spreaders::testing::Reply;
using spreaders::testing::ScriptedServer;
using spreaders::testing::Seen;

constexpr const char* kRedirect = "http://127.0.0.1:1/callback";

// Knobs of the lie.
struct Lies {
  std::string resource = {}, issuer = {}, token_host = {}, authorize_host = {}, state = {}, redirect = {}, iss = {};
  std::string challenge_methods = R"(["S256"])";
  bool no_new_token = false;
  std::string token_type = "Bearer";
};

class World {
 public:
  explicit World(Lies the_lies = {})
      : lies(std::move(the_lies)), server([this](const Seen& seen) { return serve(seen); }) {}

  OAuthOptions options() {
    return {.server_url = server.url("/mcp"),
            .redirect_uri = kRedirect,
            .sign_in = [this](const std::string& url, std::stop_token) -> Result<std::string> {
              ++sign_ins;
              last_sign_in = url;
              const auto query = query_of(url);
              return (lies.redirect.empty() ? std::string(kRedirect) : lies.redirect) +
                     "?code=c0de&state=" + (lies.state.empty() ? query.at("state") : lies.state) +
                     (lies.iss.empty() ? "" : "&iss=" + percent_encode(lies.iss));
            },
            .any_address = true};
  }
  // Connects and lists; the error's code or kInternal for success.
  Result<void> use(OAuthOptions options) {
    oauth = std::make_unique<OAuth>(http, clock, std::move(options));
    client = std::make_unique<McpClient>(
        std::make_unique<HttpTransport>(
            http, HttpTransportOptions{.url = server.url("/mcp"), .trusted_address = true, .authorizer = oauth.get()}),
        ClientOptions{.eras = ClientOptions::Eras::kModern});
    return client->connect();
  }
  [[nodiscard]] size_t count(const std::string& start) const {
    size_t found = 0;
    for (const auto& seen : server.seen()) found += seen.line.starts_with(start) ? 1 : 0;
    return found;
  }

  Lies lies;
  CurlClient http;
  VirtualClock clock{Instant{1'800'000'000LL * kSecond_us}};
  std::atomic<int> sign_ins = 0, tokens = 0;
  std::string last_sign_in;
  std::string good_token;
  ScriptedServer server;
  std::unique_ptr<OAuth> oauth;
  std::unique_ptr<McpClient> client;

 private:
  Reply serve(const Seen& seen) {
    const std::string self = server.url();
    auto or_self = [&](const std::string& lie) { return lie.empty() ? self : lie; };
    if (seen.line.starts_with("GET /.well-known/oauth-protected-resource")) {
      return Reply::json(200, R"({"resource":")" + (lies.resource.empty() ? self + "/mcp" : lies.resource) +
                                  R"(","authorization_servers":[")" + self + R"("],"scopes_supported":["read"]})");
    }
    if (seen.line.starts_with("GET /.well-known/oauth-authorization-server")) {
      return Reply::json(200, R"({"issuer":")" + or_self(lies.issuer) + R"(","authorization_endpoint":")" +
                                  or_self(lies.authorize_host) + R"(/authorize","token_endpoint":")" +
                                  or_self(lies.token_host) + R"(/token","registration_endpoint":")" + self +
                                  R"(/register","code_challenge_methods_supported":)" + lies.challenge_methods + "}");
    }
    if (seen.line.starts_with("POST /register")) return Reply::json(201, R"({"client_id":"us"})");
    if (seen.line.starts_with("POST /token")) {
      if (lies.no_new_token && tokens > 0) return Reply::json(400, R"({"error":"invalid_grant"})");
      good_token = "token-" + std::to_string(++tokens);
      return Reply::json(200, R"({"access_token":")" + good_token + R"(","token_type":")" + lies.token_type +
                                  R"(","expires_in":100,"refresh_token":"refresh-)" + std::to_string(tokens) + "\"}");
    }
    if (!seen.line.starts_with("POST /mcp")) return Reply::with(404, "", "text/plain");
    if (good_token.empty() || seen.header("authorization") != "Bearer " + good_token) {
      return Reply::with(401, "", "text/plain", "WWW-Authenticate: Bearer scope=\"read\"\r\n");
    }
    return Reply::json(200, R"({"jsonrpc":"2.0","id":)" + Json::parse(seen.body)["id"].dump() +
                                R"(,"result":{"supportedVersions":["2026-07-28"],"capabilities":{},"tools":[]}})");
  }
};

TEST(OAuth, SignsInOnceAndRefreshesBeforeTheTokenIsOld) {
  World world;
  auto used = world.use(world.options());
  ASSERT_TRUE(used.ok()) << used.error().message;
  const auto query = query_of(world.last_sign_in);
  EXPECT_EQ(query.at("resource"), world.server.url("/mcp"));
  EXPECT_EQ(query.at("scope"), "read");
  EXPECT_EQ(query.at("code_challenge_method"), "S256");
  ASSERT_TRUE(world.client->list_tools().ok());
  EXPECT_EQ(world.tokens, 1);
  world.clock.move_to(world.clock.now() + 80 * kSecond_us);  // 100 s of life, a margin of 30 s
  ASSERT_TRUE(world.client->list_tools().ok());
  EXPECT_EQ(world.tokens, 2);
  EXPECT_EQ(world.sign_ins, 1);
  bool refreshed = false;
  for (const auto& seen : world.server.seen()) {
    if (seen.body.find("grant_type=refresh_token") == std::string::npos) continue;
    refreshed = true;
    EXPECT_NE(seen.body.find("refresh_token=refresh-1"), std::string::npos);
    EXPECT_NE(seen.body.find("resource="), std::string::npos);
  }
  EXPECT_TRUE(refreshed);
}

TEST(OAuth, AsksThePersonAgainWhenTheRefreshTokenIsWorthNothing) {
  World world;
  ASSERT_TRUE(world.use(world.options()).ok());
  world.lies.no_new_token = true;
  world.good_token = "revoked on the server";
  auto listed = world.client->list_tools();
  EXPECT_EQ(listed.error().code, Code::kPermissionDenied);
  EXPECT_EQ(world.sign_ins, 2);
}

TEST(OAuth, BelievesNoMixedUpAnswer) {
  struct {
    const char* what;
    Lies lies;
  } const cases[] = {{"another state", {.state = "guessed"}},
                     {"another address", {.redirect = "https://evil.example/callback"}},
                     {"another issuer", {.iss = "https://evil.example"}},
                     {"another resource", {.resource = "https://evil.example/mcp"}},
                     {"another metadata issuer", {.issuer = "https://evil.example"}},
                     {"no S256", {.challenge_methods = R"(["plain"])"}},
                     {"another token type", {.token_type = "mac"}}};
  for (const auto& each : cases) {
    World world(each.lies);
    auto used = world.use(world.options());
    EXPECT_FALSE(used.ok()) << each.what;
    const bool got_to_token = std::string(each.what) == "another token type";
    EXPECT_EQ(world.count("POST /token"), got_to_token ? 1U : 0U) << each.what;
  }
}

TEST(OAuth, AResourceMayNotBeASiblingOfTheServer) {
  for (const char* path : {"/mc", "/mcp2", "/other", "/mcp/deeper", "/mcp#x"}) {
    World world;
    world.lies.resource = world.server.url(path);
    EXPECT_FALSE(world.use(world.options()).ok()) << path;
  }
  World root;
  root.lies.resource = root.server.url();
  EXPECT_TRUE(root.use(root.options()).ok()) << "the whole origin covers the server";
}

TEST(OAuth, ReachesNoPrivateAddressThatNobodyNamed) {
  ScriptedServer inside([](const Seen&) { return Reply::json(200, R"({"access_token":"x","token_type":"Bearer"})"); });
  World world;
  world.lies.token_host = inside.url();
  auto options = world.options();
  options.any_address = false;
  options.trusted_origins = {world.server.url()};
  EXPECT_EQ(world.use(std::move(options)).error().code, Code::kPermissionDenied);
  EXPECT_TRUE(inside.seen().empty());
}

TEST(OAuth, SendsTokensNowhereElse) {
  World world;
  ASSERT_TRUE(world.use(world.options()).ok());
  for (const auto& seen : world.server.seen()) {
    if (seen.line.starts_with("POST /mcp")) continue;
    EXPECT_EQ(seen.header("authorization"), "") << seen.line;
  }
  HttpRequest elsewhere{.url = "https://evil.example/mcp"};
  ASSERT_TRUE(world.oauth->sign(elsewhere).ok());
  EXPECT_TRUE(elsewhere.secret_headers.empty());
}

TEST(OAuth, WithoutAPersonSaysThatOneIsNeeded) {
  World world;
  auto options = world.options();
  options.sign_in = nullptr;
  EXPECT_EQ(world.use(std::move(options)).error().code, Code::kReconnectNeeded);
}

TEST(OAuth, GivesNoCredentialsToAnotherAuthorizationServer) {
  World world;
  auto options = world.options();
  options.grant = OAuthGrant::kClientCredentials;
  options.identity =
      OAuthIdentity{.issuer = "https://ours.example", .client_id = "us", .client_secret = Secret("canary-secret")};
  EXPECT_EQ(world.use(std::move(options)).error().code, Code::kReconnectNeeded);
  for (const auto& seen : world.server.seen()) EXPECT_EQ(seen.body.find("canary"), std::string::npos);
}

}  // namespace
}  // namespace spreaders::mcp
