// What a client sees of authorization at the door: where to sign in (401), which scopes a call needs (403), a list of
// what its token allows, and that a newer token counts at once. Tokens themselves: auth/auth_test.cpp.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mcp-server/test_support.hpp"
#include "mcp-server/transport/http/mcp_endpoint.hpp"

namespace spreaders::mcp {
namespace {

using testing::FakeRunner;
using testing::http_request;
using testing::RawClient;

constexpr const char* kMetadata = "https://mcp.example.org/.well-known/oauth-protected-resource/mcp";

// A token is its holder's scopes with commas: "test:read,test:write". Those that begin with "key:" are API keys.
Result<Caller> caller_of(const HttpServerRequest& request) {
  auto token = TRY(bearer_token(request));
  if (!token) return Error{Code::kUnauthenticated, "sign in"};
  if (*token == "expired") return Error{Code::kUnauthenticated, "the token has expired"};
  if (*token == "away") return Error{Code::kUnavailable, "the keys cannot be had", "", 5000};
  if (*token == "stranger") return Error{Code::kPermissionDenied, "the token names no workspace"};
  Caller caller{.may_step_up = !token->starts_with("key~")};
  caller.principal.id = "sub:ada";
  caller.principal.workspace = "wsp";
  std::string word;
  for (char c : *token + "~") {
    if (c != '~') word += c == '.' ? ':' : c == '+' ? '*' : c;
    else if (word != "key") caller.principal.scopes.push_back(std::exchange(word, ""));
    else word.clear();
  }
  return caller;
}

struct Door {
  FakeRunner runner;
  McpServer server{{.name = "door", .version = "1.0.0", .tools = &runner, .signing_key = std::string(32, 'k')}};
  McpEndpoint endpoint;
  HttpServer http{{.worker_threads = 4, .drain_timeout_ms = 2000}};

  Door() : endpoint(server, options()) {
    runner.on_call = [this](const ToolCall& call) -> Result<Json> {
      const auto* spec = runner.find(call.name);
      if (!call.principal.may_all(spec->scopes.list())) return Error{Code::kPermissionDenied, "not with these scopes"};
      return Json{{"message", "done"}};
    };
    endpoint.add_routes(http);
    EXPECT_TRUE(http.start().ok());
  }
  ~Door() {
    endpoint.close();
    http.stop();
  }
  static McpEndpointOptions options() {
    auto resource = std::make_shared<ProtectedResource>();
    resource->base_url = "https://mcp.example.org";
    resource->authorization_servers = {"https://login.example.org"};
    resource->scopes = {"test:read"};
    resource->is_door = [](std::string_view path) { return path == "/sse" || path == "/mcp/compact"; };
    McpEndpointOptions made;
    made.authenticate = caller_of;
    made.resource = std::move(resource);
    made.lists_by_scope = true;
    return made;
  }

