// Servers that lie, flood, stall and point elsewhere.
#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>

#include "core/time.hpp"
#include "core/wait.hpp"
#include "integrations/http/curl_client.hpp"
#include "integrations/http/testing/scripted_server.hpp"
#include "mcp-server/client/client.hpp"
#include "mcp-server/client/http_transport.hpp"
#include "mcp-server/client/stdio_transport.hpp"

namespace spreaders::mcp {
namespace {

using spreaders::testing::Reply;
using spreaders::testing::ScriptedServer;
using spreaders::testing::Seen;
using Eras = ClientOptions::Eras;

const std::string kDiscovered =
    R"({"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{},"ttlMs":0,"cacheScope":"private"})";

Json asked(const Seen& seen) { return seen.body.empty() ? Json::object() : Json::parse(seen.body); }
Reply answer(const Seen& seen, const std::string& result) {
  return Reply::json(
      200, R"({"jsonrpc":"2.0","id":)" + asked(seen).value("id", Json()).dump() + R"(,"result":)" + result + "}");
}
std::string event(const std::string& json) { return "data: " + json + "\n\n"; }
// A stream that begins so and never ends.
Reply endless(const std::string& text) {
  return {.bytes = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + text, .hold = true};
}

// A modern server that answers server/discover properly and everything else by `script`.
struct Hostile {
  explicit Hostile(std::function<Reply(const Seen&)> script, ClientOptions options = {},
                   Authorizer* authorizer = nullptr)
      : server([script](const Seen& seen) {
          return asked(seen).value("method", "") == "server/discover" ? answer(seen, kDiscovered) : script(seen);
        }),
        client(std::make_unique<HttpTransport>(http, HttpTransportOptions{.url = server.url("/mcp"),
                                                                          .trusted_address = true,
                                                                          .authorizer = authorizer,
                                                                          .limits = options.limits}),
               options) {
    auto connected = client.connect();
    EXPECT_TRUE(connected.ok()) << connected.error().message;
  }
  Result<Json> call(CallOptions options = {}) { return client.call_tool("t", Json::object(), options); }
  CurlClient http;
  ScriptedServer server;
  McpClient client;
};

TEST(HostileServer, AnswersAnotherQuestion) {
  Hostile json([](const Seen&) { return Reply::json(200, R"({"jsonrpc":"2.0","id":4711,"result":{}})"); });
  EXPECT_EQ(json.call().error().code, Code::kVendorRejected);
  Hostile stream(
      [](const Seen&) { return Reply::stream(event(R"({"jsonrpc":"2.0","id":4711,"result":{"evil":1}})")); });
  EXPECT_EQ(stream.call().error().code, Code::kOutcomeUnknown);
  Hostile text_id([](const Seen& seen) {
    return Reply::json(200, R"({"jsonrpc":"2.0","id":")" + asked(seen)["id"].dump() + R"(","result":{}})");
  });
  EXPECT_EQ(text_id.call().error().code, Code::kVendorRejected) << "\"2\" is not 2";
}

TEST(HostileServer, AnswersNonsense) {
  for (const char* body : {"", "{", "[]", "null", R"({"jsonrpc":"2.0","id":2,"result":5})",
                           R"({"jsonrpc":"1.0","id":2,"result":{}})", R"({"jsonrpc":"2.0","id":2})", "<html>"}) {
    Hostile server([body](const Seen&) { return Reply::json(200, body); });
    auto result = server.call();
    ASSERT_FALSE(result.ok()) << body;
    EXPECT_EQ(result.error().code, Code::kVendorRejected) << body;
  }
  Hostile page([](const Seen&) { return Reply::with(200, "<html>", "text/html"); });
  EXPECT_EQ(page.call().error().code, Code::kVendorRejected);
  Hostile gone([](const Seen&) { return Reply::with(503, "later", "text/plain"); });
  EXPECT_EQ(gone.call().error().code, Code::kUnavailable);
}

