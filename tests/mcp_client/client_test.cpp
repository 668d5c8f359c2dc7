// The client and the library's own server, in both eras, over HTTP and standard streams.
#include "mcp-server/client/client.hpp"

#include <csignal>
#include <gtest/gtest.h>

#include "core/time.hpp"
#include "core/wait.hpp"
#include "integrations/http/curl_client.hpp"
#include "integrations/http/testing/scripted_server.hpp"
#include "mcp-server/client/http_transport.hpp"
#include "mcp-server/client/stdio_transport.hpp"
#include "mcp-server/transport/http/mcp_endpoint.hpp"
#include "tests/conformance_fixture/fixture.hpp"

namespace spreaders::mcp {
namespace {

using spreaders::testing::Reply;
using spreaders::testing::ScriptedServer;
using spreaders::testing::Seen;
using Eras = ClientOptions::Eras;

// The fixture's server on a port of its own.
class Fixture {
 public:
  Fixture() : server_(options()), http_({.port = 0, .worker_threads = 8}), endpoint_(server_, {}) {
    tools_.server = &server_;
    endpoint_.add_routes(http_);
    auto started = http_.start();
    EXPECT_TRUE(started.ok());
  }
  ~Fixture() {
    endpoint_.close();
    http_.stop();
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(http_.port()) + "/mcp"; }