  RawClient::Answer ask(const std::string& method, const std::string& path, const std::string& token,
                        const std::string& body, HttpHeaders more = {}) {
    HttpHeaders headers = {{"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"}};
    if (!token.empty()) headers.emplace_back("Authorization", "Bearer " + token);
    headers.insert(headers.end(), more.begin(), more.end());
    return RawClient(http.port()).ask(http_request(method, path, body, headers));
  }
  // One request of 2026-07-28.
  RawClient::Answer modern(const std::string& token, const std::string& rpc_method, Json params,
                           const std::string& path = "/mcp") {
    HttpHeaders headers = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", rpc_method}};
    if (params.contains("name")) headers.emplace_back("Mcp-Name", params["name"].get<std::string>());
    params["_meta"] = {{std::string(kMetaVersion), "2026-07-28"}, {std::string(kMetaCapabilities), Json::object()}};
    Json body{{"jsonrpc", "2.0"}, {"id", 1}, {"method", rpc_method}, {"params", std::move(params)}};
    return ask("POST", path, token, to_text(body), headers);
  }
  RawClient::Answer call(const std::string& token, const std::string& tool, Json arguments = {{"message", "x"}}) {
    return modern(token, "tools/call", {{"name", tool}, {"arguments", std::move(arguments)}});
  }
  std::vector<std::string> listed(const std::string& token, const std::string& path = "/mcp") {
    std::vector<std::string> names;
    auto answer = Json::parse(modern(token, "tools/list", Json::object(), path).body);
    for (const auto& tool : answer["result"]["tools"]) names.push_back(tool["name"]);
    return names;
  }
};

using Names = std::vector<std::string>;

TEST(AuthorizationTest, WhoHasNoTokenIsToldWhereToGetOne) {
  Door door;
  for (auto [method, path, place] : {std::tuple{"POST", "/mcp", "/mcp"},
                                     {"GET", "/mcp", "/mcp"},
                                     {"DELETE", "/mcp", "/mcp"},
                                     {"POST", "/mcp/compact", "/mcp/compact"},
                                     {"POST", "/rpc", "/mcp"},
                                     {"GET", "/sse", "/sse"},
                                     {"POST", "/messages?sessionId=x", "/sse"}}) {
    auto answer = door.ask(method, path, "", method == std::string("POST") ? "{}" : "");
    EXPECT_EQ(answer.status, 401) << path;
    EXPECT_EQ(answer.header("www-authenticate"),
              "Bearer resource_metadata=\"https://mcp.example.org/.well-known/oauth-protected-resource" +
                  std::string(place) + "\", scope=\"test:read\"")
        << method << path;
  }
}

TEST(AuthorizationTest, ABadTokenIsNamedAsSuchAndNeverRepeated) {
  Door door;
  auto answer = door.modern("expired", "tools/list", Json::object());
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.header("www-authenticate"),
            std::string("Bearer resource_metadata=\"") + kMetadata +
                "\", error=\"invalid_token\", error_description=\"the token has expired\", scope=\"test:read\"");
  for (const char* path : {"/mcp?access_token=test.read", "/rpc?access_token=test.read", "/sse?access_token=test.read",
                           "/messages?sessionId=x&access_token=test.read", "/mcp?access%5ftoken=test.read"}) {
    bool get = std::string_view(path).starts_with("/sse");
    auto in_query = door.ask(get ? "GET" : "POST", path, "", get ? "" : "{}");
    EXPECT_EQ(in_query.status, 401) << path;
    EXPECT_NE(in_query.header("www-authenticate").find("invalid_token"), std::string::npos) << path;
    EXPECT_EQ(in_query.body.find("test.read"), std::string::npos);
  }
  EXPECT_EQ(door.ask("POST", "/mcp?access_token=x", "test.read", "{}").status, 401) << "beside a good one";
}

TEST(AuthorizationTest, OtherRefusalsStartNoSignIn) {
  Door door;
  auto away = door.modern("away", "tools/list", Json::object());
  EXPECT_EQ(away.status, 503);
  EXPECT_EQ(away.header("retry-after"), "5");
  auto stranger = door.modern("stranger", "tools/list", Json::object());
  EXPECT_EQ(stranger.status, 403);
  for (const auto& answer : {away, stranger}) EXPECT_EQ(answer.header("www-authenticate"), "");
}

TEST(AuthorizationTest, PagesOfAllowedOriginsCanReadWhereToSignIn) {
  Door door;
  auto answer = door.ask("POST", "/mcp", "", "{}", {{"Origin", "http://localhost:6274"}});
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.header("access-control-allow-origin"), "http://localhost:6274");
  EXPECT_NE(answer.header("access-control-expose-headers").find("WWW-Authenticate"), std::string::npos);
}

TEST(AuthorizationTest, MetadataIsPublicAndOnlyOfDoorsThatExist) {
  Door door;
  for (const char* path : {"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"}) {
    auto answer = door.ask("GET", path, "", "");
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(Json::parse(answer.body)["resource"], "https://mcp.example.org/mcp");
    EXPECT_EQ(Json::parse(answer.body)["scopes_supported"], Json::array({"test:read"}));
    EXPECT_EQ(answer.header("content-type"), "application/json");
    EXPECT_EQ(answer.header("access-control-allow-origin"), "*");
  }
  EXPECT_EQ(door.ask("GET", "/.well-known/oauth-protected-resource/nothing", "", "").status, 404);
  EXPECT_EQ(door.ask("POST", "/.well-known/oauth-protected-resource", "", "{}").status, 405);
  auto evil = RawClient(door.http.port())
                  .ask("GET /.well-known/oauth-protected-resource HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(evil.status, 403);
}

TEST(AuthorizationTest, ACallWithoutItsScopesNamesExactlyThese) {
  Door door;
  auto answer = door.call("test.read", "test_publish");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.header("www-authenticate"), std::string("Bearer resource_metadata=\"") + kMetadata +
                                                   "\", error=\"insufficient_scope\", scope=\"test:write\"");
  auto body = Json::parse(answer.body);
  EXPECT_EQ(body["id"], 1);
  EXPECT_EQ(body["error"]["data"]["requiredScopes"], Json::array({"test:write"}));
  EXPECT_EQ(door.runner.calls.size(), 1U) << "refused where every call is, so it is audited";
  for (const char* wide : {"test.write", "test.+", "+", "other.read~test.write"})
    EXPECT_EQ(door.call(wide, "test_publish").status, 200) << wide;
  for (const char* other : {"test.writer", "other.+", "tes.+", "test.", "approvals.+"})
    EXPECT_EQ(door.call(other, "test_publish").status, 403) << other;
}

