// Golden transcripts of whole HTTP conversations (tests/golden/mcp/*.txt) and what does not fit into one.
//
// A transcript is a list of requests and the answers to them. "> " begins a request (method and path, headers, body),
// "< " its answer (status, the headers that matter, body; event streams line by line). ${session} stands for the id
// that the last initialize gave, ${state} for the last requestState. After a change that is meant, copy the file that
// the failing test names over the golden one.
#include "mcp-server/transport/http/mcp_endpoint.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mcp-server/test_support.hpp"

namespace spreaders::mcp {
namespace {

using testing::FakeRunner;
using testing::http_request;
using testing::RawClient;

const std::string kKey(32, 'k');

class FilePrompts final : public PromptProvider {
 public:
  Json list() override { return Json::array({Json{{"name", "brief"}, {"description", "A brief"}}}); }
  Answer get(std::string_view name, const Json&, const CallContext&) override {
    if (name != "brief") return invalid_params("Unknown prompt: " + std::string(name));
    return Json{{"messages",
                 Json::array({Json{{"role", "user"}, {"content", {{"type", "text"}, {"text", "Write a brief."}}}}})}};
  }
};

class Notes final : public ResourceProvider {
 public:
  Json list(const Principal&) override { return Json::array({Json{{"uri", "note://1"}, {"name", "one"}}}); }
  Answer read(std::string_view uri, const CallContext&) override {
    if (uri != "note://1") return resource_not_found(uri);
    return Json{{"contents", Json::array({Json{{"uri", uri}, {"text", "first"}}})}};
  }
};

class Gate final : public ApprovalGate {
 public:
  std::optional<ElicitationSpec> ask(const Error&, const ToolCall&) override {
    return ElicitationSpec{"Publish for 10 EUR?", "plan"};
  }
  Result<std::string> answer(std::string_view, std::string_view code, const Principal&) override {
    if (code == "1234") return std::string("apr_1");
    return invalid("That code is wrong");
  }
};

struct World {
  FakeRunner runner;
  FilePrompts prompts;
  Notes notes;
  Gate gate;
  VirtualClock clock{Instant{1'700'000'000 * kSecond_us}};
  McpServer server{{.name = "golden",
                    .version = "1.0.0",
                    .instructions = "Be kind.",
                    .tools = &runner,
                    .prompts = &prompts,
                    .resources = &notes,
                    .approvals = &gate,
                    .signing_key = kKey,
                    .clock = &clock,
                    .new_trace_id = [] { return std::string("0af7651916cd43dd8448eb211c80319c"); },
                    .page_size = 1}};
  McpEndpoint endpoint;
  HttpServer http{{.worker_threads = 4, .drain_timeout_ms = 2000}};

  explicit World(McpEndpointOptions options = {}) : endpoint(server, std::move(options)) {
    runner.on_call = nullptr;
    endpoint.add_routes(http);
    EXPECT_TRUE(http.start().ok());
  }
  ~World() {
    endpoint.close();
    http.stop();
  }
};

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Plays the "> " parts of a transcript and writes it anew with the answers it got.
std::string play(World& world, const std::string& transcript) {
  std::istringstream lines(transcript);
  std::string written;
  std::string session;
  std::string state;
  std::vector<std::string> request;
  auto perform = [&] {
    if (request.empty()) return;
    std::string head = request.front() + " HTTP/1.1\r\nHost: localhost\r\n";
    std::string body;
    for (size_t i = 1; i < request.size(); ++i) {
      std::string line = request[i];
      replace_all(line, "${session}", session);
      replace_all(line, "${state}", state);
      if (line.starts_with('{') || line.starts_with('[')) {
        body = line;
      } else {
        head += line + "\r\n";
      }
    }
    if (!body.empty()) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    request.clear();
    RawClient client(world.http.port());
    auto answer = client.ask(head + "\r\n" + body);
    if (auto id = answer.header("mcp-session-id"); !id.empty()) session = id;
    if (size_t at = answer.body.find("\"requestState\":\""); at != std::string::npos) {
      state = answer.body.substr(at + 16, answer.body.find('"', at + 16) - at - 16);
    }
    written += "< " + std::to_string(answer.status) + "\n";
    for (const char* name :
         {"content-type", "allow", "www-authenticate", "mcp-session-id", "access-control-allow-origin"}) {
      if (auto value = answer.header(name); !value.empty()) written += "< " + std::string(name) + ": " + value + "\n";
    }
    std::istringstream text(answer.body);
    for (std::string line; std::getline(text, line);) {
      if (!line.empty()) written += "< " + line + "\n";
    }
    replace_all(written, session, "${session}");
    replace_all(written, state, "${state}");
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("< ")) continue;
    if (line.starts_with("> ")) {
      request.push_back(line.substr(2));
      written += line + "\n";
      continue;
    }
    perform();
    written += line + "\n";
  }
  perform();
  return written;
}

class GoldenTest : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenTest, Transcript) {
  std::string path = std::string("tests/golden/mcp/") + GetParam() + ".txt";
  std::ifstream file(path);
  ASSERT_TRUE(file.is_open()) << path;
  std::string golden((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  World world;
  std::string actual = play(world, golden);
  if (actual == golden) return;
  std::string other = std::string(GetParam()) + ".actual.tmp";
  std::ofstream(other) << actual;
  FAIL() << path << " differs from what happened; see " << other;
}
INSTANTIATE_TEST_SUITE_P(Mcp, GoldenTest,
                         ::testing::Values("modern", "modern_refusals", "legacy", "legacy_refusals", "batch", "rpc",
                                           "approval"),
                         [](const auto& each) { return std::string(each.param); });

const std::vector<std::pair<std::string, std::string>> kJson = {{"Content-Type", "application/json"},
                                                                {"Accept", "application/json, text/event-stream"}};

TEST(McpEndpointTest, SessionsSurviveARestartButNotADelete) {
  std::string id;
  std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  auto with_session = [&] {
    auto headers = kJson;
    headers.emplace_back("Mcp-Session-Id", id);
    return headers;
  };
  {
    World world;
    id =
        RawClient(world.http.port())
            .ask(http_request(
                "POST", "/mcp",
                R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})",
                kJson))
            .header("mcp-session-id");
    ASSERT_FALSE(id.empty());
  }
  World world;
  EXPECT_EQ(RawClient(world.http.port()).ask(http_request("POST", "/mcp", ping, with_session())).status, 200);
  EXPECT_EQ(RawClient(world.http.port()).ask(http_request("DELETE", "/mcp", "", with_session())).status, 204);
  EXPECT_EQ(RawClient(world.http.port()).ask(http_request("POST", "/mcp", ping, with_session())).status, 404);
  EXPECT_EQ(world.endpoint.session_count(), 0U);
  id[id.size() / 2] = id[id.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(RawClient(world.http.port()).ask(http_request("POST", "/mcp", ping, with_session())).status, 404);
}

TEST(McpEndpointTest, SessionsBelongToWhoMadeThem) {
  World world({.authenticate = [](const HttpServerRequest& request) -> Result<Caller> {
    const auto* token = request.header("authorization");
    if (token == nullptr) return Error{Code::kUnauthenticated, "Send a bearer token"};
    return Caller{.principal = {.id = *token, .workspace = "wsp", .scopes = {"*"}, .door = "http"}};
  }});
  auto as = [&](const char* who, std::string session, std::string body) {
    auto headers = kJson;
    if (who != nullptr) headers.emplace_back("Authorization", who);
    if (!session.empty()) headers.emplace_back("Mcp-Session-Id", session);
    return RawClient(world.http.port()).ask(http_request("POST", "/mcp", body, headers));
  };
  std::string initialize =
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})";
  std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  auto refused = as(nullptr, "", initialize);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("www-authenticate"), "Bearer");
  auto id = as("ada", "", initialize).header("mcp-session-id");
  EXPECT_EQ(as("ada", id, ping).status, 200);
  EXPECT_EQ(as("bo", id, ping).status, 404);
}