TEST(HostileServer, NeverEndsItsStream) {
  Hostile silent([](const Seen&) { return endless(": hello\n\n"); });
  const int64_t begin_ms = monotonic_ms();
  EXPECT_EQ(silent.call({.timeout_ms = 300}).error().code, Code::kOutcomeUnknown);
  Hostile half([](const Seen&) { return endless("data: {\"jsonrpc\""); }, {.limits = {.idle_timeout_ms = 300}});
  EXPECT_EQ(half.call().error().code, Code::kOutcomeUnknown);
  EXPECT_LT(monotonic_ms() - begin_ms, 5'000);
}

TEST(HostileServer, AnswersAndThenKeepsItsStreamOpen) {
  Hostile server([](const Seen& seen) {
    return endless(event(R"({"jsonrpc":"2.0","id":)" + asked(seen)["id"].dump() + R"(,"result":{"content":[]}})"));
  });
  const int64_t begin_ms = monotonic_ms();
  EXPECT_TRUE(server.call().ok());
  EXPECT_LT(monotonic_ms() - begin_ms, 5'000) << "the answer is there; the rest is not waited for";
}

TEST(HostileServer, Floods) {
  const ClientLimits small{.message_bytes_max = 2'000, .stream_bytes_max = 20'000, .events_max = 50};
  Hostile body([](const Seen&) { return Reply::json(200, std::string(3'000, ' ')); }, {.limits = small});
  EXPECT_EQ(body.call().error().code, Code::kVendorRejected);
  Hostile one_event([](const Seen&) { return Reply::stream("data: " + std::string(3'000, 'x') + "\n\n"); },
                    {.limits = small});
  EXPECT_EQ(one_event.call().error().code, Code::kVendorRejected);
  std::string many;
  for (int i = 0; i < 60; ++i) many += event(R"({"jsonrpc":"2.0","method":"notifications/message","params":{}})");
  Hostile events([many](const Seen&) { return Reply::stream(many); }, {.limits = small});
  EXPECT_EQ(events.call().error().code, Code::kVendorRejected);
  Hostile comments([](const Seen&) { return endless(std::string(25'000, ':') + "\n"); }, {.limits = small});
  EXPECT_EQ(comments.call().error().code, Code::kVendorRejected);
}

TEST(HostileServer, ListsForEver) {
  Hostile loop(
      [](const Seen& seen) { return answer(seen, R"({"resultType":"complete","tools":[],"nextCursor":"again"})"); });
  EXPECT_EQ(loop.client.list_tools().error().code, Code::kVendorRejected);
  Hostile pages(
      [](const Seen& seen) {
        return answer(seen,
                      R"({"resultType":"complete","tools":[],"nextCursor":")" + std::to_string(seen.number) + "\"}");
      },
      {.limits = {.pages_max = 5}});
  EXPECT_EQ(pages.client.list_tools().error().code, Code::kVendorRejected);
  EXPECT_EQ(pages.server.seen().size(), 6U) << "five pages and the discovery";
  Hostile items([](const Seen& seen) { return answer(seen, R"({"tools":[{},{},{}]})"); }, {.limits = {.items_max = 2}});
  EXPECT_EQ(items.client.list_tools().error().code, Code::kVendorRejected);
}

TEST(HostileServer, DefinesToolsThatBreakTheRules) {
  Hostile server([](const Seen& seen) {
    return answer(
        seen,
        R"({"tools":[{"name":"good","inputSchema":{"type":"object"}},{"name":"good","inputSchema":{"type":"object"}},
      {"name":"bad name","inputSchema":{}},{"name":"none"},5,{"name":"split","inputSchema":{"properties":{"a":{"type":"string","x-mcp-header":"A\r\nB"}}}}]})");
  });
  auto listing = server.client.list_tools();
  ASSERT_TRUE(listing.ok());
  ASSERT_EQ(listing->tools.size(), 1U);
  EXPECT_EQ(listing->refused.size(), 5U);
  EXPECT_EQ(server.client.call_tool("split", {{"a", "x"}}).error().code, Code::kInvalidArgument);
  const size_t before = server.server.seen().size();
  EXPECT_FALSE(server.client.call_tool("none", Json::object()).ok());
  EXPECT_EQ(server.server.seen().size(), before) << "nothing was sent";
}

TEST(HostileServer, AsksForEverOrForWhatWasNotOffered) {
  const std::string ask =
      R"({"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"message":"?","requestedSchema":{}}}}})";
  int asked_times = 0;
  ClientOptions options{.limits = {.rounds_max = 3}};
  options.on_elicit = [&](const Json&) {
    ++asked_times;
    return ElicitAnswer{};
  };
  Hostile again([&](const Seen& seen) { return answer(seen, ask); }, options);
  EXPECT_EQ(again.call().error().code, Code::kVendorRejected);
  EXPECT_EQ(asked_times, 4);
  Hostile undeclared([&](const Seen& seen) { return answer(seen, ask); });
  EXPECT_EQ(undeclared.call().error().code, Code::kUnsupported);
  Hostile url(
      [](const Seen& seen) {
        return answer(
            seen,
            R"({"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"mode":"url","url":"https://evil.example"}}}})");
      },
      options);
  EXPECT_FALSE(url.call().ok());
  EXPECT_EQ(asked_times, 4) << "an address is not shown as a form";
  Hostile elsewhere([&](const Seen& seen) { return answer(seen, ask); }, options);
  EXPECT_FALSE(elsewhere.client.list_tools().ok()) << "a list may not ask";
}

TEST(HostileServer, SendsRequestsOnAModernStream) {
  int asked_times = 0;
  ClientOptions options;
  options.on_elicit = [&](const Json&) {
    ++asked_times;
    return ElicitAnswer{ElicitAnswer::Action::kAccept, Json::object()};
  };
  Hostile server(
      [](const Seen& seen) {
        if (!asked(seen).contains("method")) return Reply{.bytes = "HTTP/1.1 202 X\r\ncontent-length: 0\r\n\r\n"};
        return Reply::stream(
            event(
                R"({"jsonrpc":"2.0","id":"e","method":"elicitation/create","params":{"message":"?","requestedSchema":{}}})") +
            event(R"({"jsonrpc":"2.0","id":)" + asked(seen)["id"].dump() + R"(,"result":{"content":[]}})"));
      },
      options);
  EXPECT_TRUE(server.call().ok());
  EXPECT_EQ(asked_times, 0);
}

TEST(HostileServer, PointsElsewhere) {
  ScriptedServer other([](const Seen&) { return Reply::json(200, "{}"); });
  ScriptedServer server([&](const Seen&) {
    return Reply{.bytes = "HTTP/1.1 307 X\r\nlocation: " + other.url("/mcp") + "\r\ncontent-length: 0\r\n\r\n"};
  });
  CurlClient http;
  FixedToken token(server.url(), "Authorization", Secret("Bearer canary"));
  McpClient client(
      std::make_unique<HttpTransport>(
          http, HttpTransportOptions{.url = server.url("/mcp"), .trusted_address = true, .authorizer = &token}),
      {.eras = Eras::kModern});
  EXPECT_EQ(client.connect().error().code, Code::kVendorRejected);
  EXPECT_EQ(server.seen().at(0).header("authorization"), "Bearer canary");
  EXPECT_TRUE(other.seen().empty()) << "neither the request nor its token went on";
}

TEST(HostileServer, WritesControlCharactersIntoErrors) {
  Hostile server([](const Seen& seen) {
    return Reply::json(200, R"({"jsonrpc":"2.0","id":)" + asked(seen)["id"].dump() +
                                R"(,"error":{"code":-32000,"message":"a\u001b[2J\nb)" + std::string(5'000, 'x') +
                                "\"}}");
  });
  const auto message = server.call().error().message;
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_LT(message.size(), 500U);
}

// A legacy server: sessions, by hand.
Reply legacy(const Seen& seen, const std::string& session, const std::string& revision = "2025-11-25") {
  const std::string method = asked(seen).value("method", "");
  if (method == "server/discover") return Reply::with(400, "what?", "text/plain");
  if (method == "initialize") {
    return Reply::json(200,
                       R"({"jsonrpc":"2.0","id":)" + asked(seen)["id"].dump() + R"(,"result":{"protocolVersion":")" +
                           revision + R"(","capabilities":{},"serverInfo":{"name":"old"}}})",
                       "Mcp-Session-Id: " + session + "\r\n");
  }
  return {.bytes = "HTTP/1.1 202 X\r\ncontent-length: 0\r\n\r\n"};
}