TEST(AuthorizationTest, NoWayAroundByAliasBatchOrDoor) {
  Door door;
  EXPECT_EQ(door.call("test.read", "test.publish").status, 403);
  Json inner = Json::array();
  for (const char* name : {"test_echo", "test_publish"})
    inner.push_back({{"name", name}, {"arguments", {{"message", "x"}}}});
  auto batch = door.call("test.read", "tools_call_write", {{"calls", inner}});
  EXPECT_EQ(batch.status, 403);
  EXPECT_NE(batch.header("www-authenticate").find("scope=\"test:write\""), std::string::npos);
  for (const auto& call : door.runner.calls) EXPECT_NE(call.name, "test_echo") << "nothing was done before the refusal";
  auto rpc =
      door.ask("POST", "/rpc", "test.read",
               R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"test.publish","arguments":{}}})");
  EXPECT_EQ(rpc.status, 403);
}

TEST(AuthorizationTest, AKeyCannotBeWidenedSoItsRefusalIsAResult) {
  Door door;
  auto answer = door.call("key~test.read", "test_publish");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("www-authenticate"), "");
  auto result = Json::parse(answer.body)["result"];
  EXPECT_EQ(result["isError"], true);
  EXPECT_EQ(result["_meta"]["io.spreaders/error"]["code"], "permission_denied");
}

TEST(AuthorizationTest, ListsShowWhatATokenAllowsAndBelongToItAlone) {
  Door door;
  EXPECT_EQ(door.listed("+"), (Names{"test_echo", "test_publish"}));
  EXPECT_EQ(door.listed("test.read"), (Names{"test_echo"}));
  EXPECT_EQ(door.listed("key~test.write"), (Names{"test_publish"}));
  EXPECT_EQ(door.listed("other.read"), Names{});
  EXPECT_EQ(door.listed("+"), (Names{"test_echo", "test_publish"})) << "no list leaks into another's cache";
  // The same request with two tokens gives two answers, so none of them may be marked as everybody's (line 18).
  for (const char* token : {"+", "test.read"}) {
    auto result = Json::parse(door.modern(token, "tools/list", Json::object()).body)["result"];
    EXPECT_EQ(result["cacheScope"], "private") << token;
  }
  auto same = [&](const char* method) {
    auto one = door.modern("+", method, Json::object()).body;
    EXPECT_EQ(one, door.modern("test.read", method, Json::object()).body);
    return Json::parse(one)["result"]["cacheScope"];
  };
  EXPECT_EQ(same("server/discover"), "public");
  EXPECT_EQ(same("prompts/list"), "public");
  auto rpc = door.ask("POST", "/rpc", "test.read", R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  EXPECT_EQ(Json::parse(rpc.body)["result"]["tools"].size(), 1U);
}

TEST(AuthorizationTest, ASessionCountsTheTokenOfEachRequest) {
  Door door;
  auto opened = door.ask(
      "POST", "/mcp", "test.read",
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})");
  HttpHeaders session = {{"Mcp-Session-Id", opened.header("mcp-session-id")}};
  std::string publish =
      R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"test_publish","arguments":{"message":"x"}}})";
  auto first = door.ask("POST", "/mcp", "test.read", publish, session);
  EXPECT_EQ(first.status, 403);
  EXPECT_NE(first.header("www-authenticate").find("scope=\"test:write\""), std::string::npos);
  auto stepped_up = door.ask("POST", "/mcp", "test.read~test.write", publish, session);
  EXPECT_EQ(stepped_up.status, 200) << stepped_up.body;
  EXPECT_NE(stepped_up.body.find("done"), std::string::npos) << stepped_up.body;
  EXPECT_EQ(door.ask("POST", "/mcp", "test.read", publish, session).status, 403) << "and a narrower one again";
}

TEST(AuthorizationTest, SoDoesTheOldStream) {
  Door door;
  RawClient stream(door.http.port());
  stream.send(http_request("GET", "/sse", "", {{"Authorization", "Bearer test.read"}}));
  ASSERT_TRUE(stream.read_until("\n\n\r\n"));
  size_t at = stream.buffer().find("data: /messages?sessionId=");
  ASSERT_NE(at, std::string::npos);
  std::string path = stream.buffer().substr(at + 6, stream.buffer().find('\n', at) - at - 6);
  auto publish = [&](const char* token, int id) {
    Json body{{"jsonrpc", "2.0"},
              {"id", id},
              {"method", "tools/call"},
              {"params", {{"name", "test_publish"}, {"arguments", {{"message", "x"}}}}}};
    EXPECT_EQ(door.ask("POST", path, token, to_text(body)).status, 202);
  };
  publish("test.read", 7);
  ASSERT_TRUE(stream.read_until("permission_denied"));
  publish("test.write", 8);
  EXPECT_TRUE(stream.read_until("done"));
}

}  // namespace
}  // namespace spreaders::mcp