TEST(McpEndpointTest, ClosingAModernCallCancelsIt) {
  World world;
  std::atomic<bool> running{false};
  std::atomic<bool> cancelled{false};
  world.runner.on_call = [&](const ToolCall& call) -> Result<Json> {
    running = true;
    cancelled = testing::eventually([&] { return call.stop.stop_requested(); });
    return Json::object();
  };
  auto headers = kJson;
  headers.insert(headers.end(),
                 {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "test_echo"}});
  {
    RawClient client(world.http.port());
    client.send(http_request(
        "POST", "/mcp",
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"test_echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}})",
        headers));
    ASSERT_TRUE(testing::eventually([&] { return running.load(); }));
  }
  EXPECT_TRUE(testing::eventually([&] { return cancelled.load(); }));
}

TEST(McpEndpointTest, AListenerThatHasGoneHoldsNothing) {
  World world;
  auto headers = kJson;
  headers.insert(headers.end(), {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "subscriptions/listen"}});
  {
    RawClient client(world.http.port());
    client.send(http_request(
        "POST", "/mcp",
        R"({"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}})",
        headers));
    ASSERT_TRUE(client.read_until("acknowledged"));
    EXPECT_GT(world.http.stats().held_bytes, 0U);
  }
  EXPECT_TRUE(testing::eventually([&] { return world.http.stats().held_bytes == 0; })) << "though nothing changes";
}