 private:
  McpServerOptions options() {
    return {.name = "fixture",
            .version = "1",
            .instructions = "A server for tests.",
            .tool_provider = &tools_,
            .prompts = &prompts_,
            .resources = &resources_,
            .completion = &completion_,
            .signing_key = "a-key-for-tests-that-is-long-enough",
            .tasks_max = 100};
  }
  fixture::Tools tools_;
  fixture::Prompts prompts_;
  fixture::Resources resources_;
  fixture::Completion completion_;
  McpServer server_;
  HttpServer http_;
  McpEndpoint endpoint_;
};

ClientOptions answering(Eras eras) {
  ClientOptions options{.name = "tests", .version = "1", .eras = eras};
  options.on_elicit = [](const Json& params) {
    Json content = Json::object();
    const Json properties = params["requestedSchema"].value("properties", Json::object());
    for (const auto& [name, property] : properties.items()) {
      if (property.contains("default")) continue;
      if (property.value("type", "") == "boolean") content[name] = true;
      else content[name] = "Alice";
    }
    return ElicitAnswer{ElicitAnswer::Action::kAccept, std::move(content)};
  };
  options.on_sample = [](const Json&) -> Result<Json> {
    return Json{{"role", "assistant"}, {"content", {{"type", "text"}, {"text", "Paris"}}}, {"model", "none"}};
  };
  return options;
}

// Each way to the same server.
enum class Way : uint8_t { kHttp, kStdio };
struct Case {
  Way way;
  Eras eras;
};

class Clients : public ::testing::TestWithParam<Case> {
 protected:
  std::unique_ptr<McpClient> connect(ClientOptions options) {
    std::unique_ptr<ClientTransport> transport;
    if (GetParam().way == Way::kHttp) {
      fixture_ = std::make_unique<Fixture>();
      transport =
          std::make_unique<HttpTransport>(http_, HttpTransportOptions{.url = fixture_->url(), .trusted_address = true});
    } else {
      auto started = StdioTransport::start({.command = {CONFORMANCE_FIXTURE, "--stdio"}});
      EXPECT_TRUE(started.ok());
      pid_ = (*started)->pid();
      transport = std::move(*started);
    }
    auto client = std::make_unique<McpClient>(std::move(transport), std::move(options));
    auto connected = client->connect();
    EXPECT_TRUE(connected.ok()) << connected.error().message;
    return client;
  }
  std::string text_of(McpClient& client, const std::string& tool, Json arguments = Json::object()) {
    auto result = client.call_tool(tool, std::move(arguments));
    if (!result.ok()) return "error: " + result.error().message;
    return (*result)["content"][0].value("text", "");
  }
  CurlClient http_;
  std::unique_ptr<Fixture> fixture_;
  int pid_ = 0;
};

TEST_P(Clients, ListCallReadAndGet) {
  auto client = connect(answering(GetParam().eras));
  const bool modern = GetParam().eras != Eras::kLegacy;
  EXPECT_EQ(client->server().revision, modern ? kModernRevision : kLegacyNewest);
  EXPECT_EQ(client->server().info["name"], pid_ > 0 ? "conformance-fixture" : "fixture");
  EXPECT_EQ(client->server().instructions, "A server for tests.");
  auto listing = client->list_tools();
  ASSERT_TRUE(listing.ok()) << listing.error().message;
  EXPECT_GT(listing->tools.size(), 20U);
  EXPECT_TRUE(listing->refused.empty());
  EXPECT_EQ(text_of(*client, "test_simple_text"), "This is a simple text response for testing.");
  EXPECT_EQ(text_of(*client, "test_header_param", {{"region", " überall "}}).substr(0, 5),
            text_of(*client, "test_header_param", {{"region", "x"}}).substr(0, 5));
  auto failed = client->call_tool("test_error_handling", Json::object());
  ASSERT_TRUE(failed.ok());
  EXPECT_EQ((*failed)["isError"], true);
  auto resources = client->list_resources();
  ASSERT_TRUE(resources.ok());
  auto read = client->read_resource((*resources)[0]["uri"]);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_FALSE((*read)["contents"].empty());
  EXPECT_TRUE(client->list_resource_templates().ok());
  ASSERT_TRUE(client->list_prompts().ok());
  EXPECT_TRUE(client->get_prompt("test_simple_prompt", Json::object()).ok());
  EXPECT_EQ(client->call_tool("no_such_tool", Json::object()).error().code, Code::kInvalidArgument);
  EXPECT_EQ(client->request("no/such", Json::object()).error().code, Code::kUnsupported);
}

TEST_P(Clients, HearProgress) {
  auto client = connect(answering(GetParam().eras));
  std::vector<double> heard;
  auto done = client->call_tool("test_tool_with_progress", Json::object(),
                                {.on_progress = [&](double progress, double total, const std::string&) {
                                  EXPECT_EQ(total, 100);
                                  heard.push_back(progress);
                                }});
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(heard, (std::vector<double>{0, 50, 100}));
}

TEST_P(Clients, AnswerQuestions) {
  auto client = connect(answering(GetParam().eras));
  if (GetParam().eras == Eras::kLegacy) {
    EXPECT_NE(text_of(*client, "test_elicitation", {{"message", "Who?"}}).find("\"username\":\"Alice\""),
              std::string::npos);
    const auto defaults = text_of(*client, "test_elicitation_sep1034_defaults");
    for (const char* part : {"John Doe", "30", "95.5", "active", "true"}) {
      EXPECT_NE(defaults.find(part), std::string::npos) << defaults;
    }
    EXPECT_EQ(text_of(*client, "test_sampling", {{"prompt", "Capital?"}}), "LLM response: Paris");
    return;
  }
  EXPECT_EQ(text_of(*client, "test_input_required_result_elicitation"), "Hello, Alice!");
  EXPECT_NE(text_of(*client, "test_input_required_result_request_state").find("state-ok"), std::string::npos);
  EXPECT_EQ(text_of(*client, "test_input_required_result_multi_round").substr(0, 5) == "error", false);
  EXPECT_NE(text_of(*client, "test_input_required_result_sampling").find("Paris"), std::string::npos);
  EXPECT_FALSE(client->call_tool("test_input_required_result_list_roots", Json::object()).ok())
      << "roots are not offered";
}

TEST_P(Clients, GoOnWithTasks) {
  if (GetParam().eras == Eras::kLegacy) return;  // an extension of the modern era
  auto client = connect(answering(GetParam().eras));
  EXPECT_NE(text_of(*client, "slow_compute", {{"seconds", 1}, {"label", "x"}}).find("x"), std::string::npos);
  EXPECT_TRUE(client->call_tool("confirm_delete", {{"filename", "a.txt"}}).ok());
  EXPECT_EQ(client->call_tool("protocol_error_job", Json::object()).error().code, Code::kVendorRejected);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(
      client->call_tool("slow_compute", {{"seconds", 30}, {"label", "x"}}, {.stop = stop.get_token()}).error().code,
      Code::kCancelled);
}

TEST_P(Clients, StopACallAndGoOnAfterIt) {
  auto client = connect(answering(GetParam().eras));
  std::stop_source stop;
  const int64_t begin_ms = monotonic_ms();
  auto stopped = client->call_tool(
      "test_tool_with_progress", Json::object(),
      {.stop = stop.get_token(), .on_progress = [&](double, double, const std::string&) { stop.request_stop(); }});
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
  EXPECT_LT(monotonic_ms() - begin_ms, 5'000);
  EXPECT_EQ(text_of(*client, "test_simple_text").substr(0, 4), "This");
}

TEST_P(Clients, LeaveNothingBehind) {
  auto client = connect(answering(GetParam().eras));
  client.reset();
  const bool runs = pid_ > 0 && ::kill(pid_, 0) == 0;
  EXPECT_FALSE(runs) << "the command still runs";
}

INSTANTIATE_TEST_SUITE_P(Ways, Clients,
                         ::testing::Values(Case{Way::kHttp, Eras::kBoth}, Case{Way::kHttp, Eras::kLegacy},
                                           Case{Way::kStdio, Eras::kBoth}, Case{Way::kStdio, Eras::kLegacy}),
                         [](const auto& test) {
                           return std::string(test.param.way == Way::kHttp ? "Http" : "Stdio") +
                                  (test.param.eras == Eras::kLegacy ? "Legacy" : "Modern");
                         });

TEST(ClientOverHttp, TakesAStreamUpAgain) {
  Fixture fixture;
  CurlClient http;
  McpClient client(
      std::make_unique<HttpTransport>(http, HttpTransportOptions{.url = fixture.url(), .trusted_address = true}),
      {.eras = Eras::kLegacy});
  ASSERT_TRUE(client.connect().ok());
  auto done = client.call_tool("test_reconnection", Json::object());
  ASSERT_TRUE(done.ok()) << done.error().message;
}

// A server of the session era that opens its standing stream as `get` says.
Reply session_server(const Seen& seen, const std::function<Reply()>& get) {
  if (seen.line.starts_with("GET")) return get();
  if (!seen.line.starts_with("POST")) return Reply::with(200, "", "text/plain");
  Json message = Json::parse(seen.body);
  if (!message.contains("id")) return Reply::with(202, "", "text/plain");
  Json result{{"protocolVersion", "2025-11-25"}, {"capabilities", Json::object()}};
  return Reply::json(200, Json{{"jsonrpc", "2.0"}, {"id", message["id"]}, {"result", result}}.dump(),
                     "Mcp-Session-Id: s\r\n");
}

struct Listening {
  explicit Listening(std::function<Reply()> get, ClientLimits limits = {})
      : server([get = std::move(get)](const Seen& seen) { return session_server(seen, get); }),
        client(std::make_unique<HttpTransport>(
                   http, HttpTransportOptions{.url = server.url("/mcp"), .trusted_address = true, .limits = limits}),
               answering(Eras::kLegacy)) {}
  CurlClient http;
  ScriptedServer server;
  McpClient client;
};

TEST(ClientOverHttp, CallsOnlyOnceItCanBeAsked) {
  std::atomic<bool> open = false;
  std::stop_source never;
  Listening slow([&] {
    wait_ms(never.get_token(), 300);  // the network
    open = true;
    return Reply{.bytes = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", .hold = true};
  });
  ASSERT_TRUE(slow.client.connect().ok());
  EXPECT_TRUE(open) << "what the server asks before its stream is open is lost";
}

TEST(ClientOverHttp, DoesWithoutAStandingStream) {
  Listening refuses([] { return Reply::with(405, "", "text/plain"); }, {.standing_wait_ms = 60'000});
  Listening cuts([] { return Reply{.close = true}; }, {.standing_wait_ms = 60'000, .retry_ms = 1, .reconnects_max = 2});
  Listening silent([] { return Reply{.hold = true}; }, {.standing_wait_ms = 50});
  const int64_t begin_ms = monotonic_ms();
  for (auto* listening : {&refuses, &cuts, &silent}) EXPECT_TRUE(listening->client.connect().ok());
  EXPECT_LT(monotonic_ms() - begin_ms, 30'000) << "no longer than it is of use";
}

}  // namespace
}  // namespace spreaders::mcp