TEST(OldServer, IsFoundAndItsSessionIsMadeAgain) {
  std::atomic<int> sessions = 0, calls = 0;
  ScriptedServer server([&](const Seen& seen) {
    const std::string method = asked(seen).value("method", "");
    if (method == "initialize") ++sessions;
    if (method != "tools/call") return legacy(seen, "s" + std::to_string(sessions));
    ++calls;
    if (seen.header("mcp-session-id") != "s2") return Reply::with(404, "gone", "text/plain");
    return answer(seen, R"({"content":[{"type":"text","text":"ok"}]})");
  });
  CurlClient http;
  McpClient client(
      std::make_unique<HttpTransport>(http, HttpTransportOptions{.url = server.url("/mcp"), .trusted_address = true}),
      {});
  ASSERT_TRUE(client.connect().ok());
  EXPECT_EQ(client.server().era, Era::kLegacy);
  auto done = client.call_tool("t", Json::object());
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(sessions, 2);
  EXPECT_EQ(calls, 2);
  client.close();
  EXPECT_TRUE(server.seen().back().line.starts_with("DELETE")) << server.seen().back().line;
}

TEST(OldServer, MayNotUseOddSessionIdsOrRevisions) {
  for (const auto& [session, revision] : {std::pair<std::string, std::string>{"has blank", "2025-11-25"},
                                          {std::string(2'000, 'x'), "2025-11-25"},
                                          {"fine", "1999-01-01"}}) {
    ScriptedServer server([&](const Seen& seen) { return legacy(seen, session, revision); });
    CurlClient http;
    McpClient client(
        std::make_unique<HttpTransport>(http, HttpTransportOptions{.url = server.url("/mcp"), .trusted_address = true}),
        {});
    EXPECT_EQ(client.connect().error().code, Code::kVendorRejected) << revision;
  }
}

TEST(NewServer, IsNotTakenForAnOldOneWhenItIsOnlyShut) {
  for (int status : {401, 403, 429, 500, 503}) {
    ScriptedServer server([&](const Seen&) { return Reply::with(status, "no", "text/plain"); });
    CurlClient http;
    McpClient client(
        std::make_unique<HttpTransport>(http, HttpTransportOptions{.url = server.url("/mcp"), .trusted_address = true}),
        {});
    EXPECT_FALSE(client.connect().ok());
    EXPECT_EQ(server.seen().size(), 1U) << status;
  }
}

TEST(UntrustedAddress, IsNotReachedWhenItIsPrivate) {
  ScriptedServer server([](const Seen&) { return Reply::json(200, "{}"); });
  CurlClient http;
  McpClient client(std::make_unique<HttpTransport>(http, HttpTransportOptions{.url = server.url("/mcp")}), {});
  EXPECT_EQ(client.connect().error().code, Code::kPermissionDenied);
  EXPECT_TRUE(server.seen().empty());
}

// --- commands ---

std::unique_ptr<McpClient> command(const std::string& script, ClientOptions options, int* pid = nullptr) {
  auto started = StdioTransport::start(
      {.command = {"/bin/sh", "-c", script}, .environment = {{"PATH", "/usr/bin:/bin"}}, .limits = options.limits});
  EXPECT_TRUE(started.ok());
  if (pid != nullptr) *pid = (*started)->pid();
  return std::make_unique<McpClient>(std::move(*started), std::move(options));
}

TEST(HostileCommand, WritesOneEndlessLine) {
  auto client =
      command("exec tr '\\0' a < /dev/zero", {.limits = {.message_bytes_max = 100'000, .exit_timeout_ms = 200}});
  auto connected = client->connect();
  EXPECT_EQ(connected.error().code, Code::kVendorRejected);
  EXPECT_NE(connected.error().message.find("100000"), std::string::npos) << connected.error().message;
}

TEST(HostileCommand, WritesOnlyStrayLines) {
  auto client = command("yes hello", {.limits = {.exit_timeout_ms = 200}});
  EXPECT_EQ(client->connect().error().code, Code::kVendorRejected);
}

TEST(HostileCommand, EndsOrIsMissing) {
  auto client = command("exit 3", {});
  EXPECT_EQ(client->connect().error().code, Code::kUnavailable);
  EXPECT_EQ(StdioTransport::start({.command = {"/no/such/program"}}).error().code, Code::kUnavailable);
}

TEST(HostileCommand, NeverAnswersAndDoesNotRead) {
  const int64_t begin_ms = monotonic_ms();
  auto client =
      command("exec sleep 60", {.eras = Eras::kModern, .limits = {.call_timeout_ms = 200, .exit_timeout_ms = 100}});
  EXPECT_EQ(client->connect().error().code, Code::kOutcomeUnknown);
  // More than any buffer holds.
  EXPECT_FALSE(client->call_tool("t", {{"text", std::string(3'000'000, 'x')}}).ok());
  client.reset();
  EXPECT_LT(monotonic_ms() - begin_ms, 10'000);
}

TEST(HostileCommand, DoesNotWantToEnd) {
  int pid = 0;
  auto client =
      command("trap '' TERM HUP; sleep 600 & while :; do sleep 1; done", {.limits = {.exit_timeout_ms = 100}}, &pid);
  client.reset();
  EXPECT_EQ(::kill(pid, 0), -1);
  // Its child was in its group; the kernel ends it at once, init takes it away.
  const int64_t until_ms = monotonic_ms() + 5'000;
  while (::kill(-pid, 0) == 0 && monotonic_ms() < until_ms) wait_ms({}, 10);
  EXPECT_EQ(::kill(-pid, 0), -1);
}

TEST(HostileCommand, DoesNotGetOurEnvironment) {
  ::setenv("SPREADERS_TEST_CANARY", "canary-in-the-environment", 1);
  auto client = command(
      R"(read line; printf '{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities":{},"instructions":"[%s]"}}\n' "$SPREADERS_TEST_CANARY"; cat > /dev/null)",
      {.eras = Eras::kModern});
  ASSERT_TRUE(client->connect().ok());
  EXPECT_EQ(client->server().instructions, "[]");
  ::unsetenv("SPREADERS_TEST_CANARY");
}

}  // namespace
}  // namespace spreaders::mcp