TEST(McpEndpointTest, GetStreamsBroadcastsAndReplaysThem) {
  World world;
  auto id =
      RawClient(world.http.port())
          .ask(http_request(
              "POST", "/mcp",
              R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})",
              kJson))
          .header("mcp-session-id");
  auto headers = kJson;
  headers.emplace_back("Mcp-Session-Id", id);
  {
    RawClient stream(world.http.port());
    stream.send(http_request("GET", "/mcp", "", headers));
    ASSERT_TRUE(stream.read_until("id: g_0"));
    world.server.tools_changed();
    ASSERT_TRUE(stream.read_until("notifications/tools/list_changed"));
  }
  world.server.prompts_changed();
  headers.emplace_back("Last-Event-ID", "g_1");
  RawClient again(world.http.port());
  again.send(http_request("GET", "/mcp", "", headers));
  ASSERT_TRUE(again.read_until("notifications/prompts/list_changed"));
  EXPECT_EQ(again.buffer().find("tools/list_changed"), std::string::npos);
  headers.back().second = "p99_1";
  EXPECT_EQ(RawClient(world.http.port()).ask(http_request("GET", "/mcp", "", headers)).status, 404);
}

TEST(McpEndpointTest, OldSseClientsGetTheirAnswersOnTheStream) {
  World world;
  RawClient stream(world.http.port());
  stream.send(http_request("GET", "/sse", "", {{"Accept", "text/event-stream"}}));
  ASSERT_TRUE(stream.read_until("\n\n\r\n"));
  size_t at = stream.buffer().find("data: /messages?sessionId=");
  ASSERT_NE(at, std::string::npos);
  std::string path = stream.buffer().substr(at + 6, stream.buffer().find('\n', at) - at - 6);
  auto posted = RawClient(world.http.port())
                    .ask(http_request("POST", path, R"({"jsonrpc":"2.0","id":5,"method":"ping"})", kJson));
  EXPECT_EQ(posted.status, 202);
  EXPECT_TRUE(stream.read_until(R"(data: {"jsonrpc":"2.0","id":5,"result":{}})"));
  stream.close();
  EXPECT_TRUE(testing::eventually([&] {
    return RawClient(world.http.port())
               .ask(http_request("POST", path, R"({"jsonrpc":"2.0","id":6,"method":"ping"})", kJson))
               .status == 404;
  }));
}

}  // namespace
}  // namespace spreaders::mcp
